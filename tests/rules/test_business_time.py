"""Working time: the vectors of domain.md 2.4, properties, and oracles that know nothing of the
product's arithmetic.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_portal.sla.business_time import DayRule, Limit, WorkCalendar, check_intervals
from tests.rules.calendars import (
    HOURS,
    SHANGHAI,
    WEEK,
    at,
    calendar_of,
    collected_days,
    shipped_days,
    zone_calendar,
)

VECTORS = [
    ("2026-02-13", 1, "2026-02-14"),
    ("2026-02-13", 3, "2026-02-25"),
    ("2026-09-18", 3, "2026-09-22"),
    ("2026-09-24", 3, "2026-09-30"),
    ("2026-09-30", 3, "2026-10-10"),
    ("2026-04-30", 3, "2026-05-08"),
    ("2025-12-31", 1, "2026-01-04"),
    ("2023-09-28", 3, "2023-10-09"),
]
PER_YEAR = {2023: 249, 2024: 251, 2025: 248, 2026: 248}
MOMENTS = st.integers(
    int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(2026, 12, 1, tzinfo=UTC).timestamp()),
).map(lambda second: datetime.fromtimestamp(second, UTC))
MINUTES = st.integers(min_value=0, max_value=40 * 420)


def is_working(moment: datetime, days: dict[date, bool]) -> bool:
    """Say whether the minute that begins at a moment counts, looked up the slow way."""
    local = moment.astimezone(SHANGHAI)
    works = days.get(local.date(), local.weekday() < 5)
    minute = local.hour * 60 + local.minute
    return works and any(start <= minute < end for start, end in HOURS)


@pytest.mark.parametrize(("start", "days", "due"), VECTORS)
def test_vectors_of_the_paper(start: str, days: int, due: str) -> None:
    known = shipped_days() if start >= "2025" else collected_days()
    end = calendar_of(known).add_working_days(at(f"{start} 10:00"), days).astimezone(SHANGHAI)
    assert f"{end:%Y-%m-%d %H:%M}" == f"{due} 17:30"


@pytest.mark.parametrize(("year", "count"), PER_YEAR.items())
def test_working_days_of_a_year(year: int, count: int) -> None:
    calendar = calendar_of(collected_days())
    assert (
        sum(
            calendar.is_working_day(date(year, 1, 1) + timedelta(days=n))
            for n in range(366)
            if (date(year, 1, 1) + timedelta(days=n)).year == year
        )
        == count
    )


@pytest.mark.parametrize("year", [2025, 2026])
def test_shipped_days_are_those_of_the_collected_notices(year: int) -> None:
    ours, theirs = calendar_of(shipped_days()), calendar_of(collected_days())
    for number in range(365):
        day = date(year, 1, 1) + timedelta(days=number)
        assert ours.is_working_day(day) == theirs.is_working_day(day), day


def test_off_days_agree_with_the_holidays_library() -> None:
    holidays = pytest.importorskip("holidays", reason="the library holidays is not installed")
    known = holidays.country_holidays("CN", years=[2025, 2026])
    for day, works in shipped_days().items():
        if not works and day.weekday() < 5:
            assert day in known, f"{day} is off here, and no holiday there"
    for day in known:
        assert not zone_calendar().is_working_day(day), f"{day} is a holiday there, and works here"


def test_days_agree_with_chinesecalendar() -> None:
    chinese = pytest.importorskip(
        "chinese_calendar", reason="the library chinesecalendar is not installed"
    )
    for number in range(730):
        day = date(2025, 1, 1) + timedelta(days=number)
        assert zone_calendar().is_working_day(day) == chinese.is_workday(day), day


@given(start=MOMENTS, minutes=MINUTES)
def test_adding_and_measuring_are_inverse(start: datetime, minutes: int) -> None:
    calendar = zone_calendar()
    assert calendar.working_between(start, calendar.add_working(start, minutes)) == minutes


@given(start=MOMENTS, one=MINUTES, other=MINUTES)
def test_adding_in_two_steps_is_adding_at_once(start: datetime, one: int, other: int) -> None:
    calendar = zone_calendar()
    assert (
        calendar.add_working(calendar.add_working(start, one), other)
        == calendar.add_working(start, one + other)
        or one + other == 0
    )


@given(start=MOMENTS, one=MINUTES, more=st.integers(1, 5000))
def test_more_time_ends_later(start: datetime, one: int, more: int) -> None:
    calendar = zone_calendar()
    assert calendar.add_working(start, one) < calendar.add_working(start, one + more)


@given(
    start=MOMENTS,
    later=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=20)),
    minutes=st.integers(1, 3000),
)
def test_a_later_start_never_ends_earlier(start: datetime, later: timedelta, minutes: int) -> None:
    calendar = zone_calendar()
    assert calendar.add_working(start, minutes) <= calendar.add_working(start + later, minutes)


@given(start=MOMENTS, minutes=st.integers(1, 10_000))
def test_it_never_ends_outside_of_working_time(start: datetime, minutes: int) -> None:
    end = zone_calendar().add_working(start, minutes)
    assert is_working(end - timedelta(seconds=1), shipped_days())


@given(moments=st.lists(MOMENTS, min_size=3, max_size=3).map(sorted))
def test_measuring_adds_up(moments: list[datetime]) -> None:
    calendar = zone_calendar()
    first, middle, last = (moment.replace(second=0) for moment in moments)
    assert calendar.working_between(first, middle) + calendar.working_between(
        middle, last
    ) == calendar.working_between(first, last)
    assert calendar.working_between(last, first) == 0


@given(start=MOMENTS, length=st.integers(0, 5 * 1440))
def test_measuring_agrees_with_counting_minutes(start: datetime, length: int) -> None:
    start = start.replace(second=0)
    counted = sum(is_working(start + timedelta(minutes=n), shipped_days()) for n in range(length))
    assert zone_calendar().working_between(start, start + timedelta(minutes=length)) == counted


@given(start=MOMENTS, days=st.integers(1, 60))
def test_days_agree_with_walking_the_notices(start: datetime, days: int) -> None:
    known, day, left = shipped_days(), start.astimezone(SHANGHAI).date(), days
    while left:
        day += timedelta(days=1)
        left -= known.get(day, day.weekday() < 5)
    end = zone_calendar().add_working_days(start, days)
    assert end == datetime(day.year, day.month, day.day, 17, 30, tzinfo=SHANGHAI)
    assert zone_calendar().working_days_between(start, end) == days


@given(moment=MOMENTS)
def test_the_next_opening_is_working_time_and_the_first_one(moment: datetime) -> None:
    opening = zone_calendar().next_opening(moment)
    assert opening >= moment and is_working(opening, shipped_days())
    assert zone_calendar().working_between(moment, opening) == 0


def test_edges() -> None:
    calendar = zone_calendar()
    assert calendar.add_working(at("2026-11-24 12:30"), 0) == at("2026-11-24 12:30")
    assert calendar.add_working(at("2026-11-24 11:30"), 30) == at("2026-11-24 12:00"), (
        "the end of the morning, not the begin of the afternoon"
    )
    assert calendar.add_working(at("2026-11-24 11:30"), 31) == at("2026-11-24 14:01")
    assert calendar.add_working_days(at("2026-11-24 23:59"), 0) == at("2026-11-24 17:30"), (
        "day 0 is the day of receipt"
    )
    assert calendar.add_working_days(at("2026-11-28 09:00"), 0) == at("2026-11-30 17:30"), (
        "on a Saturday it is the next working day"
    )
    assert calendar.minutes_per_day == 420


def test_the_day_is_the_zones_not_the_servers() -> None:
    late = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    assert zone_calendar().add_working_days(late, 1) == at("2026-11-25 17:30"), (
        "at 17:00 UTC it is tomorrow in Shanghai"
    )


def test_a_year_without_official_data_is_an_estimate_and_never_an_error() -> None:
    calendar = zone_calendar()
    start = at("2026-11-24 09:00")
    due = calendar.deadline(start, Limit(30, "wd"))
    assert due.astimezone(SHANGHAI).year == 2027 and calendar.is_estimate(start, due)
    assert not calendar.is_estimate(start, at("2026-12-31 17:30"))


@pytest.mark.parametrize(
    ("unit", "due"),
    [
        ("wh", "2026-11-24 15:30"),
        ("wd", "2026-11-26 17:30"),
        ("h", "2026-11-24 11:30"),
        ("d", "2026-11-26 09:30"),
    ],
)
def test_every_unit(unit: str, due: str) -> None:
    amount = 4 if unit == "wh" else 2
    start = at("2026-11-24 09:30")
    assert zone_calendar().deadline(start, Limit(amount, unit)) == at(due)


def test_unknown_units_are_refused() -> None:
    with pytest.raises(ValueError, match="unit"):
        zone_calendar().deadline(at("2026-11-24 09:30"), Limit(1, "weeks"))


@pytest.mark.parametrize(
    "intervals", [[(600, 600)], [(600, 500)], [(0, 1441)], [(-1, 60)], [(480, 720), (700, 900)]]
)
def test_hours_that_make_no_sense_are_refused(intervals: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="interval"):
        check_intervals(intervals)
    with pytest.raises(ValueError, match="interval"):
        WorkCalendar(zone=SHANGHAI, weekly={0: intervals})


def test_a_calendar_without_any_hours_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one weekday"):
        WorkCalendar(zone=SHANGHAI, weekly={})


def test_days_with_hours_of_their_own_and_make_up_days() -> None:
    calendar = WorkCalendar(
        zone=SHANGHAI,
        weekly=WEEK,
        days={
            date(2026, 11, 24): DayRule(True, ((540, 600),)),
            date(2026, 11, 28): DayRule(True),
            date(2026, 11, 25): DayRule(False),
        },
    )
    assert calendar.intervals_on(date(2026, 11, 24)) == ((540, 600),)
    assert calendar.intervals_on(date(2026, 11, 28)) == tuple(HOURS), (
        "a make-up Saturday has the usual hours"
    )
    assert calendar.intervals_on(date(2026, 11, 25)) == ()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Shanghai"])
def test_summer_time_changes_no_count_of_days(zone: str) -> None:
    calendar = WorkCalendar(zone=ZoneInfo(zone), weekly={day: [(0, 1440)] for day in range(7)})
    start = datetime(2026, 3, 1, 12, tzinfo=ZoneInfo(zone))
    end = calendar.add_working_days(start, 40).astimezone(ZoneInfo(zone))
    assert (end.date() - start.date()).days in {40, 41} and (end.hour, end.minute) == (0, 0)
    assert calendar.working_between(start, end) == int(
        (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() // 60
    )
