"""How often something is done in a minute, at next to no cost for those who do it seldom.

Each process counts for itself and asks the database only about those who do it much.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

import sqlalchemy as sa
from flask import current_app

from service_portal.kernel.db import db

MINUTE = 60
# From this part of the limit on, everything is counted together with the other processes.
PART = 10

_COUNT = sa.text("""
    INSERT INTO throttle (key, window_at, hits) VALUES (:key, :window, :more)
    ON CONFLICT (key, window_at) DO UPDATE SET hits = throttle.hits + :more RETURNING hits
""")


@dataclass
class _Kept:
    """What this process has counted in the present minute: how much of it is not in the database
    yet.
    """

    minute: int = 0
    seen: dict[str, int] | None = None
    unsaid: dict[str, int] | None = None


_lock = Lock()


def count_here(names: tuple[str, ...], *, most: int, now: datetime) -> dict[str, int]:
    """Count in this process, and give what the database is to be told: nothing of those who do a
    few.
    """
    minute, part = int(now.timestamp()) // MINUTE, max(1, most // PART)
    with _lock:
        kept: _Kept = current_app.extensions.setdefault("portal_pace", _Kept())
        if kept.minute != minute or kept.seen is None or kept.unsaid is None:
            kept.minute, kept.seen, kept.unsaid = minute, {}, {}
        heavy = {}
        for name in names:
            kept.seen[name] = kept.seen.get(name, 0) + 1
            kept.unsaid[name] = kept.unsaid.get(name, 0) + 1
            if kept.seen[name] >= part:
                heavy[name] = kept.unsaid.pop(name)
        return heavy


def count_back(names: tuple[str, ...], *, now: datetime) -> None:
    """Count once less in this process; the database hears of it with what is counted next."""
    minute = int(now.timestamp()) // MINUTE
    with _lock:
        kept: _Kept = current_app.extensions.setdefault("portal_pace", _Kept())
        if kept.minute != minute or kept.seen is None or kept.unsaid is None:
            return
        for name in names:
            kept.seen[name] = kept.seen.get(name, 0) - 1
            kept.unsaid[name] = kept.unsaid.get(name, 0) - 1


def count_together(heavy: dict[str, int], *, most: int, now: datetime) -> int:
    """Tell the database, in the present transaction, and give the seconds to wait; 0 when it may be
    done now.
    """
    minute = int(now.timestamp()) // MINUTE
    window = datetime.fromtimestamp(minute * MINUTE, UTC)
    hits = [
        int(db.session.scalar(_COUNT, {"key": name, "window": window, "more": more}) or 0)
        for name, more in sorted(heavy.items())
    ]
    if max(hits, default=0) <= most:
        return 0
    return max(1, (minute + 1) * MINUTE - int(now.timestamp()))
