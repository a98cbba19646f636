"""A deadline in the few words a list has room for, in both languages."""

from __future__ import annotations

import pytest

from service_portal.sla.business_time import Limit
from service_portal.sla.words import due, due_brief
from tests.rules.calendars import at, zone_calendar
from tests.spoken import in_both


@pytest.mark.parametrize(
    ("due", "en", "zh"),
    [
        (None, "paused", "已暂停"),
        ("2026-11-24 17:30", "today 17:30 · 5 h left", "今天 17:30 · 剩余 5 小时"),
        ("2026-11-25 09:00", "tomorrow 09:00", "明天 09:00"),
        ("2026-12-01 17:30", "Tue 1 Dec, 17:30", "12月1日 周二 17:30"),
        ("2027-01-04 17:30", "Mon 4 Jan 2027, 17:30", "2027年1月4日 周一 17:30"),
        ("2026-11-24 09:30", "late by 1 h", "超时 1 小时"),
        ("2026-11-18 10:30", "late by 4 working days", "超时 4 个工作日"),
    ],
)
def test_deadline_in_a_few_words(due: str | None, en: str, zh: str) -> None:
    moment = at(due) if due else None
    said = in_both(lambda: due_brief(moment, at("2026-11-24 10:30"), zone_calendar()))
    assert said == (en, zh)


def test_late_without_a_working_minute_is_late() -> None:
    said = in_both(
        lambda: due_brief(at("2026-11-24 17:30"), at("2026-11-24 21:00"), zone_calendar())
    )
    assert said == ("late", "已超时")


@pytest.mark.parametrize("filed", ["2026-11-24 07:49", "2026-11-24 10:30", "2026-11-24 20:00"])
def test_of_a_promise_just_given_the_whole_is_left(filed: str) -> None:
    calendar = zone_calendar()
    promise = calendar.deadline(at(filed), Limit(10, "wd"))
    assert "10 working days left" in due(promise, at(filed), calendar)


def test_what_is_left_of_tomorrow_is_said_in_hours() -> None:
    words = due(at("2026-11-25 17:30"), at("2026-11-24 16:30"), zone_calendar())
    assert words.endswith("8 h of working time left")
