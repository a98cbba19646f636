"""How often something is done in a minute, at next to no cost for those who do it seldom.

Each process counts for itself and asks the database only about those who do it much.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

import sqlalchemy as sa
from flask import current_app

from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import after_rollback

MINUTE = 60
# The database is told after each tenth of what is left of the limit: at the limit, each time.
PART = 10

_COUNT = sa.text("""
    INSERT INTO throttle (key, window_at, hits) VALUES (:key, :window, :more)
    ON CONFLICT (key, window_at) DO UPDATE SET hits = throttle.hits + :more RETURNING hits
""")


@dataclass
class _Kept:
    """What this process has counted in the present minute: how much of it is not in the database
    yet, and how much the database knew when it was last told.
    """

    minute: int = 0
    unsaid: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)


_lock = Lock()


def count_here(names: tuple[str, ...], *, most: int, now: datetime) -> dict[str, int]:
    """Count in this process, and give what the database is to be told: nothing of those who do a
    few.
    """
    with _lock:
        kept = _kept(now)
        heavy = {}
        for name in names:
            kept.unsaid[name] = kept.unsaid.get(name, 0) + 1
            if kept.unsaid[name] >= max(1, (most - kept.known.get(name, 0)) // PART):
                heavy[name] = kept.unsaid.pop(name)
        return heavy


def count_back(names: tuple[str, ...], *, now: datetime) -> None:
    """Count once less in this process; the database hears of it with what is counted next."""
    with _lock:
        kept = _kept(now)
        for name in names:
            kept.unsaid[name] = kept.unsaid.get(name, 0) - 1


def count_together(heavy: dict[str, int], *, most: int, now: datetime) -> int:
    """Tell the database, in the present transaction, and give the seconds to wait; 0 when it may be
    done now.
    """
    minute = int(now.timestamp()) // MINUTE
    window = datetime.fromtimestamp(minute * MINUTE, UTC)
    hits = {
        name: int(db.session.scalar(_COUNT, {"key": name, "window": window, "more": more}) or 0)
        for name, more in sorted(heavy.items())
    }
    with _lock:
        _kept(now).known.update(hits)
    after_rollback(lambda: _take_back(heavy, hits, now=now))
    if max(hits.values(), default=0) <= most:
        return 0
    return max(1, (minute + 1) * MINUTE - int(now.timestamp()))


def _take_back(heavy: dict[str, int], hits: dict[str, int], *, now: datetime) -> None:
    """Know again what the database was told in a transaction that was rolled back."""
    with _lock:
        kept = _kept(now)
        for name, more in heavy.items():
            kept.unsaid[name] = kept.unsaid.get(name, 0) + more
            kept.known[name] = hits[name] - more


def _kept(now: datetime) -> _Kept:
    """Give what was counted in the newest minute, the present one; the lock is held."""
    kept: _Kept = current_app.extensions.setdefault("portal_pace", _Kept())
    minute = int(now.timestamp()) // MINUTE
    if minute > kept.minute:
        kept = current_app.extensions["portal_pace"] = _Kept(minute)
    return kept
