"""Starts, stops, pauses and resumes the clocks of tickets, and writes calendars."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from service_portal.kernel.copying import insert_rows
from service_portal.kernel.db import at_once, db
from service_portal.kernel.errors import Refused
from service_portal.sla.business_time import Interval, Limit
from service_portal.sla.models import Calendar, CalendarDay, CalendarYear, Clock, ClockPause
from service_portal.sla.queries import ZONE_CALENDAR, calendar_for, forget_calendars, read_calendar
from service_portal.sla.rules import counted_from, next_rung, plan_clock, resumed_due

DATA = Path(__file__).parent / "data" / "official_days.json"
USUAL_HOURS: list[Interval] = [(8 * 60 + 30, 12 * 60), (14 * 60, 17 * 60 + 30)]

_FRESH = (
    "limit_amount",
    "limit_unit",
    "started_at",
    "due_at",
    "next_rung",
    "next_alarm_at",
    "estimated",
)
_STARTED_ANEW = (
    "ON CONFLICT (ticket_id, kind, cycle) DO UPDATE SET"
    f" {', '.join(f'{name} = excluded.{name}' for name in _FRESH)}, stopped_at = NULL, outcome ="
    " NULL, paused_at = NULL, due_when_paused_at = NULL, last_rung = NULL"
)


def start_clock(
    *, ticket_id: int, enterprise_id: int, kind: str, cycle: int, limit: Limit, now: datetime
) -> None:
    """Start a promise; one that already runs for this cycle starts anew."""
    start_clocks([(ticket_id, enterprise_id, cycle, limit)], kind=kind, now=now)


def start_clocks(
    tickets: Iterable[tuple[int, int, int, Limit]], *, kind: str, now: datetime
) -> None:
    """Start the same kind of promise on many tickets (ticket id, enterprise id, cycle, limit) in
    one statement.
    """
    calendar_id, calendar = calendar_for()
    rows = []
    for ticket_id, enterprise_id, cycle, limit in tickets:
        plan = plan_clock(kind, limit, now, calendar)
        rows.append(
            {
                "ticket_id": ticket_id,
                "enterprise_id": enterprise_id,
                "cycle": cycle,
                "limit_amount": limit.amount,
                "limit_unit": limit.unit,
                "due_at": plan.due_at,
                "next_rung": plan.next_rung,
                "next_alarm_at": plan.next_alarm_at,
                "estimated": plan.estimated,
            }
        )
    insert_rows(
        Clock,
        rows,
        same={"kind": kind, "calendar_id": calendar_id, "started_at": now},
        conflict=_STARTED_ANEW,
    )


def stop_clock(*, ticket_id: int, kind: str, now: datetime) -> None:
    """Stop a running promise and note whether it was met."""
    stop_clocks([ticket_id], kind=kind, now=now)


def stop_clocks(ticket_ids: list[int], *, kind: str, now: datetime) -> None:
    """Stop one kind of promise on many tickets, met or late."""
    _stop(Clock.ticket_id.in_(ticket_ids), Clock.kind == kind, now=now)


def cancel_clocks(*, ticket_id: int, now: datetime) -> None:
    """End every running promise of a ticket that was withdrawn, refused or merged; none of them
    counts.
    """
    db.session.execute(
        sa.update(Clock)
        .where(Clock.ticket_id == ticket_id, Clock.stopped_at.is_(None))
        .values(stopped_at=now, outcome="cancelled", next_alarm_at=None, next_rung=None)
        .execution_options(synchronize_session=False)
    )


def _stop(*where: sa.ColumnElement[bool], now: datetime) -> None:
    due = sa.func.coalesce(Clock.due_at, Clock.due_when_paused_at)
    late = sa.case((sa.func.coalesce(Clock.paused_at, now) > due, "late"), else_="met")
    at_once(
        sa.update(Clock)
        .where(*where, Clock.stopped_at.is_(None))
        .values(stopped_at=now, outcome=late, next_alarm_at=None, next_rung=None)
    )


def pause_clocks(
    *, ticket_id: int, reason: str, now: datetime, kinds: tuple[str, ...] = ("contact", "resolve")
) -> None:
    """Let the running promises of a ticket stand still: no deadline, no alarm,
    until they resume.
    """
    for clock in _running(ticket_id, kinds):
        if clock.paused_at is None:
            clock.paused_at, clock.due_when_paused_at = now, clock.due_at
            clock.due_at = clock.next_alarm_at = None
            db.session.add(
                ClockPause(
                    clock_id=clock.id,
                    enterprise_id=clock.enterprise_id,
                    from_at=now,
                    to_at=None,
                    reason=reason,
                )
            )
    db.session.flush()


def resume_clocks(*, ticket_id: int, now: datetime) -> None:
    """Let paused promises run on with the working time they had left."""
    for clock in _running(ticket_id, ("accept", "contact", "resolve", "offer")):
        if clock.paused_at is None or clock.due_when_paused_at is None:
            continue
        calendar = calendar_for(clock.calendar_id)[1]
        clock.due_at = resumed_due(clock.due_when_paused_at, clock.paused_at, now, calendar)
        start = counted_from(
            clock.started_at, Limit(clock.limit_amount, clock.limit_unit), clock.due_at, calendar
        )
        rung = next_rung(clock.kind, start, clock.due_at, clock.last_rung, calendar)
        clock.next_rung, clock.next_alarm_at = rung or (None, None)
        clock.paused_at = clock.due_when_paused_at = None
        db.session.execute(
            sa.update(ClockPause)
            .where(ClockPause.clock_id == clock.id, ClockPause.to_at.is_(None))
            .values(to_at=now)
        )
    db.session.flush()


def _running(ticket_id: int, kinds: tuple[str, ...]) -> list[Clock]:
    query = (
        sa.select(Clock)
        .where(Clock.ticket_id == ticket_id, Clock.kind.in_(kinds), Clock.stopped_at.is_(None))
        .order_by(Clock.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def load_official_days() -> None:
    """Make the zone's calendar and give it every official day shipped with the product; harmless
    when repeated.
    """
    known = json.loads(DATA.read_text())
    weekly = {str(day): USUAL_HOURS if day < 5 else [] for day in range(7)}
    db.session.execute(
        insert(Calendar)
        .values(
            code=ZONE_CALENDAR, name_en="Zone calendar", name_zh="高新区工作日历", weekly=weekly
        )
        .on_conflict_do_nothing()
    )
    calendar_id = db.session.scalar(sa.select(Calendar.id).where(Calendar.code == ZONE_CALENDAR))
    assert calendar_id is not None
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
        db.session.execute(insert(CalendarDay).values(rows).on_conflict_do_nothing())
        year_row = {
            "calendar_id": calendar_id,
            "year": int(year),
            "official": True,
            "source": known["source"],
        }
        db.session.execute(insert(CalendarYear).values(year_row).on_conflict_do_nothing())
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
    return made


def change_calendar(calendar_id: int, *, weekly: dict[str, list[Interval]]) -> None:
    """Change the weekly hours; running deadlines keep their dates.

    Raises ValueError with a sentence when the hours make no sense.
    """
    calendar = db.session.get_one(Calendar, calendar_id)
    calendar.weekly = {
        day: [list(interval) for interval in intervals] for day, intervals in weekly.items()
    }
    calendar.version += 1
    db.session.flush()
    read_calendar(calendar_id)
    forget_calendars()


def change_day(
    calendar_id: int, day: date, *, working: bool | None, name_en: str = "", name_zh: str = ""
) -> None:
    """Close or open a dated day; `None` takes the exception away."""
    calendar = db.session.get_one(Calendar, calendar_id)
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
    calendar.version += 1
    db.session.flush()
    forget_calendars()


def set_official(calendar_id: int, year: int, *, official: bool, source: str) -> None:
    """Say whether the holidays of a year are official: dates computed through other years carry a
    note.
    """
    calendar = db.session.get_one(Calendar, calendar_id)
    db.session.merge(
        CalendarYear(calendar_id=calendar_id, year=year, official=official, source=source)
    )
    calendar.version += 1
    db.session.flush()
    forget_calendars()
