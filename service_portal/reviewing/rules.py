"""The months of a report. Pure."""

from __future__ import annotations

from datetime import date


def month_of(text: str | None, fallback: date) -> date:
    """Read a month such as 2026-11, or take the fallback; a nonsense month counts as none."""
    try:
        year, month = (int(part) for part in (text or "").split("-")[:2])
        return date(year, month, 1) if 2000 <= year <= 2100 else fallback
    except ValueError:
        return fallback


def months_back(day: date, months: int) -> date:
    """Give the first day of the month so many months before a day."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)
