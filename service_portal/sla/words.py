"""Time as people say it, in both languages. Pure."""

from __future__ import annotations

from datetime import datetime

from service_portal.kernel.dates import say_moment
from service_portal.kernel.words import Words
from service_portal.sla.business_time import WorkCalendar

UNOFFICIAL = Words("the holidays on the way are not official yet", "期间的节假日安排尚未公布")


def moment(at: datetime, now: datetime, calendar: WorkCalendar) -> Words:
    """Name a moment: “today 17:30”, “Fri 27 Nov, 17:30”; the year only when it is another one."""
    local, here = at.astimezone(calendar.zone), now.astimezone(calendar.zone)
    return Words(say_moment(local, here, zh=False), say_moment(local, here, zh=True))


def duration(minutes: int, calendar: WorkCalendar) -> Words:
    """Say a length of working time: working days from two days on, hours and minutes below."""
    days = minutes // calendar.minutes_per_day
    if days >= 2:
        return Words(f"{days} working days", f"{days} 个工作日")
    hours, left = divmod(minutes, 60)
    if hours and left:
        return Words(f"{hours} h {left} min", f"{hours} 小时 {left} 分钟")
    if hours:
        return Words(f"{hours} h", f"{hours} 小时")
    return Words(f"{left} min", f"{left} 分钟")


def left_until(at: datetime, now: datetime, calendar: WorkCalendar) -> Words:
    """Say how much working time is left until a deadline: days as promises count them, hours and
    minutes below two.

    A promise of ten working days begins with the day after; so does what is left of it.
    """
    days = calendar.working_days_between(now, at)
    if days >= 2:
        return Words(f"{days} working days", f"{days} 个工作日")
    return duration(calendar.working_between(now, at), calendar)


def due(at: datetime | None, now: datetime, calendar: WorkCalendar) -> Words:
    """Say when something is due and how much working time is left, or how late it is."""
    return due_both(at, now, calendar)[1]


def due_brief(at: datetime | None, now: datetime, calendar: WorkCalendar) -> Words:
    """Say a deadline in a few words for a list: how late, what is left of today, else the day."""
    return due_both(at, now, calendar)[0]


def due_both(at: datetime | None, now: datetime, calendar: WorkCalendar) -> tuple[Words, Words]:
    """Say a deadline both ways, as `due_brief` and as `due`."""
    if at is None:
        return Words("paused", "已暂停"), Words("paused, no deadline runs", "已暂停计时")
    when = moment(at, now, calendar)
    if now >= at:
        minutes = calendar.working_between(at, now)
        if minutes == 0:
            return Words("late", "已超时"), Words(
                f"late: it was due {when.en}", f"已超时：应于{when.zh} 前"
            )
        late = duration(minutes, calendar)
        return Words(f"late by {late.en}", f"超时 {late.zh}"), Words(
            f"late by {late.en} (was due {when.en})", f"已超时 {late.zh}（应于{when.zh} 前）"
        )
    left = left_until(at, now, calendar)
    whole = Words(
        f"due {when.en} · {left.en}{'' if 'working' in left.en else ' of working time'} left",
        f"{when.zh} 前 · 剩余{'' if '工作日' in left.zh else '工作时间'} {left.zh}",
    )
    local, here = at.astimezone(calendar.zone), now.astimezone(calendar.zone)
    if local.date() == here.date():
        return Words(f"{when.en} · {left.en} left", f"{when.zh} · 剩余 {left.zh}"), whole
    return (
        Words(
            when.en, when.zh.removeprefix(f"{local.year}年") if local.year == here.year else when.zh
        ),
        whole,
    )


def promised(
    at: datetime, now: datetime, calendar: WorkCalendar, *, estimated: bool = False
) -> Words:
    """Say a promised date to an enterprise, with a note when holidays on the
    way are not official.
    """
    when = moment(at, now, calendar)
    note = Words(f" ({UNOFFICIAL.en})", f"（{UNOFFICIAL.zh}）") if estimated else Words("", "")
    return Words(f"by {when.en}{note.en}", f"{when.zh} 前{note.zh}")
