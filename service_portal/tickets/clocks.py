"""Starts, stops, pauses and resumes the clocks of tickets.

A promise that is made again is a new row, the next run of its kind on its ticket; how the run
before it ended stays. The ticket must be locked: that is what keeps two runs from having the same
number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from service_portal.kernel.db import at_once, db
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ClockKind
from service_portal.sla.queries import Published, calendar_at, published
from service_portal.sla.rules import (
    LADDER_VERSION,
    ClockPlan,
    counted_from,
    ladder_of,
    next_rung,
    plan_clock,
    resumed_due,
)
from service_portal.tickets.clock_models import Clock, ClockPause
from service_portal.tickets.clock_rows import plan_of_day
from service_portal.tickets.models import Ticket
from service_portal.tickets.projection import project_end
from service_portal.tickets.rules import WAITED_FOR

# What runs while a case is worked on: it stands still while the case waits and ends with the
# answer.
OF_WORK = (ClockKind.CONTACT, ClockKind.HANDLE, ClockKind.RESOLVE)

# A run that still counts when the next one begins is cancelled: it was neither kept nor broken.
_START = sa.text("""
    WITH wanted AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb))
            AS w(ticket_id bigint, enterprise_id bigint, offer_id bigint, amount int, unit text,
                due_at timestamptz, rung text, alarm_at timestamptz, estimated boolean)
    ), replaced AS (
        UPDATE clock AS c SET stopped_at = :now, outcome = 'cancelled', next_rung = NULL,
            next_alarm_at = NULL
        FROM wanted AS w
        WHERE c.ticket_id = w.ticket_id AND c.kind = :kind AND c.stopped_at IS NULL
            AND c.offer_id IS NOT DISTINCT FROM w.offer_id
    )
    INSERT INTO clock (ticket_id, enterprise_id, offer_id, kind, cycle, limit_amount, limit_unit,
        calendar_id, calendar_version, ladder_version, started_at, due_at, next_rung, next_alarm_at,
        estimated)
    SELECT w.ticket_id, w.enterprise_id, w.offer_id, :kind,
        coalesce((SELECT max(c.cycle) FROM clock AS c
            WHERE c.ticket_id = w.ticket_id AND c.kind = :kind), 0)
            + row_number() OVER (PARTITION BY w.ticket_id ORDER BY w.offer_id),
        w.amount, w.unit, :calendar_id, :calendar_version, :ladder_version, :now, w.due_at, w.rung,
        w.alarm_at, w.estimated
    FROM wanted AS w
""")

# They never pause.
_END_OF_OFFERS = sa.text("""
    UPDATE clock SET stopped_at = :now, next_rung = NULL, next_alarm_at = NULL,
        outcome = CASE WHEN :cancelled THEN 'cancelled' WHEN :now > due_at THEN 'late'
            ELSE 'met' END
    WHERE ticket_id = :ticket AND offer_id = ANY(CAST(:offers AS bigint[])) AND stopped_at IS NULL
""")

_END = sa.text("""
    WITH ended AS (
        UPDATE clock SET stopped_at = :now, next_rung = NULL, next_alarm_at = NULL,
            outcome = CASE WHEN :cancelled THEN 'cancelled'
                WHEN coalesce(paused_at, :now) > coalesce(due_at, due_when_paused_at) THEN 'late'
                ELSE 'met' END
        WHERE ticket_id = ANY(CAST(:ids AS bigint[])) AND kind = ANY(CAST(:kinds AS text[]))
            AND stopped_at IS NULL
        RETURNING id, paused_at
    )
    SELECT id FROM ended WHERE paused_at IS NOT NULL
