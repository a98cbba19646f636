"""Reads calendars, kept in the process and read again when their version changes."""

from __future__ import annotations

from time import monotonic
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.sla.business_time import DayRule, WorkCalendar
from service_portal.sla.models import Calendar, CalendarDay, CalendarYear, Clock

ZONE_CALENDAR = "zone"
RECHECK_SECONDS = 5.0

_kept: dict[tuple[str, int], tuple[int, WorkCalendar]] = {}
_ids: dict[tuple[str, str], tuple[int, float]] = {}


def zone_calendar_id() -> int:
    """Give the id of the zone's calendar."""
    return calendar_for()[0]


def calendar_for(calendar_id: int | None = None) -> tuple[int, WorkCalendar]:
    """Give a calendar with its id, the zone's by default. Costs nothing but a look at the clock, and a small read every five seconds."""
    database = str(db.engine.url)
    wanted = str(calendar_id or ZONE_CALENDAR)
    known = _ids.get((database, wanted))
    if known is not None and monotonic() - known[1] < RECHECK_SECONDS:
        return known[0], _kept[database, known[0]][1]
    by = Calendar.id == calendar_id if calendar_id is not None else Calendar.code == ZONE_CALENDAR
    row = db.session.execute(sa.select(Calendar.id, Calendar.version).where(by)).one()
    kept = _kept.get((database, row.id))
    if kept is None or kept[0] != row.version:
        _kept[database, row.id] = (row.version, read_calendar(row.id))
    _ids[database, wanted] = (row.id, monotonic())
    return row.id, _kept[database, row.id][1]


def forget_calendars() -> None:
    """Read every calendar again at its next use: one was changed in this process."""
    _kept.clear()
    _ids.clear()


def read_calendar(calendar_id: int) -> WorkCalendar:
    """Read one calendar with all its dated days."""
    calendar = db.session.get_one(Calendar, calendar_id)
    days = db.session.execute(
        sa.select(CalendarDay.day, CalendarDay.working, CalendarDay.intervals).where(CalendarDay.calendar_id == calendar_id)
    )
    years = db.session.scalars(
        sa.select(CalendarYear.year).where(CalendarYear.calendar_id == calendar_id, CalendarYear.official)
    )
    return WorkCalendar(
        zone=ZoneInfo(calendar.time_zone),
        weekly={int(day): [(from_, to) for from_, to in intervals] for day, intervals in calendar.weekly.items()},
        days={row.day: DayRule(row.working, tuple((a, b) for a, b in row.intervals or ())) for row in days},
        official_years=frozenset(years),
    )


def clocks_of(ticket_id: int) -> list[Clock]:
    """List the clocks of a ticket, the newest cycle first, then in the order of the journey."""
    order = {"accept": 0, "contact": 1, "offer": 2, "resolve": 3}
    clocks = db.session.scalars(sa.select(Clock).where(Clock.ticket_id == ticket_id))
    return sorted(clocks, key=lambda clock: (-clock.cycle, order[clock.kind]))
