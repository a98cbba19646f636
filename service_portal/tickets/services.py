"""The only writer of a ticket's status, and the doors through which a ticket is made and moved.

Every function joins the caller's transaction. Locks are taken in one order everywhere: ticket by
ascending id, then member or institution, then clock, offer and notification; the outbox needs none,
the ledger head comes last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.events import outbox
from service_portal.events.catalog import Event
from service_portal.kernel.copying import insert_rows
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict
from service_portal.tickets.codes import EntryAudience, EntryKind
from service_portal.tickets.models import Assignment, Ticket, TimelineEntry
from service_portal.tickets.rules import ENDS_EXTENSION, Move, Status, next_status
from service_portal.tickets.words import refusal


def advance(
    ticket: Ticket,
    move: Move,
    *,
    actor: Actor,
    now: datetime,
    event: Event | None = None,
    data: Mapping[str, Any] | None = None,
    audience: str = "all",
) -> None:
    """Make a legal move: new status, timeline entry and event, in the caller's transaction.

    The ticket must be locked (`queries.lock_ticket`). An illegal move raises Conflict with a
    sentence and changes nothing.
    """
    status = Status(ticket.status)
    target = next_status(status, move)
    if target is None:
        raise Conflict(refusal(status), code="illegal_move")
    ticket.status = target
    ticket.version += 1
    add_entry(
        ticket,
        kind=move,
        actor=actor,
        now=now,
        data=data,
        audience=audience,
        from_status=status,
        to_status=target,
    )
    if ticket.extension_due_at is not None and move in ENDS_EXTENSION:
        end_extension_request(ticket, actor=actor, now=now)
    if event is not None:
        outbox.record(event, actor=actor, now=now)


def end_extension_request(
    ticket: Ticket, *, actor: Actor, now: datetime, lapsed: bool = False
) -> None:
    """End what a handler has asked for, a later day of the answer, before anybody has decided."""
    ticket.extension_due_at = ticket.extension_asked_by_id = None
    add_entry(
        ticket,
        kind=EntryKind.EXTENSION_ENDED,
        actor=actor,
        now=now,
        data={"lapsed": lapsed},
        audience=EntryAudience.STAFF,
    )


def add_entry(
    ticket: Ticket,
    *,
    kind: str,
    actor: Actor,
    now: datetime,
    data: Mapping[str, Any] | None = None,
    audience: str = "all",
    from_status: str | None = None,
    to_status: str | None = None,
) -> None:
    """Add a line to the ticket's timeline.

    `audience` is `all`, or `staff` for what the enterprise need not see.
    """
    add_entries(
        [(ticket, dict(data or {}))],
        kind=kind,
        actor=actor,
        now=now,
        audience=audience,
        from_status=from_status,
        to_status=to_status,
    )


def add_entries(
    lines: Sequence[tuple[Ticket, dict[str, Any]]],
    *,
    kind: str,
    actor: Actor,
    now: datetime,
    audience: str = "all",
    from_status: str | None = None,
    to_status: str | None = None,
) -> None:
    """Add a line of the same kind to the timelines of several tickets, each with its own data, in
    one statement.
    """
    shared = {
        "at": now,
        "kind": str(kind),
        "actor_person_id": actor.person_id,
        "actor_role": str(actor.role),
        "actor_name": actor.name,
        "from_status": from_status,
        "to_status": to_status,
        "audience": audience,
    }
    insert_rows(
        TimelineEntry,
        [
            {"ticket_id": ticket.id, "enterprise_id": ticket.enterprise_id, "data": data}
            for ticket, data in lines
        ],
        same=shared,
    )


def leave_station(ticket: Ticket) -> None:
    """Remember that a locked ticket leaves its station, which goes on reading it."""
    here = ticket.station_id
    if here is not None and here not in ticket.former_station_ids:
        ticket.former_station_ids = [*ticket.former_station_ids, here]


def spoke(ticket: Ticket, *, actor: Actor, now: datetime) -> None:
    """Remember whose word was the last one, which tells each side whether it is waited for."""
    ticket.last_word_at = now
    ticket.last_word_by = "enterprise" if actor.enterprise_id is not None else "staff"


def end_assignment(ticket: Ticket, *, now: datetime) -> None:
    """End the time that the ticket's owner has it."""
    db.session.execute(
        sa.update(Assignment)
        .where(Assignment.ticket_id == ticket.id, Assignment.to_at.is_(None))
        .values(to_at=now)
        .execution_options(synchronize_session=False)
    )
