"""Writes calendars."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.sla.business_time import Interval
from service_portal.sla.models import Calendar, CalendarDay, CalendarYear
from service_portal.sla.queries import ZONE_CALENDAR, forget_calendars, read_calendar

DATA = Path(__file__).parent / "data" / "official_days.json"
USUAL_HOURS: list[Interval] = [(8 * 60 + 30, 12 * 60), (14 * 60, 17 * 60 + 30)]


def load_official_days() -> None:
    """Make the zone's calendar and give it every official day shipped with the product; harmless
    when repeated.
    """
    known = json.loads(DATA.read_text())
    weekly = {str(day): USUAL_HOURS if day < 5 else [] for day in range(7)}
    made = db.session.execute(
        insert(Calendar)
        .values(
            code=ZONE_CALENDAR, name_en="Zone calendar", name_zh="高新区工作日历", weekly=weekly
        )
        .on_conflict_do_nothing()
        .returning(Calendar.id)
    ).all()
    calendar_id = db.session.scalar(sa.select(Calendar.id).where(Calendar.code == ZONE_CALENDAR))
    assert calendar_id is not None
    calendar, added = _lock(calendar_id), 0
    for year, facts in known["years"].items():
        rows = [
            {
                "calendar_id": calendar_id,
                "day": date.fromisoformat(first) + timedelta(days=n),
                "working": False,
                "name_en": en,
                "name_zh": zh,
            }
            for first, last, en, zh in facts["off"]
            for n in range((date.fromisoformat(last) - date.fromisoformat(first)).days + 1)
        ]
        rows += [
            {
                "calendar_id": calendar_id,
                "day": date.fromisoformat(day),
                "working": True,
                "name_en": "Make-up working day",
                "name_zh": "调休上班",
            }
            for day in facts["working"]
        ]
        new_days = insert(CalendarDay).values(rows).on_conflict_do_nothing()
        added += len(db.session.execute(new_days.returning(CalendarDay.day)).all())
        year_row = {
            "calendar_id": calendar_id,
            "year": int(year),
            "official": True,
            "source": known["source"],
        }
        new_year = insert(CalendarYear).values(year_row).on_conflict_do_nothing()
        added += len(db.session.execute(new_year.returning(CalendarYear.year)).all())
    if made or added:
        _publish(calendar, first=bool(made))


def _lock(calendar_id: int) -> Calendar:
    """Lock a calendar, so that each change of it is a version of its own."""
    return db.session.get_one(Calendar, calendar_id, with_for_update=True, populate_existing=True)


_PUBLISH = sa.text("""
    INSERT INTO calendar_version (calendar_id, version, time_zone, weekly, days, official_years)
    SELECT c.id, c.version, c.time_zone, c.weekly,
        coalesce((SELECT jsonb_object_agg(d.day,
                jsonb_build_object('working', d.working, 'intervals', d.intervals))
            FROM calendar_day AS d WHERE d.calendar_id = c.id), '{}'),
        coalesce((SELECT jsonb_agg(y.year ORDER BY y.year) FROM calendar_year AS y
            WHERE y.calendar_id = c.id AND y.official), '[]')
    FROM calendar AS c WHERE c.id = :id
""")


def _publish(calendar: Calendar, *, first: bool = False) -> None:
    """Publish a calendar as its next version, which stays readable for ever, or as its `first`."""
    if not first:
        calendar.version += 1
    db.session.flush()
    db.session.execute(_PUBLISH, {"id": calendar.id})
    forget_calendars()


def add_calendar(*, code: str, name_en: str, name_zh: str) -> Calendar:
    """Make a working calendar for members: it begins as a copy of the zone's, days off and make-up
    days included. Raises Refused when the code is taken.
    """
    if db.session.scalar(sa.select(Calendar.id).where(Calendar.code == code)) is not None:
        raise Refused(_("Another calendar has this code already."), field="code")
    zone = db.session.scalars(sa.select(Calendar).where(Calendar.code == ZONE_CALENDAR)).one()
    made = Calendar(
        code=code, name_en=name_en, name_zh=name_zh, time_zone=zone.time_zone, weekly=zone.weekly
    )
    db.session.add(made)
    db.session.flush()
    for model, columns in (
        (CalendarDay, ("day", "working", "intervals", "name_en", "name_zh")),
        (CalendarYear, ("year", "official", "source")),
    ):
        copied = sa.select(sa.literal(made.id), *(getattr(model, name) for name in columns)).where(
            model.calendar_id == zone.id
        )
        db.session.execute(sa.insert(model).from_select(["calendar_id", *columns], copied))
    _publish(made, first=True)
    return made


def change_calendar(calendar_id: int, *, weekly: dict[str, list[Interval]]) -> None:
    """Change the weekly hours; promises that run keep their dates and rungs.

    Raises ValueError with a sentence when the hours make no sense.
    """
    calendar = _lock(calendar_id)
    calendar.weekly = {
        day: [list(interval) for interval in intervals] for day, intervals in weekly.items()
    }
    db.session.flush()
    read_calendar(calendar_id)
    _publish(calendar)


def change_day(
    calendar_id: int, day: date, *, working: bool | None, name_en: str = "", name_zh: str = ""
) -> None:
    """Close or open a dated day; `None` takes the exception away."""
    calendar = _lock(calendar_id)
    db.session.execute(
        sa.delete(CalendarDay).where(CalendarDay.calendar_id == calendar_id, CalendarDay.day == day)
    )
    if working is not None:
        db.session.add(
            CalendarDay(
                calendar_id=calendar_id,
                day=day,
                working=working,
                intervals=None,
                name_en=name_en,
                name_zh=name_zh,
            )
        )
    _publish(calendar)


def set_official(calendar_id: int, year: int, *, official: bool, source: str) -> None:
    """Say whether the holidays of a year are official: dates computed through other years carry a
    note.
    """
    calendar = _lock(calendar_id)
    db.session.merge(
        CalendarYear(calendar_id=calendar_id, year=year, official=official, source=source)
    )
    _publish(calendar)
