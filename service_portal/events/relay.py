"""Turns ready outbox rows into hints for the workers.

The relay keeps nothing: a hint that is lost is given again as long as its row is ready. Several
relays may run; a double hint finds nothing left to claim.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa

from service_portal.events.subscriptions import LISTENERS
from service_portal.kernel.db import db

REPEAT_SECONDS = 2.0
BUSY_ROWS = 200
TASKS = sorted({task for listening in LISTENERS.values() for task in listening})

# Each task is looked at by itself, so that a long backlog of one does not hide another.
_READY = sa.text("""
    SELECT t.task, r.waiting, r.newest FROM unnest(CAST(:tasks AS text[])) AS t(task), LATERAL (
        SELECT count(*) AS waiting, max(id) AS newest FROM (
            SELECT id FROM outbox
            WHERE task = t.task AND done_at IS NULL AND dead_at IS NULL
              AND available_at <= clock_timestamp()
              AND (lease_until IS NULL OR lease_until < clock_timestamp())
            ORDER BY id DESC LIMIT :look_at
        ) AS ready
    ) AS r WHERE r.waiting > 0
""")


def ready_tasks() -> set[str]:
    """Name the tasks for which rows are ready."""
    rows = db.session.execute(_READY, {"tasks": TASKS, "look_at": 1})
    return {row.task for row in rows}


@dataclass
class Relay:
    """Remembers, per task, the newest row already hinted at and when."""

    send: Callable[[str], None]
    newest: dict[str, int] = field(default_factory=dict)
    hinted: dict[str, float] = field(default_factory=dict)

    def look(self, *, monotonic: float) -> int:
        """Hint each task that has new ready rows, or old ones nobody took for two seconds; say how
        many hints were sent.

        A long backlog earns two hints, so that a second worker joins in.
        """
        sent = 0
        for row in db.session.execute(_READY, {"tasks": TASKS, "look_at": BUSY_ROWS + 1}).all():
            is_new = row.newest > self.newest.get(row.task, 0)
            is_stale = monotonic - self.hinted.get(row.task, 0.0) > REPEAT_SECONDS
            if not (is_new or is_stale):
                continue
            for _ in range(2 if row.waiting > BUSY_ROWS else 1):
                self.send(row.task)
                sent += 1
            self.newest[row.task] = max(row.newest, self.newest.get(row.task, 0))
            self.hinted[row.task] = monotonic
        db.session.rollback()
        return sent


def beat(part: str, process: str, *, detail: dict[str, object] | None = None) -> None:
    """Write a sign of life of one process; the caller commits."""
    db.session.execute(
        sa.text("""
            INSERT INTO heartbeat (part, process, at, detail)
            VALUES (:part, :process, clock_timestamp(), CAST(:detail AS jsonb))
            ON CONFLICT (part, process) DO UPDATE SET at = excluded.at, detail = excluded.detail
        """),
        {"part": part, "process": process, "detail": json.dumps(detail or {})},
    )
