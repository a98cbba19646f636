"""How many requests one enterprise, and one person, may file in a minute.

Who files a few costs nothing: each process counts for itself and asks the database only about those
who file many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.kernel.db import db
from service_portal.kernel.errors import TooMany
from service_portal.kernel.unit_of_work import unit_of_work

MINUTE = 60
# From this part of the limit on, every filing is counted together with those of the other
# processes.
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


def keep_pace(*, actor: Actor, enterprise_id: int, now: datetime) -> None:
    """Count a filing, whether it succeeds or not.

    Raises TooMany when the enterprise or the person has filed too many in this minute.
    """
    most = current_app.config["FILINGS_PER_MINUTE"]
    if not most:
        return
    minute = int(now.timestamp()) // MINUTE
    keys = (f"file:enterprise:{enterprise_id}", f"file:person:{actor.person_id}")
    heavy = _heavy(keys, minute=minute, part=max(1, most // PART))
    if not heavy:
        return
    window = datetime.fromtimestamp(minute * MINUTE, UTC)
    with unit_of_work():
        hits = [
            int(db.session.scalar(_COUNT, {"key": key, "window": window, "more": more}) or 0)
            for key, more in sorted(heavy.items())
        ]
    if max(hits) > most:
        wait = max(1, (minute + 1) * MINUTE - int(now.timestamp()))
        sentence = _(
            "More than %(most)d requests were filed within a minute. "
            "This one was not taken; send it again in %(wait)d seconds.",
            most=most,
            wait=wait,
        )
        raise TooMany(sentence, retry_after=wait)


def _heavy(keys: tuple[str, ...], *, minute: int, part: int) -> dict[str, int]:
    """Count in this process, and give what the database is to be told: nothing of those who file a
    few.
    """
    with _lock:
        kept: _Kept = current_app.extensions.setdefault("portal_pace", _Kept())
        if kept.minute != minute or kept.seen is None or kept.unsaid is None:
            kept.minute, kept.seen, kept.unsaid = minute, {}, {}
        heavy = {}
        for key in keys:
            kept.seen[key] = kept.seen.get(key, 0) + 1
            kept.unsaid[key] = kept.unsaid.get(key, 0) + 1
            if kept.seen[key] >= part:
                heavy[key] = kept.unsaid.pop(key)
        return heavy
