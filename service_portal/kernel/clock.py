"""The only place that asks what time it is.

It is the database's time: what is due, and what a moment is called, must not hang on the clock of
whichever host happens to do the work. The database is asked when a connection is made and at the
start of every turn of a worker; in between the time that has passed since is added.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# It goes on while a machine sleeps, and nobody sets it.
_TICKING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _wall() -> datetime:
    return datetime.now(UTC)


def _ticks() -> float:
    return time.clock_gettime(_TICKING)


# What the database last said, and what our own seconds were then.
_said: tuple[datetime, float] | None = None


def _database() -> datetime:
    if _said is None:
        return _wall()
    moment, ticks = _said
    return moment + timedelta(seconds=_ticks() - ticks)


_source: Callable[[], datetime] = _database
_zone = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Give the present moment, aware, in UTC.

    Called where requests, tasks and commands come in; below that `now` is a parameter.
    """
    return _source()


def hear(moment: datetime) -> None:
    """Go on from what the database has just said; the way back makes it late by that,
    never early.
    """
    global _said
    _said = moment.astimezone(UTC), _ticks()


def follow(source: Callable[[], datetime] | None) -> None:
    """Take the time from `source` instead of the database: a replayed log's clock, or a test's.

    None returns to the database.
    """
    global _source
    _source = source or _database


def zone_time() -> ZoneInfo:
    """Give the time zone in which the zone's days begin and end."""
    return _zone


def live_in(zone: str) -> None:
    """Set the zone's time zone, once, when the application is composed."""
    global _zone
    _zone = ZoneInfo(zone)
