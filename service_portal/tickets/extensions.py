"""The promise of an answer that is extended: a run of its own, which keeps both dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

import sqlalchemy as sa

from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.sla.business_time import Limit, WorkCalendar
from service_portal.sla.codes import ClockKind, LimitUnit
from service_portal.sla.queries import published
from service_portal.sla.rules import counted_from
from service_portal.tickets.clock_models import Clock
from service_portal.tickets.clocks import start_clock_since
from service_portal.tickets.models import Ticket, TimelineEntry
from service_portal.tickets.own_time import start_own_time
from service_portal.tickets.projection import project_clocks
from service_portal.tickets.rules import Move


class Asked(NamedTuple):
    """What a handler has asked for: until which day, and why."""

    until: str
    reason: str


def running_promise(ticket: Ticket) -> Clock:
    """Give the promise of the answer that runs on a locked ticket."""
    running = sa.select(Clock).where(
        Clock.ticket_id == ticket.id,
        Clock.kind == ClockKind.RESOLVE,
        Clock.stopped_at.is_(None),
    )
    return db.session.scalars(running.execution_options(populate_existing=True)).one()


def end_of_work(day: date, calendar: WorkCalendar) -> datetime | None:
    """Give the moment at which the work of a day ends; None where nobody works on it."""
    if not calendar.is_working_day(day):
        return None
    noon = datetime.combine(day, time(12), zone_time()).astimezone(UTC)
    return calendar.add_working_days(noon, 0)


def latest_end(first_due_at: datetime, working_days: int, calendar: WorkCalendar) -> datetime:
    """Give the latest moment to which a promise can be extended: so many working days after it was
    due first, however often it is asked for.
    """
    return calendar.deadline(first_due_at, Limit(working_days, LimitUnit.WORKING_DAYS))


def asked_of(ticket: Ticket) -> Asked:
    """Read what was asked for last."""
    data: dict[str, Any] = db.session.scalars(
        sa.select(TimelineEntry.data)
        .where(TimelineEntry.ticket_id == ticket.id, TimelineEntry.kind == Move.ASK_EXTENSION)
        .order_by(TimelineEntry.id.desc())
        .limit(1)
    ).one()
    return Asked(data["until"], data["reason"])


def extend_promise(ticket: Ticket, *, until: datetime, now: datetime) -> None:
    """Promise the answer of a locked ticket by the end of work on a later day, and show it there.

    The run before ends, neither kept nor broken; the new one begins where it did and keeps when
    the answer was due first. An institution that has the case gets its share of the longer time.
    """
    before, calendar = running_promise(ticket), published().calendar
    first_due_at = before.first_due_at or before.due_at
    assert before.due_at is not None
    limit = Limit(before.limit_amount, before.limit_unit)
    since = counted_from(before.started_at, limit, before.due_at, calendar)
    start_clock_since(
        since,
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        kind=ClockKind.RESOLVE,
        limit=Limit(calendar.working_days_between(since, until), LimitUnit.WORKING_DAYS),
        now=now,
    )
    running_promise(ticket).first_due_at = first_due_at
    db.session.flush()
    project_clocks(ticket)
    if ticket.institution_id is not None:
        start_own_time(ticket, now=now)
