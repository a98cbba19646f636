"""Starts, stops, pauses and resumes the clocks of tickets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from service_portal.kernel.copying import insert_rows
from service_portal.kernel.db import at_once, db
from service_portal.sla.business_time import Limit
from service_portal.sla.queries import calendar_for
from service_portal.sla.rules import counted_from, next_rung, plan_clock, resumed_due
from service_portal.tickets.clock_models import Clock, ClockPause

_FRESH = (
    "limit_amount",
    "limit_unit",
    "started_at",
    "due_at",
    "next_rung",
    "next_alarm_at",
    "estimated",
)
_STARTED_ANEW = (
    "ON CONFLICT (ticket_id, kind, cycle) DO UPDATE SET"
    f" {', '.join(f'{name} = excluded.{name}' for name in _FRESH)}, stopped_at = NULL, outcome ="
    " NULL, paused_at = NULL, due_when_paused_at = NULL, last_rung = NULL"
)


def start_clock(
    *, ticket_id: int, enterprise_id: int, kind: str, cycle: int, limit: Limit, now: datetime
) -> None:
    """Start a promise; one that already runs for this cycle starts anew."""
    start_clocks([(ticket_id, enterprise_id, cycle, limit)], kind=kind, now=now)


def start_clocks(
    tickets: Iterable[tuple[int, int, int, Limit]], *, kind: str, now: datetime
) -> None:
    """Start the same kind of promise on many tickets (ticket id, enterprise id, cycle, limit) in
    one statement.
    """
    calendar_id, calendar = calendar_for()
    rows = []
    for ticket_id, enterprise_id, cycle, limit in tickets:
        plan = plan_clock(kind, limit, now, calendar)
        rows.append(
            {
                "ticket_id": ticket_id,
                "enterprise_id": enterprise_id,
                "cycle": cycle,
                "limit_amount": limit.amount,
                "limit_unit": limit.unit,
                "due_at": plan.due_at,
                "next_rung": plan.next_rung,
                "next_alarm_at": plan.next_alarm_at,
                "estimated": plan.estimated,
            }
        )
    insert_rows(
        Clock,
        rows,
        same={"kind": kind, "calendar_id": calendar_id, "started_at": now},
        conflict=_STARTED_ANEW,
    )


def stop_clock(*, ticket_id: int, kind: str, now: datetime) -> None:
    """Stop a running promise and note whether it was met."""
    stop_clocks([ticket_id], kind=kind, now=now)


def stop_clocks(ticket_ids: list[int], *, kind: str, now: datetime) -> None:
    """Stop one kind of promise on many tickets, met or late."""
    _stop(Clock.ticket_id.in_(ticket_ids), Clock.kind == kind, now=now)


def cancel_clocks(*, ticket_id: int, now: datetime) -> None:
    """End every running promise of a ticket that was withdrawn, refused or merged; none of them
    counts.
    """
    db.session.execute(
        sa.update(Clock)
        .where(Clock.ticket_id == ticket_id, Clock.stopped_at.is_(None))
        .values(stopped_at=now, outcome="cancelled", next_alarm_at=None, next_rung=None)
        .execution_options(synchronize_session=False)
    )


def _stop(*where: sa.ColumnElement[bool], now: datetime) -> None:
    due = sa.func.coalesce(Clock.due_at, Clock.due_when_paused_at)
    late = sa.case((sa.func.coalesce(Clock.paused_at, now) > due, "late"), else_="met")
    at_once(
        sa.update(Clock)
        .where(*where, Clock.stopped_at.is_(None))
        .values(stopped_at=now, outcome=late, next_alarm_at=None, next_rung=None)
    )


def pause_clocks(
    *, ticket_id: int, reason: str, now: datetime, kinds: tuple[str, ...] = ("contact", "resolve")
) -> None:
    """Let the running promises of a ticket stand still: no deadline, no alarm,
    until they resume.
    """
    for clock in _running(ticket_id, kinds):
        if clock.paused_at is None:
            clock.paused_at, clock.due_when_paused_at = now, clock.due_at
            clock.due_at = clock.next_alarm_at = None
            db.session.add(
                ClockPause(
                    clock_id=clock.id,
                    enterprise_id=clock.enterprise_id,
                    from_at=now,
                    to_at=None,
                    reason=reason,
                )
            )
    db.session.flush()


def resume_clocks(*, ticket_id: int, now: datetime) -> None:
    """Let paused promises run on with the working time they had left."""
    for clock in _running(ticket_id, ("accept", "contact", "resolve", "offer")):
        if clock.paused_at is None or clock.due_when_paused_at is None:
            continue
        calendar = calendar_for(clock.calendar_id)[1]
        clock.due_at = resumed_due(clock.due_when_paused_at, clock.paused_at, now, calendar)
        start = counted_from(
            clock.started_at, Limit(clock.limit_amount, clock.limit_unit), clock.due_at, calendar
        )
        rung = next_rung(clock.kind, start, clock.due_at, clock.last_rung, calendar)
        clock.next_rung, clock.next_alarm_at = rung or (None, None)
        clock.paused_at = clock.due_when_paused_at = None
        db.session.execute(
            sa.update(ClockPause)
            .where(ClockPause.clock_id == clock.id, ClockPause.to_at.is_(None))
            .values(to_at=now)
        )
    db.session.flush()


def _running(ticket_id: int, kinds: tuple[str, ...]) -> list[Clock]:
    query = (
        sa.select(Clock)
        .where(Clock.ticket_id == ticket_id, Clock.kind.in_(kinds), Clock.stopped_at.is_(None))
        .order_by(Clock.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def clocks_of(ticket_id: int) -> list[Clock]:
    """List the clocks of a ticket, the newest cycle first, then in the order of the journey."""
    order = {"accept": 0, "contact": 1, "offer": 2, "resolve": 3}
    clocks = db.session.scalars(sa.select(Clock).where(Clock.ticket_id == ticket_id))
    return sorted(clocks, key=lambda clock: (-clock.cycle, order[clock.kind]))
