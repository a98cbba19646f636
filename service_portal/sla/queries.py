"""Reads calendars, kept in the process and read again when their version changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app

from service_portal.kernel.db import db
from service_portal.sla.business_time import DayRule, WorkCalendar
from service_portal.sla.models import Calendar, CalendarDay, CalendarYear

ZONE_CALENDAR = "zone"
RECHECK_SECONDS = 5.0


@dataclass
class _Kept:
    """What one application has read: calendars with their version, and when each was last looked
    at.
    """

    calendars: dict[int, tuple[int, WorkCalendar]] = field(default_factory=dict)
    seen: dict[int | None, tuple[int, float]] = field(default_factory=dict)


def _kept() -> _Kept:
    kept: _Kept = current_app.extensions.setdefault("portal_calendars", _Kept())
    return kept


def calendar_for(calendar_id: int | None = None) -> tuple[int, WorkCalendar]:
    """Give a calendar with its id, the zone's by default.

    Costs nothing but a look at the clock, and a small read every five seconds.
    """
    kept = _kept()
    known = kept.seen.get(calendar_id)
    if known is not None and monotonic() - known[1] < RECHECK_SECONDS:
        return known[0], kept.calendars[known[0]][1]
    by = Calendar.id == calendar_id if calendar_id is not None else Calendar.code == ZONE_CALENDAR
    row = db.session.execute(sa.select(Calendar.id, Calendar.version).where(by)).one()
    if row.id not in kept.calendars or kept.calendars[row.id][0] != row.version:
        kept.calendars[row.id] = (row.version, read_calendar(row.id))
    kept.seen[calendar_id] = (row.id, monotonic())
    return row.id, kept.calendars[row.id][1]


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
        weekly={
            int(day): [(from_, to) for from_, to in intervals]
            for day, intervals in calendar.weekly.items()
        },
        days={
            row.day: DayRule(row.working, tuple((a, b) for a, b in row.intervals or ()))
            for row in days
        },
        official_years=frozenset(years),
    )
