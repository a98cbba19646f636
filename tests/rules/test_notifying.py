"""Who hears of what."""

from __future__ import annotations

import pytest

from service_portal.events.catalog import EVENTS
from service_portal.events.subscriptions import LISTENERS, TELL
from service_portal.notifications.rules import OFFER_RUNGS, RUNGS, TABLE, telling_for
from service_portal.sla.rules import LADDER_VERSION, LADDERS

TOLD = {event for event, listeners in LISTENERS.items() if TELL in listeners}


@pytest.mark.parametrize("event", sorted(TOLD - {"message.posted", "rung.reached"}))
def test_every_event_that_is_to_be_told_has_somebody_to_hear_it(event: str) -> None:
    telling = telling_for(event)
    assert telling.parties and telling.channels


def test_nothing_is_told_of_events_nobody_listens_to() -> None:
    assert set(TABLE) <= TOLD and {event.name for event in EVENTS} >= TOLD
    assert not telling_for("ticket.routed").parties and not telling_for("no.such").parties


def test_a_message_goes_to_the_other_side() -> None:
    assert telling_for("message.posted", by_enterprise=True).parties == {"owner", "institution"}
    assert telling_for("message.posted", by_enterprise=False).parties == {"filer"}


def test_supervision_climbs_from_the_handler_to_the_lead_to_the_manager() -> None:
    ladder = LADDERS[LADDER_VERSION].rungs
    assert set(RUNGS) == {
        rung for kind, rungs in ladder.items() if kind != "offer" for rung in rungs
    }
    assert set(OFFER_RUNGS) == set(ladder["offer"])
    said = [
        telling_for("rung.reached", clock="resolve", rung=rung).parties
        for rung in ("yellow", "red", "level1", "level2", "level3")
    ]
    assert said == [
        {"owner"},
        {"owner", "leads"},
        {"owner", "leads"},
        {"leads", "managers"},
        {"leads", "managers"},
    ]
    assert telling_for("rung.reached", clock="offer", rung="remind").parties == {"institution"}
    assert not telling_for("rung.reached", clock="resolve", rung="no_such").parties


def test_what_is_looked_at_again_is_told_to_all_who_waited_and_then_to_the_leads() -> None:
    said = [
        telling_for("rung.reached", clock="look_again", rung=rung).parties
        for rung in LADDERS[LADDER_VERSION].rungs["look_again"]
    ]
    assert said == [
        {"owner", "institution", "filer"},
        {"owner", "leads"},
        {"leads", "managers"},
    ]


def test_the_enterprise_never_hears_of_the_inside() -> None:
    inside = {
        "ticket.unassignable",
        "offer.made",
        "offer.declined",
        "offer.expired",
        "ticket.assigned",
    }
    for event in inside:
        assert "filer" not in telling_for(event).parties, event
    for ladder in (*RUNGS.values(), *OFFER_RUNGS.values()):
        assert "filer" not in ladder.parties


def test_what_the_enterprise_must_act_on_comes_by_mail_too() -> None:
    for event in ("ticket.returned", "ticket.answered", "ticket.not_accepted", "ticket.accepted"):
        assert telling_for(event).parties == {"filer"} and "mail" in telling_for(event).channels


def test_what_no_station_can_take_is_told_to_the_managers_because_no_lead_has_it() -> None:
    assert telling_for("ticket.unassignable").parties == {"leads"}
    assert telling_for("ticket.unassignable", reason="no_member").parties == {"leads"}
    assert telling_for("ticket.unassignable", reason="no_station").parties == {"managers"}
