"""Says that something happened: inside the transaction of the thing itself.

`record` first lets the services of `IN_TRANSACTION` join, then writes one outbox row for each
listening task. Nothing is sent from here; the relay finds the rows after the commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from service_portal.access.actor import Actor
from service_portal.events.catalog import AccountEvent, Event
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
    event: Event | AccountEvent,
    *,
    person_id: int | None = None,
) -> list[dict[str, Any]]:
    """Give the outbox rows an event causes: one for each listening task. `person_id` caused it."""
    payload = event.payload()
    if person_id is not None:
        payload["by_person_id"] = person_id
    return [
        {
            "event": event.name,
            "task": task,
            "ticket_id": event.ticket_id,
            "enterprise_id": event.enterprise_id,
            "payload": payload,
        }
        for task in LISTENERS[event.name]
    ]


def record(event: Event, *, actor: Actor, now: datetime) -> None:
    """Make the event part of the present transaction: joined services first, then one row a
    listener.
    """
    for name in IN_TRANSACTION.get(event.name, ()):
        _joiners[name](event, actor=actor, now=now)
    insert_rows(OutboxRow, rows_for(event, person_id=actor.person_id))


def record_many(events: Iterable[Event | AccountEvent]) -> None:
    """Make many events part of the present transaction in one statement.

    For events nobody joins.
    """
    insert_rows(OutboxRow, [row for event in events for row in rows_for(event)])
