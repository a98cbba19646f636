"""Calendars for tests: the zone's hours with the official days, shipped or from the collected
notices.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service_portal.sla.business_time import DayRule, WorkCalendar

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "service_portal" / "sla" / "data" / "official_days.json"
COLLECTED = ROOT.parent / "shared" / "data" / "cn_calendar"
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = [(510, 720), (840, 1050)]
WEEK = dict.fromkeys(range(5), HOURS)


@cache
def shipped_days() -> dict[date, bool]:
    """Read the days that come with the product: True works, False is off."""
    days: dict[date, bool] = {}
    for year in json.loads(SHIPPED.read_text(encoding="utf-8"))["years"].values():
        for first, last, *_names in year["off"]:
            day = date.fromisoformat(first)
            while day <= date.fromisoformat(last):
                days[day] = False
                day += timedelta(days=1)
        days.update((date.fromisoformat(day), True) for day in year["working"])
    return days


@cache
def collected_days() -> dict[date, bool]:
    """Read the collected notices of 2007 to 2026; skips where they are absent."""
    if not COLLECTED.exists():
        pytest.skip(
            "the collected calendar notices (../shared/data/cn_calendar) are not on this machine"
        )
    days: dict[date, bool] = {}
    for path in sorted(COLLECTED.glob("20*.json")):
        for day in json.loads(path.read_text(encoding="utf-8"))["days"]:
            days[date.fromisoformat(day["date"])] = not day["isOffDay"]
    return days


def calendar_of(
    days: dict[date, bool], *, official: frozenset[int] = frozenset({2025, 2026})
) -> WorkCalendar:
    """Make the zone's calendar with these exceptions."""
    return WorkCalendar(
        zone=SHANGHAI,
        weekly=WEEK,
        days={day: DayRule(working) for day, working in days.items()},
        official_years=official,
    )


@cache
def zone_calendar() -> WorkCalendar:
    """Give the calendar the product starts with."""
    return calendar_of(shipped_days())


def at(text: str) -> datetime:
    """Read a local moment of the zone."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
