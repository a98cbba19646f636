"""Days, months and times of day as Babel says them. Pure.

Babel takes ten microseconds for each; a list of fifty rows says a hundred and fifty moments, of few
days and at most 1,440 minutes, so each is kept.
"""

from __future__ import annotations

from datetime import date, time
from functools import lru_cache

from babel.dates import format_date, format_time

_DAY = {"en": "EEE d MMM", "zh": "y年M月d日 EEE"}
_WEEKDAY = {"en": "EEE d MMM", "zh": "M月d日 EEE"}
_WEEKDAY_OF_ANOTHER_YEAR = {"en": "EEE d MMM y", "zh": "y年M月d日 EEE"}
_DAY_BRIEFLY = {"en": "d MMM", "zh": "M月d日"}
_DATE = {"en": "d MMM y", "zh": "y年M月d日"}
_MONTH = {"en": "MMM y", "zh": "y年M月"}


@lru_cache(maxsize=4096)
def say_day(value: date, locale: str, this_year: int) -> str:
    """Say a day: “Fri 27 Nov”, with the year when it is another one; “2026年11月27日 周五”."""
    patterns = _DAY if value.year == this_year else _WEEKDAY_OF_ANOTHER_YEAR
    return format_date(value, patterns[locale], locale)


@lru_cache(maxsize=4096)
def say_weekday(value: date, locale: str, this_year: int) -> str:
    """Say a day as short as it can be with its weekday: “Fri 27 Nov”, “11月27日 周五”."""
    patterns = _WEEKDAY if value.year == this_year else _WEEKDAY_OF_ANOTHER_YEAR
    return format_date(value, patterns[locale], locale)


@lru_cache(maxsize=4096)
def say_day_briefly(value: date, locale: str, this_year: int) -> str:
    """Say a day for a narrow column: “23 Nov”, “11月23日”; the year when it is another one."""
    patterns = _DAY_BRIEFLY if value.year == this_year else _DATE
    return format_date(value, patterns[locale], locale)


@lru_cache(maxsize=4096)
def say_date(value: date, locale: str) -> str:
    """Say a day of whatever year: “27 Nov 2026”, “2026年11月27日”."""
    return format_date(value, _DATE[locale], locale)


@lru_cache(maxsize=1024)
def say_month(value: date, locale: str) -> str:
    """Say a month: “Nov 2026”, “2026年11月”."""
    return format_date(value, _MONTH[locale], locale)


@lru_cache(maxsize=1440)
def say_clock(hour: int, minute: int) -> str:
    """Say a time of day, which both languages write alike: “09:05”."""
    return format_time(time(hour, minute), "HH:mm", locale="en")
