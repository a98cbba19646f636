"""The working calendars: hours, days off, make-up days, and which years are official."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.sla import services
from service_portal.sla.business_time import Interval
from service_portal.sla.models import Calendar, CalendarDay, CalendarYear
from service_portal.sla.queries import read_calendar
from service_portal.web.guards import requires

blueprint = Blueprint("sla", __name__)


def _calendar(calendar_id: int) -> Calendar:
    calendar = db.session.get(Calendar, calendar_id)
    if calendar is None:
        raise Missing()
    return calendar


@blueprint.get("/admin/calendars")
@requires(Permission.CALENDAR_EDIT)
def calendars() -> Response:
    """Bring the administrator to the zone's calendar of this year."""
    first = db.session.scalar(sa.select(Calendar.id).order_by(Calendar.id))
    return redirect(url_for("sla.show_calendar", calendar_id=first or 0, year=now().astimezone(zone_time()).year))


@blueprint.get("/admin/calendars/<int:calendar_id>/<int:year>")
@requires(Permission.CALENDAR_EDIT)
def show_calendar(calendar_id: int, year: int) -> str:
    """Show a year: twelve months, dated exceptions, and whether its holidays are official."""
    calendar = _calendar(calendar_id)
    if not 2000 <= year <= 2100:
        raise Missing()
    known = read_calendar(calendar_id)
    days = db.session.scalars(
        sa.select(CalendarDay).where(CalendarDay.calendar_id == calendar_id, CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31))).order_by(CalendarDay.day)
    ).all()
    months = []
    for month in range(1, 13):
        first = date(year, month, 1)
        weeks, day = [], first - timedelta(days=first.weekday())
        while day <= date(year, 12, 31) and (day < first or day.month == month or day.weekday() != 0):
            weeks.append([day + timedelta(days=n) for n in range(7)])
            day += timedelta(days=7)
        months.append((first, weeks))
    official = db.session.get(CalendarYear, (calendar_id, year))
    return render_template(
        "sla/show_calendar.html", calendar=calendar, year=year, months=months, known=known, exceptions={d.day: d for d in days}, days=days,
        official=official is not None and official.official, weekly=_weekly_text(calendar),
    )  # fmt: skip


def _weekly_text(calendar: Calendar) -> dict[int, str]:
    return {
        day: ", ".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in calendar.weekly.get(str(day), [])) for day in range(7)
    }


def read_intervals(text: str) -> list[Interval]:
    """Read hours such as “08:30-12:00, 14:00-17:30”. Raises ValueError when they cannot be read."""
    intervals = []
    for part in text.replace("，", ",").replace("–", "-").split(","):
        if part.strip():
            start, end = part.strip().split("-")
            (h1, m1), (h2, m2) = start.strip().split(":"), end.strip().split(":")
            intervals.append((int(h1) * 60 + int(m1), int(h2) * 60 + int(m2)))
    return intervals


@blueprint.post("/admin/calendars/<int:calendar_id>/hours")
@requires(Permission.CALENDAR_EDIT)
def change_hours(calendar_id: int) -> Response:
    """Change the weekly hours; dates already promised stay."""
    _calendar(calendar_id)
    try:
        weekly = {str(day): read_intervals(request.form.get(f"day{day}", "")) for day in range(7)}
        with unit_of_work():
            services.change_calendar(calendar_id, weekly=weekly)
    except ValueError as error:
        raise Refused(_("These hours can't be used: %(why)s. Write them like 08:30-12:00, 14:00-17:30.", why=str(error))) from error
    flash(_("Saved. Dates already promised stay as they are."), "success")
    return redirect(url_for("sla.calendars"))


@blueprint.post("/admin/calendars/<int:calendar_id>/days")
@requires(Permission.CALENDAR_EDIT)
def change_day(calendar_id: int) -> Response:
    """Close or open one day, or take the exception away."""
    _calendar(calendar_id)
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError as error:
        raise Refused(_("Choose a day.")) from error
    kind = request.form.get("kind")
    with unit_of_work():
        services.change_day(
            calendar_id, day, working={"off": False, "working": True}.get(kind or ""), name_en=request.form.get("name_en", "").strip()[:80], name_zh=request.form.get("name_zh", "").strip()[:80]
        )
    return redirect(url_for("sla.show_calendar", calendar_id=calendar_id, year=day.year))


@blueprint.post("/admin/calendars/<int:calendar_id>/<int:year>/official")
@requires(Permission.CALENDAR_EDIT)
def set_official(calendar_id: int, year: int) -> Response:
    """Say that the holidays of a year are complete and official, or that they are not."""
    _calendar(calendar_id)
    with unit_of_work():
        services.set_official(calendar_id, year, official=request.form.get("official") == "1", source=request.form.get("source", "").strip()[:200])
    return redirect(url_for("sla.show_calendar", calendar_id=calendar_id, year=year))
