"""The time of its own that an institution has for a case it has taken.

It ends before the promise to the enterprise does: what is left then is the station's, to take the
case back and have it answered elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from service_portal.catalogue.queries import definition
from service_portal.kernel.db import db
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ClockKind
from service_portal.sla.queries import calendar_for
from service_portal.sla.rules import own_limit
from service_portal.tickets.clocks import start_clock
from service_portal.tickets.models import Clock, Ticket


def start_own_time(ticket: Ticket, *, now: datetime) -> None:
    """Let the time run that an institution has for a locked ticket: from the promise that is shown
    there, but at least the time of a first contact.
    """
    least = definition(ticket.service_version_id).limits["contact"]
    start_clock(
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        kind=ClockKind.HANDLE,
        limit=own_limit(
            now, ticket.resolve_due_at, Limit(least.amount, least.unit), calendar_for()[1]
        ),
        now=now,
    )


def own_time_is_over(ticket: Ticket, *, now: datetime) -> bool:
    """Say whether the institution that has a locked ticket has used up its own time."""
    running = sa.select(Clock).where(
        Clock.ticket_id == ticket.id, Clock.kind == ClockKind.HANDLE, Clock.stopped_at.is_(None)
    )
    return is_over(db.session.scalars(running), ticket, now=now)


def is_over(clocks: Iterable[Clock], ticket: Ticket, *, now: datetime) -> bool:
    """Say of a ticket's clocks whether the institution's own time is over: while the case waits,
    whether it was when the wait began.

    What was taken before there was such a time is judged by the promise.
    """
    for clock in clocks:
        if clock.kind == ClockKind.HANDLE and clock.stopped_at is None:
            due_at = clock.due_at or clock.due_when_paused_at
            return due_at is not None and (clock.paused_at or now) > due_at
    return ticket.resolve_due_at is not None and now > ticket.resolve_due_at
