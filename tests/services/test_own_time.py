"""An institution that has taken a case has a time of its own for it, within the enterprise's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from service_portal.filing.services import withdraw_ticket
from service_portal.reminding.services import fire_due
from service_portal.resolving.services import ask_redo
from service_portal.sla.queries import calendar_for
from service_portal.tickets.models import Clock
from service_portal.working.holding import hold_ticket, resume_ticket
from service_portal.working.services import post_message
from tests.factories.tickets import TUESDAY
from tests.services.alarms import rungs_of, told
from tests.services.cases import give_answer
from tests.services.taken import HOUR, Taken, accepted, taken


@pytest.fixture
def case(db_session: None) -> Taken:
    """A case that an institution has taken."""
    return taken()


def own(case: Taken) -> Clock:
    """Give the newest time of an institution with the case."""
    return case.clocks("handle")[-1]


def end_of(case: Taken) -> datetime:
    """Give the moment at which the institution's own time is over."""
    due_at = own(case).due_at
    assert due_at is not None
    return due_at


def test_it_is_four_fifths_of_what_is_left_and_leaves_the_station_the_rest(case: Taken) -> None:
    promised = case.now().resolve_due_at
    assert promised is not None and end_of(case) < promised
    between = calendar_for()[1].working_between
    share = between(TUESDAY, end_of(case)) / between(TUESDAY, promised)
    assert 0.75 < share <= 0.8


def test_who_takes_a_case_late_has_the_time_of_a_first_contact_at_least(db_session: None) -> None:
    case, late = accepted(), TUESDAY + timedelta(days=60)
    case.offer(case.institution, now=late)
    case.take(case.institution, now=late)
    between = calendar_for()[1].working_between
    assert between(late, end_of(case)) >= 4 * 60


def test_it_is_no_deadline_of_the_ticket_and_lights_nothing(case: Taken) -> None:
    post_message(actor=case.institution, ticket_id=case.ticket.id, body="Hello.", now=TUESDAY)
    assert case.now().next_due_at == case.now().resolve_due_at
    fire_due(now=end_of(case))
    assert rungs_of(case.ticket, "handle") == ["red"]
    assert case.now().light < 2


def test_the_institution_is_warned_and_in_the_end_the_owner_hears_of_it(case: Taken) -> None:
    warned_at = own(case).next_alarm_at
    assert warned_at is not None and TUESDAY < warned_at < end_of(case)
    fire_due(now=warned_at)
    fire_due(now=end_of(case))
    heard: dict[str, set[int | None]] = {}
    for row in told(case.ticket, "rung.reached"):
        heard.setdefault(row.kind, set()).add(row.person_id)
    assert heard["rung.handle.yellow"] == {case.institution.person_id}
    assert heard["rung.handle.red"] == {case.institution.person_id, case.member.person_id}


def test_it_stands_still_while_the_case_waits(case: Taken) -> None:
    before = end_of(case)
    hold_ticket(
        actor=case.institution,
        ticket_id=case.ticket.id,
        reason_code="enterprise",
        words="the contract",
        now=TUESDAY + HOUR,
    )
    assert own(case).due_at is None
    resume_ticket(
        actor=case.institution, ticket_id=case.ticket.id, now=TUESDAY + timedelta(days=1, hours=1)
    )
    assert end_of(case) > before


@pytest.mark.parametrize(("seconds", "outcome"), [(-60, "met"), (60, "late")])
def test_the_answer_ends_it_in_time_or_late(case: Taken, seconds: int, outcome: str) -> None:
    give_answer(case.ticket, case.institution, now=end_of(case) + timedelta(seconds=seconds))
    assert [clock.outcome for clock in case.clocks("handle")] == [outcome]


def test_what_is_done_again_has_a_time_of_its_own_again(case: Taken) -> None:
    give_answer(case.ticket, case.institution, now=TUESDAY + HOUR)
    again = TUESDAY + timedelta(days=1)
    ask_redo(actor=case.asker, ticket_id=case.ticket.id, reason="The annex.", now=again)
    assert [clock.outcome for clock in case.clocks("handle")] == ["met", None]
    promised = case.now().resolve_due_at
    assert promised is not None and again < end_of(case) < promised


def test_a_request_withdrawn_ends_it_without_a_verdict(case: Taken) -> None:
    withdraw_ticket(actor=case.asker, ticket_id=case.ticket.id, reason="", now=TUESDAY + HOUR)
    assert [clock.outcome for clock in case.clocks("handle")] == ["cancelled"]
