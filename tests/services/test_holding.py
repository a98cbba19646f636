"""A case on hold is looked at again on a day, and goes on when its enterprise answers."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.filing.queries import open_tickets, waits_for_enterprise
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.reminding.services import fire_due
from service_portal.tickets.models import Clock, Ticket, TimelineEntry
from service_portal.tickets.queries import see_ticket
from service_portal.working.holding import hold_ticket, resume_ticket
from service_portal.working.services import post_message
from tests.factories.tickets import TUESDAY
from tests.services.alarms import rungs_of
from tests.services.test_journey import fresh
from tests.services.test_pauses import HOUR, pauses_of, worked_on

__all__ = ["worked_on"]

WorkedOn = tuple[Ticket, Actor, Actor]
# Two days after the Tuesday; the Saturday of the same week; when work begins on a day.
THURSDAY, SATURDAY, MONDAY = date(2026, 11, 26), date(2026, 11, 28), date(2026, 11, 30)


def opening(day: date) -> datetime:
    """Give the moment at which work begins on a day."""
    return datetime(day.year, day.month, day.day, 8, 30, tzinfo=zone_time())


def hold(ticket: Ticket, member: Actor, *, reason: str = "third_party", until: date | None) -> None:
    """Put a case on hold two hours after it was filed."""
    hold_ticket(
        actor=member,
        ticket_id=ticket.id,
        reason_code=reason,
        words="the papers",
        until=until,
        now=TUESDAY + 2 * HOUR,
    )


def looking_again(ticket: Ticket) -> list[Clock]:
    """List the promises to look again at a case."""
    wanted = sa.select(Clock).where(Clock.ticket_id == ticket.id, Clock.kind == "look_again")
    ordered = wanted.order_by(Clock.id).execution_options(populate_existing=True)
    return list(db.session.scalars(ordered))


@pytest.mark.parametrize(("until", "due"), [(THURSDAY, THURSDAY), (SATURDAY, MONDAY)])
def test_it_is_due_when_work_begins_on_that_day_or_the_next_working_day(
    worked_on: WorkedOn, until: date, due: date
) -> None:
    ticket, member, _asker = worked_on
    hold(ticket, member, until=until)
    assert fresh(ticket).next_due_at == opening(due)


def test_without_a_day_it_is_looked_at_after_five_working_days(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    hold(ticket, member, until=None)
    assert fresh(ticket).next_due_at == opening(date(2026, 12, 1))


def test_on_its_day_it_speaks_once_and_lights_up(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    hold(ticket, member, until=THURSDAY)
    assert fire_due(now=opening(THURSDAY) - timedelta(seconds=1)) == 0
    assert fire_due(now=opening(THURSDAY)) == 1
    assert fire_due(now=opening(THURSDAY)) == 0
    assert (rungs_of(ticket, "look_again"), fresh(ticket).light) == (["red"], 2)


def test_who_does_not_look_is_seen_by_the_lead_and_then_by_the_manager(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    hold(ticket, member, until=THURSDAY)
    for day in range(10):
        fire_due(now=opening(THURSDAY) + timedelta(days=day))
    assert rungs_of(ticket, "look_again") == ["red", "level1", "level2"]
    assert fresh(ticket).supervision_level == 2


def test_a_case_that_goes_on_is_not_looked_at_again(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    hold(ticket, member, until=THURSDAY)
    resume_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY + 5 * HOUR)
    fire_due(now=opening(THURSDAY))
    assert rungs_of(ticket, "look_again") == []
    assert [clock.outcome for clock in looking_again(ticket)] == ["met"]


def test_it_is_held_longer_for_another_cause(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    hold(ticket, member, until=THURSDAY)
    hold_ticket(
        actor=member,
        ticket_id=ticket.id,
        reason_code="enterprise",
        words="the licence",
        until=MONDAY,
        now=TUESDAY + 4 * HOUR,
    )
    first, second = pauses_of(ticket)
    assert (first.reason, first.to_at) == ("third_party", TUESDAY + 4 * HOUR)
    assert (second.reason, second.from_at) == ("enterprise", TUESDAY + 4 * HOUR)
    assert [clock.outcome for clock in looking_again(ticket)] == ["cancelled", None]
    assert fresh(ticket).next_due_at == opening(MONDAY)


def test_holding_longer_costs_the_promise_no_working_time(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    due = fresh(ticket).resolve_due_at
    hold(ticket, member, until=THURSDAY)
    for hours in (2, 2, 2):
        hold_ticket(
            actor=member,
            ticket_id=ticket.id,
            reason_code="third_party",
            words="the tax office",
            until=MONDAY,
            now=TUESDAY + hours * HOUR,
        )
    resume_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY + 2 * HOUR)
    assert fresh(ticket).resolve_due_at == due


@pytest.mark.parametrize("until", [date(2026, 11, 24), date(2026, 11, 23), date(2027, 3, 1)])
def test_a_day_that_is_over_or_too_far_is_refused(worked_on: WorkedOn, until: date) -> None:
    ticket, member, _asker = worked_on
    with pytest.raises(Refused) as refused:
        hold(ticket, member, until=until)
    assert refused.value.field == "until"
    assert fresh(ticket).status == "in_progress"


def test_a_reply_of_the_enterprise_that_is_waited_for_lets_it_go_on(worked_on: WorkedOn) -> None:
    ticket, member, asker = worked_on
    hold(ticket, member, reason="enterprise", until=THURSDAY)
    now = TUESDAY + 4 * HOUR
    post_message(actor=asker, ticket_id=ticket.id, body="Here is the licence.", now=now)
    assert fresh(ticket).status == "in_progress"
    assert [pause.to_at for pause in pauses_of(ticket)] == [now]
    assert [clock.outcome for clock in looking_again(ticket)] == ["met"]
    kinds = sa.select(TimelineEntry.kind).where(TimelineEntry.ticket_id == ticket.id)
    assert "resume" in set(db.session.scalars(kinds))


def test_a_word_of_the_enterprise_does_not_end_the_wait_for_another(worked_on: WorkedOn) -> None:
    ticket, member, asker = worked_on
    hold(ticket, member, reason="third_party", until=THURSDAY)
    post_message(actor=asker, ticket_id=ticket.id, body="Any news?", now=TUESDAY + 4 * HOUR)
    assert fresh(ticket).status == "on_hold"


def test_a_word_of_the_staff_does_not_end_the_wait_for_the_enterprise(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    hold(ticket, member, reason="enterprise", until=THURSDAY)
    post_message(actor=member, ticket_id=ticket.id, body="Please send it.", now=TUESDAY + 4 * HOUR)
    assert fresh(ticket).status == "on_hold"


@pytest.mark.parametrize(("reason", "waits"), [("enterprise", True), ("third_party", False)])
def test_the_home_says_which_pause_waits_for_the_enterprise(
    worked_on: WorkedOn, reason: str, waits: bool
) -> None:
    ticket, member, asker = worked_on
    hold(ticket, member, reason=reason, until=THURSDAY)
    db.session.flush()
    (row,) = (one for one in open_tickets(asker, cursor=None, size=50) if one.id == ticket.id)
    assert waits_for_enterprise(row) is waits


def test_who_reads_the_ticket_may_hold_it_longer_only_while_they_work_on_it(
    worked_on: WorkedOn,
) -> None:
    ticket, member, asker = worked_on
    hold(ticket, member, until=THURSDAY)
    assert see_ticket(ticket.id, actor=member).can(Permission.TICKET_WORK)
    assert not see_ticket(ticket.id, actor=asker).can(Permission.TICKET_WORK)
