"""What can be counted by what, and the definitions printed beside the numbers (domain.md 2.6).

Pure.
"""

from __future__ import annotations

from datetime import date

from service_portal.kernel.words import Words

GROUPS: dict[str, Words] = {
    "station": Words("Station", "服务站"),
    "institution": Words("Institution", "服务机构"),
    "category": Words("Category", "类别"),
    "service": Words("Service", "服务"),
    "enterprise": Words("Enterprise", "企业"),
    "park": Words("Park", "园区"),
    "month": Words("Month", "月份"),
}

DEFINITIONS: dict[str, tuple[Words, Words]] = {
    "enterprises": (
        Words("Enterprises served", "服务企业数"),
        Words(
            "Distinct enterprises with at least one countable contact. Never added over months,"
            " stations or parks.",
            "至少有一次有效服务的不同企业数；不可跨月、跨站、跨园区相加。",
        ),
    ),
    "cases": (
        Words("Cases closed", "服务事项"),
        Words(
            "Tickets closed as resolved, partly resolved or answered, less those opened again.",
            "以“已解决、部分解决或已答复”办结的工单，扣除重新打开的。",
        ),
    ),
    "events": (
        Words("Service events", "服务次数"),
        Words(
            "Substantive contacts with evidence, at most one a day for each ticket and provider.",
            "有佐证的实质性服务，每工单、每服务方每日至多计一次。",
        ),
    ),
    "minutes": (
        Words("Time (hours:minutes)", "服务时长（小时:分钟）"),
        Words(
            "Contact time of these events, to the minute; preparation and travel are not in it.",
            "上述服务的接触时长，精确到分钟，不含准备与路途。",
        ),
    ),
}

# Why the product takes a line back by itself; a person writes a reason of their own.
CORRECTION_REASONS: dict[str, Words] = {
    "reopened": Words("opened again", "重新打开"),
    "not_solved": Words("the enterprise says it is not solved", "企业反馈未解决"),
}


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
