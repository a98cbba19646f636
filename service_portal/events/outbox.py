"""Says that something happened: inside the transaction of the thing itself.

`record` first lets the services of `IN_TRANSACTION` join, then writes one outbox row for each
listening task. Nothing is sent from here; the relay finds the rows after the commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from service_portal.access.actor import Actor
from service_portal.events.catalog import Event, SubjectKind
from service_portal.events.models import OutboxRow
from service_portal.events.subscriptions import IN_TRANSACTION, LISTENERS
from service_portal.kernel.copying import insert_rows


class Joiner(Protocol):
    """A service that does its part in the event's own transaction."""

    def __call__(self, event: Any, *, actor: Actor, now: datetime) -> None: ...


_joiners: dict[str, Joiner] = {}


def join(name: str, service: Joiner) -> None:
    """Let the service called `<folder>.<service>` take part in the transactions of its events."""
    _joiners[name] = service


def rows_for(
    event: Event,
    *,
    person_id: int | None = None,
) -> list[dict[str, Any]]:
    """Give the outbox rows an event causes: one for each listening task. `person_id` caused it."""
    payload, subject = event.payload(), event.subject
    # A row says what it is about only where that is not its ticket.
    apart = subject.kind is not SubjectKind.TICKET
    about = {
        "ticket_id": payload.get("ticket_id"),
        "enterprise_id": payload.get("enterprise_id"),
        "subject_kind": subject.kind if apart else None,
        "subject_id": subject.id if apart else None,
    }
    if person_id is not None:
        payload["by_person_id"] = person_id
    return [
        {"event": event.name, "task": task, **about, "payload": payload}
        for task in LISTENERS[event.name]
    ]


def record(event: Event, *, actor: Actor, now: datetime) -> None:
    """Make the event part of the present transaction: joined services first, then one row a
    listener.
    """
    for name in IN_TRANSACTION.get(event.name, ()):
        _joiners[name](event, actor=actor, now=now)
    insert_rows(OutboxRow, rows_for(event, person_id=actor.person_id))


def record_many(events: Iterable[Event]) -> None:
    """Make many events part of the present transaction in one statement.

    For events nobody joins.
    """
    insert_rows(OutboxRow, [row for event in events for row in rows_for(event)])