""")


def start_clock(
    *, ticket_id: int, enterprise_id: int, kind: str, limit: Limit, now: datetime
) -> None:
    """Start a promise on a ticket."""
    start_clocks([(ticket_id, enterprise_id, limit)], kind=kind, now=now)


def start_clock_until(
    day: date, *, ticket_id: int, enterprise_id: int, kind: str, now: datetime
) -> None:
    """Start a promise on a ticket that is due when work begins on a day, or on the next working
    day.
    """
    present = published()
    limit, plan = plan_of_day(day, kind, now=now, by=present)
    start = _Start(ticket_id, enterprise_id, limit, None, plan)
    _write([start.row()], kind=kind, by=present, now=now)


def start_clock_since(
    since: datetime, *, ticket_id: int, enterprise_id: int, kind: str, limit: Limit, now: datetime
) -> None:
    """Start a promise on a ticket with time that is used already: it counts from an earlier moment.
    The run before it ends now and is cancelled.
    """
    _end([ticket_id], [kind], cancelled=True, now=now)
    _start([(ticket_id, enterprise_id, limit, None)], kind=kind, now=since)


def counted_since(kind: str, *, ticket_id: int) -> datetime | None:
    """Give the moment from which the running time of a promise counts, as if it had never stood
    still; None where none of the kind runs.
    """
    for clock in _running(ticket_id, (kind,)):
        if clock.due_at is not None:
            limit = Limit(clock.limit_amount, clock.limit_unit)
            calendar = published(clock.calendar_id).calendar
            return counted_from(clock.started_at, limit, clock.due_at, calendar)
    return None


def start_clocks(tickets: Iterable[tuple[int, int, Limit]], *, kind: str, now: datetime) -> None:
    """Start the same kind of promise on many tickets (ticket id, enterprise id, limit) in one
    statement.
    """
    _start(((*one, None) for one in tickets), kind=kind, now=now)


def start_offer_clocks(
    offers: Iterable[tuple[int, int, Limit, int]], *, kind: str, now: datetime
) -> None:
    """Start the same kind of promise on offers that stand side by side (ticket id, enterprise id,
    limit, offer id), each for itself.
    """
    _start(offers, kind=kind, now=now)


def _start(
    wanted: Iterable[tuple[int, int, Limit, int | None]], *, kind: str, now: datetime
) -> None:
    present = published()
    rows = [_Start(*one, plan_clock(kind, one[2], now, present.calendar)).row() for one in wanted]
    if rows:
        _write(rows, kind=kind, by=present, now=now)


class _Start(NamedTuple):
    """A promise that starts."""

    ticket_id: int
    enterprise_id: int
    limit: Limit
    offer_id: int | None
    plan: ClockPlan

    def row(self) -> dict[str, Any]:
        """Give what is written of it."""
        return {
            "ticket_id": self.ticket_id,
            "enterprise_id": self.enterprise_id,
            "offer_id": self.offer_id,
            "amount": self.limit.amount,
            "unit": self.limit.unit,
            "due_at": self.plan.due_at,
            "rung": self.plan.next_rung,
            "alarm_at": self.plan.next_alarm_at,
            "estimated": self.plan.estimated,
        }


def _write(rows: list[dict[str, Any]], *, kind: str, by: Published, now: datetime) -> None:
    at_once(
        _START,
        {
            "rows": json.dumps(rows, default=str),
            "kind": kind,
            "calendar_id": by.id,
            "calendar_version": by.version,
            "ladder_version": LADDER_VERSION,
            "now": now,
        },
    )


def stop_clock(*kinds: str, ticket_id: int, now: datetime) -> None:
    """Stop running promises of some kinds and note whether each was met."""
    stop_clocks([ticket_id], *kinds, now=now)


def stop_clocks(ticket_ids: list[int], *kinds: str, now: datetime) -> None:
    """Stop some kinds of promises on many tickets, met or late; one that stood still was met if it
    was in time when it paused.
    """
    _end(ticket_ids, kinds, cancelled=False, now=now)


def end_offer_clocks(
    ticket_id: int, offer_ids: Sequence[int], *, cancelled: bool = False, now: datetime
) -> None:
    """Stop the running promises of some offers that stand side by side on a ticket."""
    ended = {"ticket": ticket_id, "offers": list(offer_ids), "cancelled": cancelled, "now": now}
    at_once(_END_OF_OFFERS, ended)


def cancel_clock(kind: str, *, ticket_id: int, now: datetime) -> None:
    """Stop a running promise that is neither kept nor broken."""
    _end([ticket_id], [kind], cancelled=True, now=now)


def cancel_clocks(ticket: Ticket, *, now: datetime) -> None:
    """End every running promise of a ticket that was withdrawn, refused or merged; none of them
    counts.
    """
    _end([ticket.id], list(ClockKind), cancelled=True, now=now)
    project_end(ticket)


def _end(ticket_ids: list[int], kinds: Sequence[str], *, cancelled: bool, now: datetime) -> None:
    """End running promises; what stood still waits for nobody any more."""
    ended = {"ids": ticket_ids, "kinds": list(kinds), "cancelled": cancelled, "now": now}
    if paused := at_once(_END, ended).scalars().all():
        _end_pauses(paused, now=now)


def pause_clocks(
    *, ticket_id: int, reason: str, now: datetime, kinds: tuple[str, ...] = OF_WORK
) -> None:
    """Let the running promises of a ticket stand still, waiting for a party that the reason names:
    no deadline, no alarm, until they resume.
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
                    party=WAITED_FOR[reason],
                    calendar_version=clock.calendar_version,
                )
            )
    db.session.flush()


def end_wait(*, ticket_id: int, now: datetime) -> None:
    """Let a case wait no longer: its promises run on, and nobody has to look at it again."""
    stop_clock(ClockKind.LOOK_AGAIN, ticket_id=ticket_id, now=now)
    resume_clocks(ticket_id=ticket_id, now=now)


def resume_clocks(*, ticket_id: int, now: datetime) -> None:
    """Let paused promises run on with the working time they had left, by today's calendar."""
    resumed = []
    for clock in _running(ticket_id, tuple(ClockKind)):
        if clock.paused_at is None or clock.due_when_paused_at is None:
            continue
        present, ladder = published(clock.calendar_id), ladder_of(clock.ladder_version)
        calendar = present.calendar
        ran_by = calendar_at(clock.calendar_id, clock.calendar_version)
        spans = clock.paused_at, now, calendar, ran_by
        clock.due_at = resumed_due(clock.due_when_paused_at, *spans)
        if clock.first_due_at is not None:
            clock.first_due_at = resumed_due(clock.first_due_at, *spans)
        start = counted_from(
            clock.started_at, Limit(clock.limit_amount, clock.limit_unit), clock.due_at, calendar
        )
        rung = next_rung(clock.kind, start, clock.due_at, clock.last_rung, calendar, ladder)
        clock.next_rung, clock.next_alarm_at = rung or (None, None)
        clock.paused_at = clock.due_when_paused_at = None
        clock.calendar_version = present.version
        resumed.append(clock.id)
    db.session.flush()
    if resumed:
        _end_pauses(resumed, now=now)


def _end_pauses(clock_ids: Sequence[int], *, now: datetime) -> None:
    at_once(
        sa.update(ClockPause)
        .where(ClockPause.clock_id.in_(clock_ids), ClockPause.to_at.is_(None))
        .values(to_at=now)
    )


def _running(ticket_id: int, kinds: tuple[str, ...]) -> list[Clock]:
    query = (
        sa.select(Clock)
        .where(Clock.ticket_id == ticket_id, Clock.kind.in_(kinds), Clock.stopped_at.is_(None))
        .order_by(Clock.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))
