"""The clock speaks: every rung of every promise at most once, never early, only the highest when
the sweep has slept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from service_portal.access.actor import SYSTEM
from service_portal.events.catalog import RungReached
from service_portal.events.outbox import record_many
from service_portal.kernel.db import db
from service_portal.reminding.models import Alarm
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ASIDE, OF_INSTITUTION, ClockKind
from service_portal.sla.queries import calendar_at
from service_portal.sla.rules import LADDER_VERSION, counted_from, ladder_of, rungs_due
from service_portal.tickets.codes import LIVE_OFFERS, EntryAudience, EntryKind
from service_portal.tickets.models import Clock, Offer, Ticket
from service_portal.tickets.projection import project_rung
from service_portal.tickets.services import add_entries

ROUND = 200
Reached = list[tuple[str, datetime]]


def fire_due(*, now: datetime, limit: int = ROUND) -> int:
    """Fire the alarms that are due, up to `limit` clocks, and count those that spoke.

    Tickets are locked before their clocks, and each clock is judged again under the lock: one that
    stopped or paused in the meantime stays silent. Clocks on a ladder that only a later release
    knows are left to it.
    """
    due = db.session.execute(
        sa.select(Clock.id, Clock.ticket_id)
        .where(
            Clock.stopped_at.is_(None),
            Clock.next_alarm_at <= now,
            Clock.ladder_version <= LADDER_VERSION,
        )
        .order_by(Clock.next_alarm_at, Clock.id)
        .limit(limit)
    ).all()
    if not due:
        return 0
    tickets = {
        ticket.id: ticket
        for ticket in db.session.scalars(
            sa.select(Ticket)
            .where(Ticket.id.in_([row.ticket_id for row in due]))
            .order_by(Ticket.id)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
    }
    clocks = db.session.scalars(
        sa.select(Clock)
        .where(
            Clock.id.in_([row.id for row in due]),
            Clock.ticket_id.in_(tickets),
            Clock.stopped_at.is_(None),
            Clock.next_alarm_at <= now,
        )
        .order_by(Clock.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    climbed = {
        clock.id: reached
        for clock in clocks
        if (reached := _climb(clock, tickets[clock.ticket_id], now=now))
    }
    spoken = [clock for clock in clocks if clock.id in climbed]
    _store(spoken, climbed, tickets, now=now)
    return len(spoken)


def _store(
    spoken: Sequence[Clock],
    climbed: Mapping[int, Reached],
    tickets: Mapping[int, Ticket],
    *,
    now: datetime,
) -> None:
    """Write the alarms, the lines in the timelines and the events of some clocks, each in one
    statement.
    """
    if not spoken:
        return
    rows = [
        {
            "clock_id": clock.id,
            "ticket_id": clock.ticket_id,
            "enterprise_id": clock.enterprise_id,
            "kind": clock.kind,
            "rung": rung,
            "due_at": at,
            "fired_at": now,
            "skipped": rung != clock.last_rung,
        }
        for clock in spoken
        for rung, at in climbed[clock.id]
    ]
    made = db.session.execute(
        insert(Alarm).on_conflict_do_nothing().returning(Alarm.id, Alarm.clock_id, Alarm.rung), rows
    )
    alarms = {(row.clock_id, row.rung): row.id for row in made}
    new = [
        (clock, alarms[clock.id, clock.last_rung])
        for clock in spoken
        if (clock.id, clock.last_rung) in alarms
    ]
    asked = _asked(spoken)
    add_entries(
        [
            (
                tickets[clock.ticket_id],
                {"clock": clock.kind, "rung": clock.last_rung, **_whose(clock, asked)},
            )
            for clock, _ in new
        ],
        kind=EntryKind.RUNG,
        actor=SYSTEM,
        now=now,
        audience=EntryAudience.STAFF,
    )
    record_many(
        RungReached(
            ticket_id=clock.ticket_id,
            enterprise_id=clock.enterprise_id,
            alarm_id=alarm_id,
            clock=clock.kind,
            rung=clock.last_rung or "",
            institution_id=asked.get(clock.id),
        )
        for clock, alarm_id in new
    )


def _asked(clocks: Sequence[Clock]) -> dict[int, int]:
    """Read which institution owes what these clocks promise: the one of the clock's own offer, else
    the one its ticket is offered to or that has it.
    """
    owed = [clock for clock in clocks if clock.kind in {*OF_INSTITUTION, ClockKind.DECISION}]
    if not owed:
        return {}
    offers = db.session.execute(
        sa.select(Offer.id, Offer.ticket_id, Offer.institution_id, Offer.in_parallel).where(
            Offer.ticket_id.in_([clock.ticket_id for clock in owed]), Offer.state.in_(LIVE_OFFERS)
        )
    ).all()
    alone = {row.ticket_id: row.institution_id for row in offers if not row.in_parallel}
    each = {row.id: row.institution_id for row in offers}
    found = {
        clock.id: each.get(clock.offer_id) if clock.offer_id else alone.get(clock.ticket_id)
        for clock in owed
    }
    return {clock_id: one for clock_id, one in found.items() if one is not None}


def _whose(clock: Clock, asked: Mapping[int, int]) -> dict[str, int]:
    """Name the institution in the timeline that owes it, where its ticket does not say so."""
    named = clock.offer_id is not None or clock.kind == ClockKind.HANDLE
    return {"institution_id": asked[clock.id]} if named and clock.id in asked else {}


def _climb(clock: Clock, ticket: Ticket, *, now: datetime) -> Reached:
    """Move a clock and its ticket up to the highest rung that is due,
    and give the rungs it passed.
    """
    if clock.due_at is None or clock.next_rung is None:
        return []
    calendar = calendar_at(clock.calendar_id, clock.calendar_version)
    start = counted_from(
        clock.started_at, Limit(clock.limit_amount, clock.limit_unit), clock.due_at, calendar
    )
    ladder = ladder_of(clock.ladder_version)
    reached, following = rungs_due(
        clock.kind, start, clock.due_at, clock.next_rung, now, calendar, ladder
    )
    clock.next_rung, clock.next_alarm_at = following or (None, None)
    if reached:
        clock.last_rung = reached[-1][0]
        if clock.offer_id is None and clock.kind not in ASIDE:
            project_rung(ticket, clock.last_rung)
    return reached
