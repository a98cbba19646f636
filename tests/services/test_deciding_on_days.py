"""A later day for an answer: who asks, who decides, and what ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service_portal.access.actor import Actor, Role
from service_portal.assigning.answering import accept_offer
from service_portal.assigning.asked_days import asked_days
from service_portal.assigning.handing import hand_over_to_station
from service_portal.filing.services import withdraw_ticket
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Missing, Refused
from service_portal.working.extending import (
    lapse_extensions,
)
from service_portal.working.holding import hold_ticket
from service_portal.working.services import return_ticket
from tests.factories.directory import create_member, create_station
from tests.services.cases import give_answer
from tests.services.later_days import (
    DECIDED,
    ask,
    away,
    case,
    grant,
    hears,
    is_open,
    lines,
    promised,
    refuse,
)
from tests.services.taken import HOUR, Taken, accepted, with_person
from tests.services.turning import back, given_back

__all__ = ["away", "case"]


def test_refused_the_promised_day_stands_and_the_enterprise_is_not_told(case: Taken) -> None:
    first = promised(case)
    ask(case)
    refuse(case)
    assert (promised(case), is_open(case)) == (first, False)
    assert len(case.clocks("resolve")) == 1
    assert hears(case, "extension.refused") == {case.member.person_id}
    assert lines(case, "refuse_extension")[0].data == {"words": "Answer in time."}


def test_refusing_says_why(case: Taken) -> None:
    ask(case)
    with pytest.raises(Refused) as refused:
        refuse(case, words="")
    assert refused.value.field == "words" and is_open(case)


def test_who_works_on_the_case_asks(away: Taken) -> None:
    for stranger in (away.lead, away.other, away.asker, with_person(Role.MANAGER)):
        with pytest.raises((Forbidden, Missing)):
            ask(away, stranger)
    ask(away, away.institution)
    refuse(away)
    ask(away, away.member, now=DECIDED + HOUR)


def test_an_institution_that_was_only_asked_does_not(db_session: None) -> None:
    case = accepted()
    case.offer(case.institution)
    with pytest.raises(Forbidden):
        ask(case, case.institution)


def test_leads_decide_and_in_their_stead_managers(case: Taken) -> None:
    ask(case)
    for stranger in (case.member, case.asker):
        with pytest.raises(Forbidden):
            grant(case, stranger)
    with pytest.raises(Missing):
        grant(case, accepted().lead)
    grant(case, with_person(Role.MANAGER))


def led(case: Taken) -> Actor:
    """Give the case to the lead, who has it from then on."""
    ticket = case.now()
    ticket.owner_id = case.lead.member_id
    db.session.flush()
    return case.lead


def test_who_asked_does_not_decide(case: Taken) -> None:
    ask(case, led(case))
    for decide in (grant, refuse):
        with pytest.raises(Forbidden, match="yourself"):
            decide(case, case.lead)


def test_what_a_lead_asks_for_another_lead_decides(case: Taken) -> None:
    ask(case, led(case))
    place: dict[str, Any] = {"station_id": case.lead.station_id}
    grant(case, with_person(Role.STATION_LEAD, **place))


def test_what_a_lead_asks_for_the_headquarters_decide(case: Taken) -> None:
    ask(case, led(case))
    there = with_person(Role.STATION_LEAD, station_id=create_station().id)
    far = replace(there, headquarters=True)
    grant(case, far)


def test_the_leads_hear_what_is_asked_for(case: Taken) -> None:
    with_person(Role.MANAGER)
    ask(case)
    assert hears(case, "extension.asked") == {case.lead.person_id}


def test_what_a_lead_asks_for_the_managers_hear(case: Taken) -> None:
    manager = with_person(Role.MANAGER)
    ask(case, led(case))
    heard = hears(case, "extension.asked")
    assert manager.person_id in heard and case.lead.person_id not in heard


def test_it_stands_on_the_board_of_its_station_until_it_is_decided(case: Taken) -> None:
    elsewhere = accepted()
    ask(case)
    (one,) = asked_days(case.lead.station_id, DECIDED)
    assert (one.id, one.reason) == (case.ticket.id, "The bureau is slow.")
    assert list(asked_days(elsewhere.lead.station_id, DECIDED)) == []
    assert case.ticket.id in {row.id for row in asked_days(None, DECIDED)}
    refuse(case)
    assert list(asked_days(case.lead.station_id, DECIDED)) == []


def test_nobody_deciding_it_lapses_with_the_promised_day_and_says_so(case: Taken) -> None:
    ask(case)
    due_at = promised(case)
    assert lapse_extensions(now=due_at - timedelta(seconds=1)) == 0 and is_open(case)
    assert lapse_extensions(now=due_at) == 1 and not is_open(case)
    assert lapse_extensions(now=due_at) == 0
    assert promised(case) == due_at and lines(case, "extension_ended")[0].data == {"lapsed": True}
    assert hears(case, "extension.lapsed") == {case.member.person_id, case.lead.person_id}


def test_over_before_it_has_lapsed_nobody_decides_any_more(case: Taken) -> None:
    ask(case)
    with pytest.raises(Conflict, match="any more"):
        grant(case, now=promised(case))


def test_what_was_decided_is_not_decided_again(case: Taken) -> None:
    ask(case)
    grant(case)
    for decide in (grant, refuse):
        with pytest.raises(Conflict, match="any more"):
            decide(case)


def answered(case: Taken) -> None:
    """Let it be answered."""
    give_answer(case.ticket, case.institution, now=DECIDED)


def held(case: Taken) -> None:
    """Let it wait."""
    on: dict[str, Any] = {"actor": case.member, "ticket_id": case.ticket.id, "now": DECIDED}
    hold_ticket(reason_code="third_party", words="the bank", **on)


def withdrawn(case: Taken) -> None:
    """Let the enterprise withdraw it."""
    withdraw_ticket(actor=case.asker, ticket_id=case.ticket.id, reason="", now=DECIDED)


def handed_over(case: Taken) -> None:
    """Hand it over to another station."""
    there = create_station()
    create_member(station_id=there.id)
    on: dict[str, Any] = {"actor": case.member, "ticket_id": case.ticket.id, "now": DECIDED}
    hand_over_to_station(station_id=there.id, reason="Their field.", words="", **on)


@pytest.mark.parametrize(
    "end",
    [
        answered,
        held,
        withdrawn,
        handed_over,
        lambda case: back(case, case.lead, now=DECIDED),
        lambda case: given_back(case, now=DECIDED),
    ],
    ids=["answered", "held", "withdrawn", "handed over", "taken back", "given back"],
)
def test_what_makes_it_needless_ends_it(away: Taken, end: Any) -> None:
    ask(away, away.institution)
    end(away)
    assert not is_open(away)
    assert [line.data for line in lines(away, "extension_ended")] == [{"lapsed": False}]


def test_sent_back_for_what_is_missing_it_ends(db_session: None) -> None:
    case = accepted()
    ask(case)
    return_ticket(actor=case.member, ticket_id=case.ticket.id, words="The slip.", now=DECIDED)
    assert not is_open(case)


def test_taken_by_an_institution_it_stays(db_session: None) -> None:
    case = accepted()
    ask(case)
    case.offer(case.institution, now=DECIDED)
    accept_offer(actor=case.institution, offer_id=case.offers()[-1].id, now=DECIDED)
    assert is_open(case)
    grant(case)
