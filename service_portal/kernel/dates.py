"""Days and moments in people's words, in one place for pages, stored sentences and rules. Pure.

The names come from Babel. They are put together here and not by its patterns, which cost ten times
as much: a list of fifty rows says a hundred and fifty moments.
"""

from __future__ import annotations

from datetime import date, datetime

from babel import Locale

_NEAR = {
    -1: ("yesterday", "昨天"),
    0: ("today", "今天"),
    1: ("tomorrow", "明天"),
}


def _names(of: str, locale: str) -> tuple[str, ...]:
    known = getattr(Locale(locale), of)["format"]["abbreviated"]
    return tuple(known[key] for key in sorted(known))


_DAYS_EN, _DAYS_ZH = _names("days", "en"), _names("days", "zh")
_MONTHS_EN = _names("months", "en")


def say_day(value: date, *, zh: bool, this_year: int) -> str:
    """Say a day: “Fri 27 Nov”, with the year when it is another one; “2026年11月27日 周五”."""
    if zh:
        return f"{say_date(value, zh=True)} {_DAYS_ZH[value.weekday()]}"
    year = "" if value.year == this_year else f" {value.year}"
    return f"{_DAYS_EN[value.weekday()]} {value.day} {_MONTHS_EN[value.month - 1]}{year}"


def say_date(value: date, *, zh: bool) -> str:
    """Say a day of whatever year: “27 Nov 2026”, “2026年11月27日”."""
    if zh:
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {_MONTHS_EN[value.month - 1]} {value.year}"


def say_month(value: date, *, zh: bool) -> str:
    """Say a month: “Nov 2026”, “2026年11月”."""
    if zh:
        return f"{value.year}年{value.month}月"
    return f"{_MONTHS_EN[value.month - 1]} {value.year}"


def say_moment(local: datetime, here: datetime, *, zh: bool) -> str:
    """Say a moment as seen from another of the same zone: “today 14:02”, “Fri 27 Nov, 17:30”,
    “2026年11月27日 周五 17:30”.
    """
    clock = f"{local.hour:02}:{local.minute:02}"
    near = _NEAR.get(local.toordinal() - here.toordinal())
    if near:
        return f"{near[zh]} {clock}"
    day = say_day(local, zh=zh, this_year=here.year)
    return f"{day} {clock}" if zh else f"{day}, {clock}"


def say_moment_briefly(local: datetime, here: datetime, *, zh: bool) -> str:
    """Say a moment for a narrow column: “today 14:02”, “23 Nov 16:29”, “11月23日 16:29”; the year
    when it is another one.
    """
    if abs(local.toordinal() - here.toordinal()) <= 1:
        return say_moment(local, here, zh=zh)
    clock, is_this_year = f"{local.hour:02}:{local.minute:02}", local.year == here.year
    if zh:
        year = "" if is_this_year else f"{local.year}年"
        return f"{year}{local.month}月{local.day}日 {clock}"
    year = "" if is_this_year else f" {local.year}"
    return f"{local.day} {_MONTHS_EN[local.month - 1]}{year} {clock}"
