"""Claims outbox rows for a task and remembers how each attempt ended.

A claim is a lease, counted and committed before the work starts, so that a row which kills its
worker still uses up its attempts. Rows whose worker never came back are claimed one at a time from
then on: the one that kills is found, and costs the others nothing. The work transaction locks the
same rows by their lease token: a worker that slept past its lease finds that its token no longer
matches and does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from service_portal.events.catalog import Subject, SubjectKind
from service_portal.kernel.db import db

LEASE = timedelta(seconds=15)
MOST_ATTEMPTS = 8
BACKOFF_SECONDS = 2

_CLAIM = sa.text("""
    WITH picked AS MATERIALIZED (
        SELECT id FROM outbox
        WHERE task = :task AND done_at IS NULL AND dead_at IS NULL
          AND available_at <= clock_timestamp() AND lease_until IS NULL
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox SET attempts = attempts + 1, lease_token = lease_token + 1,
                      lease_until = clock_timestamp() + :lease
    FROM picked WHERE outbox.id = picked.id
    RETURNING outbox.id, outbox.event, outbox.ticket_id, outbox.enterprise_id,
              outbox.payload, outbox.attempts, outbox.lease_token,
              outbox.subject_kind, outbox.subject_id
""")

_CLAIM_ABANDONED = sa.text("""
    WITH picked AS MATERIALIZED (
        SELECT id FROM outbox
        WHERE task = :task AND done_at IS NULL AND dead_at IS NULL
            AND lease_until < clock_timestamp()
        ORDER BY lease_until, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox SET attempts = least(attempts + 1, :most), lease_token = lease_token + 1,
                      lease_until = CASE WHEN attempts < :most THEN clock_timestamp() + :lease END,
                      dead_at = CASE WHEN attempts >= :most THEN clock_timestamp() END,
                      last_error = 'its worker was lost without a word'
    FROM picked WHERE outbox.id = picked.id
    RETURNING outbox.id, outbox.event, outbox.ticket_id, outbox.enterprise_id,
              outbox.payload, outbox.attempts, outbox.lease_token,
              outbox.subject_kind, outbox.subject_id, outbox.dead_at IS NOT NULL AS is_dead
""")

_HOLD = sa.text("""
    SELECT id, lease_token FROM outbox
    WHERE id = ANY(:ids) AND done_at IS NULL AND dead_at IS NULL
    ORDER BY id FOR UPDATE
""")

_DONE = sa.text(
    "UPDATE outbox SET done_at = clock_timestamp(), lease_until = NULL, last_error = NULL WHERE id"
    " = ANY(:ids)"
)

_FAILED = sa.text("""
    UPDATE outbox SET last_error = :error, lease_until = NULL,
        available_at = clock_timestamp() + make_interval(secs => :pause * power(2, attempts - 1)),
        dead_at = CASE WHEN attempts >= :most THEN clock_timestamp() END
    WHERE id = :id AND lease_token = :token AND done_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event as one task receives it."""

    id: int
    event: str
    ticket_id: int | None
    enterprise_id: int | None
    payload: dict[str, Any]
    attempts: int
    lease_token: int
    subject_kind: str | None = None
    subject_id: int | None = None

    @property
    def subject(self) -> Subject | None:
        """Give what the event is about: what its row names, else its ticket."""
        if self.subject_kind is not None and self.subject_id is not None:
            return Subject(SubjectKind(self.subject_kind), self.subject_id)
        if self.ticket_id is not None:
            return Subject(SubjectKind.TICKET, self.ticket_id)
        # The release before subjects named the person of an account in the payload only.
        person_id = self.payload.get("person_id")
        return None if person_id is None else Subject(SubjectKind.PERSON, person_id)


def concerned_by(deliveries: Sequence[Delivery]) -> list[int] | None:
    """Give the tickets some events are about; None, everything, on a tick or for an event about
    none.
    """
    ids = [delivery.ticket_id for delivery in deliveries if delivery.ticket_id is not None]
    return ids if ids and len(ids) == len(deliveries) else None


def claim(task: str, *, limit: int) -> list[Delivery]:
    """Lease up to `limit` ready rows of a task, oldest first. The caller commits at once."""
    rows = db.session.execute(_CLAIM, {"task": task, "limit": limit, "lease": LEASE})
    return sorted((Delivery(*row) for row in rows), key=lambda delivery: delivery.id)


def claim_abandoned(task: str) -> list[Delivery]:
    """Lease the row whose worker was lost longest ago, alone; one that has lost eight of them is
    set aside as a dead letter. The caller commits at once.
    """
    values = {"task": task, "lease": LEASE, "most": MOST_ATTEMPTS}
    while (row := db.session.execute(_CLAIM_ABANDONED, values).first()) is not None:
        if not row.is_dead:
            return [Delivery(*row[:-1])]
    return []


def hold(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Lock the rows for the work transaction and give those whose lease is still ours.

    Waits for whoever has one locked: a claim that began before ours ended locks a row of ours for
    a moment, and skipping it would leave it leased to nobody. Claims never wait, so no two can
    wait for each other.
    """
    rows = db.session.execute(_HOLD, {"ids": [delivery.id for delivery in deliveries]})
    tokens = {row.id: row.lease_token for row in rows}
    return [delivery for delivery in deliveries if tokens.get(delivery.id) == delivery.lease_token]


def finish(deliveries: Sequence[Delivery]) -> None:
    """Mark rows done, in the transaction that did their work."""
    db.session.execute(_DONE, {"ids": [delivery.id for delivery in deliveries]})


def give_back(delivery: Delivery, *, error: str) -> None:
    """Put a failed row back with doubling delay; after eight attempts set it aside as a dead
    letter.
    """
    db.session.execute(
        _FAILED,
        {
            "id": delivery.id,
            "token": delivery.lease_token,
            "error": error[:2000],
            "pause": BACKOFF_SECONDS,
            "most": MOST_ATTEMPTS,
        },
    )
