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
from service_portal.sla.business_time import Interval, check_intervals
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
    return redirect(
        url_for(
            "sla.show_calendar", calendar_id=first or 0, year=now().astimezone(zone_time()).year
        )
    )


def _one_line(name: str) -> str:
    return " ".join(request.form.get(name, "").split())


@blueprint.post("/admin/calendars")
@requires(Permission.CALENDAR_EDIT)
def add_calendar() -> Response | tuple[str, int]:
    """Make a working calendar for members, as a copy of the zone's."""
    typed = {name: _one_line(name) for name in ("code", "calendar_zh", "calendar_en")}
    code, wrong = typed["code"].lower(), {}
    if not 1 <= len(code) <= 20 or not code.replace("-", "").isalnum():
        wrong["code"] = _("A code has letters and digits, at most twenty.")
    wrong |= {
        name: _("Fill this in.")
        for name in ("calendar_zh", "calendar_en")
        if not 1 <= len(typed[name]) <= 80
    }
    if not wrong:
        try:
            with unit_of_work():
                made = services.add_calendar(
                    code=code, name_zh=typed["calendar_zh"], name_en=typed["calendar_en"]
                )
            flash(
                _("Saved. Change its hours and days, then give it to members in the directory."),
                "success",
            )
            return redirect(url_for("sla.show_calendar", calendar_id=made.id, year=_year()))
        except Refused as refusal:
            wrong["code"] = str(refusal.message)
    first = db.session.scalars(sa.select(Calendar).order_by(Calendar.id).limit(1)).one()
    return _page(first, _year(), typed=typed, wrong=wrong), 422


@blueprint.get("/admin/calendars/<int:calendar_id>/<int:year>")
@requires(Permission.CALENDAR_EDIT)
def show_calendar(calendar_id: int, year: int) -> str:
    """Show a year: twelve months, dated exceptions, and whether its holidays are official."""
    return _page(_calendar(calendar_id), year)


def _page(
    calendar: Calendar,
    year: int,
    *,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
) -> str:
    """Show a year, with what was typed and the sentence about it when it could not be taken."""
    if not 2000 <= year <= 2100:
        raise Missing()
    days = db.session.scalars(
        sa.select(CalendarDay)
        .where(
            CalendarDay.calendar_id == calendar.id,
            CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)),
        )
        .order_by(CalendarDay.day)
    ).all()
    months = []
    for month in range(1, 13):
        first = date(year, month, 1)
        weeks, day = [], first - timedelta(days=first.weekday())
        while day <= date(year, 12, 31) and (
            day < first or day.month == month or day.weekday() != 0
        ):
            weeks.append([day + timedelta(days=n) for n in range(7)])
            day += timedelta(days=7)
        months.append((first, weeks))
    official = db.session.get(CalendarYear, (calendar.id, year))
    return render_template(
        "sla/show_calendar.html",
        calendar=calendar,
        year=year,
        months=months,
        known=read_calendar(calendar.id),
        exceptions={d.day: d for d in days},
        days=days,
        official=official is not None and official.official,
        source=official.source if official is not None else "",
        weekly=_weekly_text(calendar),
        today=now().astimezone(zone_time()).date(),
        typed=typed or {},
        wrong=wrong or {},
        calendars=db.session.scalars(sa.select(Calendar).order_by(Calendar.id)).all(),
    )


def _weekly_text(calendar: Calendar) -> dict[int, str]:
    return {
        day: ", ".join(
            f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}"
            for a, b in calendar.weekly.get(str(day), [])
        )
        for day in range(7)
    }


def read_intervals(text: str) -> list[Interval]:
    """Read hours such as “08:30-12:00, 14:00-17:30”. Raises ValueError when they cannot be read."""
    intervals = []
    for part in text.replace("，", ",").replace("–", "-").split(","):
        if part.strip():
            start, end = part.strip().split("-")
            (h1, m1), (h2, m2) = start.strip().split(":"), end.strip().split(":")
            if int(m1) > 59 or int(m2) > 59:
                raise ValueError(part)
            intervals.append((int(h1) * 60 + int(m1), int(h2) * 60 + int(m2)))
    return intervals


@blueprint.post("/admin/calendars/<int:calendar_id>/hours")
@requires(Permission.CALENDAR_EDIT)
def change_hours(calendar_id: int) -> Response | tuple[str, int]:
    """Change the weekly hours; dates already promised stay."""
    calendar, typed, weekly, wrong = _calendar(calendar_id), request.form.to_dict(), {}, {}
    for day in range(7):
        try:
            weekly[str(day)] = read_intervals(typed.get(f"day{day}", ""))
            check_intervals(weekly[str(day)])
        except ValueError:
            wrong[f"day{day}"] = _(
                "Write hours like 08:30-12:00, 14:00-17:30, in order and not over one another."
            )
    if not wrong and not any(weekly.values()):
        wrong["day0"] = _(
            "A week needs at least one working hour, or no promise would ever fall due."
        )
    if wrong:
        return _page(calendar, _year(), typed=typed, wrong=wrong), 422
    with unit_of_work():
        services.change_calendar(calendar_id, weekly=weekly)
    flash(_("Saved. Dates already promised stay as they are."), "success")
    return redirect(url_for("sla.show_calendar", calendar_id=calendar_id, year=_year()))


def _year() -> int:
    year = request.form.get("year", type=int) or 0
    return year if 2000 <= year <= 2100 else now().astimezone(zone_time()).year


@blueprint.post("/admin/calendars/<int:calendar_id>/days")
@requires(Permission.CALENDAR_EDIT)
def change_day(calendar_id: int) -> Response | tuple[str, int]:
    """Close or open one day, or take the exception away."""
    calendar = _calendar(calendar_id)
    try:
        day = date.fromisoformat(request.form.get("day", ""))
        if not 2000 <= day.year <= 2100:
            raise ValueError(day)
    except ValueError:
        return (
            _page(
                calendar, _year(), typed=request.form.to_dict(), wrong={"day": _("Choose a day.")}
            ),
            422,
        )
    kind = request.form.get("kind")
    with unit_of_work():
        services.change_day(
            calendar_id,
            day,
            working={"off": False, "working": True}.get(kind or ""),
            name_en=_one_line("name_en")[:80],
            name_zh=_one_line("name_zh")[:80],
        )
    flash(_("Saved. Dates already promised stay as they are."), "success")
    return redirect(url_for("sla.show_calendar", calendar_id=calendar_id, year=day.year))


@blueprint.post("/admin/calendars/<int:calendar_id>/<int:year>/official")
@requires(Permission.CALENDAR_EDIT)
def set_official(calendar_id: int, year: int) -> Response:
    """Say that the holidays of a year are complete and official, or that they are not."""
    _calendar(calendar_id)
    if not 2000 <= year <= 2100:
        raise Missing()
    with unit_of_work():
        services.set_official(
            calendar_id,
            year,
            official=request.form.get("official") == "1",
            source=_one_line("source")[:200],
        )
    return redirect(url_for("sla.show_calendar", calendar_id=calendar_id, year=year))
