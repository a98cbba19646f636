"""Reads calendars, kept in the process and read again when their version changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from time import monotonic
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app

from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.sla.business_time import DayRule, Interval, WorkCalendar
from service_portal.sla.models import Calendar, CalendarDay, CalendarVersion, CalendarYear

ZONE_CALENDAR = "zone"
RECHECK_SECONDS = 5.0


class Published(NamedTuple):
    """A calendar as it is at one of its versions."""

    id: int
    version: int
    calendar: WorkCalendar


@dataclass
class _Kept:
    """What one application has read: present calendars, when each was last looked at, and earlier
    versions.
    """

    calendars: dict[int, Published] = field(default_factory=dict)
    seen: dict[int | None, tuple[int, float]] = field(default_factory=dict)
    earlier: dict[tuple[int, int], WorkCalendar] = field(default_factory=dict)


def _kept() -> _Kept:
    kept: _Kept = current_app.extensions.setdefault("portal_calendars", _Kept())
    return kept


def calendar_for(calendar_id: int | None = None) -> tuple[int, WorkCalendar]:
    """Give a calendar with its id, the zone's by default."""
    present = published(calendar_id)
    return present.id, present.calendar


def working_day(at: datetime, *, ahead: int) -> date:
    """Give the n-th working day of the zone after the day of a moment."""
    return calendar_for()[1].add_working_days(at, ahead).astimezone(zone_time()).date()


def published(calendar_id: int | None = None) -> Published:
    """Give a calendar as it is now, the zone's by default.

    Costs nothing but a look at the clock, and a small read every five seconds.
    """
    kept = _kept()
    known = kept.seen.get(calendar_id)
    if known is not None and monotonic() - known[1] < RECHECK_SECONDS:
        return kept.calendars[known[0]]
    by = Calendar.id == calendar_id if calendar_id is not None else Calendar.code == ZONE_CALENDAR
    row = db.session.execute(sa.select(Calendar.id, Calendar.version).where(by)).one()
    if row.id not in kept.calendars or kept.calendars[row.id].version != row.version:
        kept.calendars[row.id] = Published(row.id, row.version, read_calendar(row.id))
    kept.seen[calendar_id] = (row.id, monotonic())
    return kept.calendars[row.id]


def calendar_at(calendar_id: int, version: int | None) -> WorkCalendar:
    """Give a calendar as it was at a version, by which a clock is measured.

    The present one where no version is known: the first release kept none.
    """
    present = published(calendar_id)
    if version is None or version == present.version:
        return present.calendar
    earlier = _kept().earlier
    if (calendar_id, version) not in earlier:
        then = db.session.get(CalendarVersion, (calendar_id, version))
        earlier[calendar_id, version] = as_published(then) if then else present.calendar
    return earlier[calendar_id, version]


def as_published(then: CalendarVersion) -> WorkCalendar:
    """Give a calendar as one of its versions has it."""
    return WorkCalendar(
        zone=ZoneInfo(then.time_zone),
        weekly=_by_weekday(then.weekly),
        days={
            date.fromisoformat(day): _day_rule(rule["working"], rule["intervals"])
            for day, rule in then.days.items()
        },
        official_years=frozenset(then.official_years),
    )


def forget_calendars() -> None:
    """Read every calendar again at its next use: one was changed in this process."""
    current_app.extensions.pop("portal_calendars", None)


def read_calendar(calendar_id: int) -> WorkCalendar:
    """Read one calendar with all its dated days."""
    calendar = db.session.get_one(Calendar, calendar_id)
    days = db.session.execute(
        sa.select(CalendarDay.day, CalendarDay.working, CalendarDay.intervals).where(
            CalendarDay.calendar_id == calendar_id
        )
    )
    years = db.session.scalars(
        sa.select(CalendarYear.year).where(
            CalendarYear.calendar_id == calendar_id, CalendarYear.official
        )
    )
    return WorkCalendar(
        zone=ZoneInfo(calendar.time_zone),
        weekly=_by_weekday(calendar.weekly),
        days={row.day: _day_rule(row.working, row.intervals) for row in days},
        official_years=frozenset(years),
    )


def _by_weekday(weekly: Mapping[str, Any]) -> dict[int, list[Interval]]:
    return {int(day): [(a, b) for a, b in intervals] for day, intervals in weekly.items()}


def _day_rule(working: bool, intervals: Sequence[Any] | None) -> DayRule:
    return DayRule(working, tuple((a, b) for a, b in intervals or ()))
