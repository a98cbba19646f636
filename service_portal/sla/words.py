"""Deadlines and working time as people say them, in the reader's language."""

from __future__ import annotations

from datetime import datetime

from service_portal.kernel.dates import say_weekday
from service_portal.sla.business_time import WorkCalendar
from service_portal.web.formatting import say_moment
from service_portal.web.translations import gettext as _
from service_portal.web.translations import ngettext, pgettext


def moment(at: datetime, now: datetime, calendar: WorkCalendar) -> str:
    """Name a moment: “today 17:30”, “Fri 27 Nov, 17:30”; the year only when it is another one."""
    return say_moment(at.astimezone(calendar.zone), now.astimezone(calendar.zone))


def duration(minutes: int, calendar: WorkCalendar) -> str:
    """Say a length of working time: working days from two days on, hours and minutes below."""
    days = minutes // calendar.minutes_per_day
    if days >= 2:
        return _working_days(days)
    hours, left = divmod(minutes, 60)
    if hours and left:
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=left)
    if hours:
        return _("%(hours)s h", hours=hours)
    return _("%(minutes)s min", minutes=left)


def _working_days(days: int) -> str:
    return ngettext("%(num)d working day", "%(num)d working days", days)


def _left_until(at: datetime, now: datetime, calendar: WorkCalendar) -> tuple[str, bool]:
    """Say how much working time is left until a deadline, and whether it is said in days: as
    promises count them, hours and minutes below two.

    A promise of ten working days begins with the day after; so does what is left of it.
    """
    days = calendar.working_days_between(now, at)
    if days >= 2:
        return _working_days(days), True
    minutes = calendar.working_between(now, at)
    return duration(minutes, calendar), minutes >= 2 * calendar.minutes_per_day


def due(at: datetime | None, now: datetime, calendar: WorkCalendar) -> str:
    """Say when something is due and how much working time is left, or how late it is."""
    return due_both(at, now, calendar)[1]


def due_brief(at: datetime | None, now: datetime, calendar: WorkCalendar) -> str:
    """Say a deadline in a few words for a list: how late, what is left of today, else the day."""
    return due_both(at, now, calendar)[0]


def due_both(at: datetime | None, now: datetime, calendar: WorkCalendar) -> tuple[str, str]:
    """Say a deadline both ways, as `due_brief` and as `due`."""
    if at is None:
        return _("paused"), _("paused, no deadline runs")
    local, here = at.astimezone(calendar.zone), now.astimezone(calendar.zone)
    when = say_moment(local, here)
    if now >= at:
        return _late(calendar.working_between(at, now), when, calendar)
    left, in_days = _left_until(at, now, calendar)
    whole = (
        _("due %(when)s · %(left)s left", when=when, left=left)
        if in_days
        else _("due %(when)s · %(left)s of working time left", when=when, left=left)
    )
    if local.date() == here.date():
        return _("%(when)s · %(left)s left", when=when, left=left), whole
    return say_moment(local, here, say_day=say_weekday), whole


def _late(minutes: int, when: str, calendar: WorkCalendar) -> tuple[str, str]:
    if minutes == 0:
        return pgettext("deadline", "late"), _("late: it was due %(when)s", when=when)
    late = duration(minutes, calendar)
    return (
        _("late by %(long)s", long=late),
        _("late by %(long)s (was due %(when)s)", long=late, when=when),
    )


def promised(
    at: datetime, now: datetime, calendar: WorkCalendar, *, estimated: bool = False
) -> str:
    """Say a promised date to an enterprise, with a note when holidays on the way are not
    official.
    """
    when = moment(at, now, calendar)
    if estimated:
        return _("by %(when)s (the holidays on the way are not official yet)", when=when)
    return _("by %(when)s", when=when)
