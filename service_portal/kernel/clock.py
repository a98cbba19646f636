"""The only place that asks what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def _wall() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _wall
_zone = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Give the present moment, aware, in UTC. Called by front doors only; below them `now` is a parameter."""
    return _source()


def follow(source: Callable[[], datetime] | None) -> None:
    """Take the time from `source` instead of the wall: a replayed log's clock, or a test's. None returns to the wall."""
    global _source
    _source = source or _wall


def zone_time() -> ZoneInfo:
    """Give the time zone in which the zone's days begin and end."""
    return _zone


def live_in(zone: str) -> None:
    """Set the zone's time zone, once, when the application is composed."""
    global _zone
    _zone = ZoneInfo(zone)
