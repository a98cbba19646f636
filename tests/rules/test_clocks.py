"""The ladders of the clocks (domain.md 2.2, rule 6), pausing, lights, and time in words."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_portal.sla.business_time import Limit
from service_portal.sla.rules import (
    LADDER_VERSION,
    LADDERS,
    LIGHTS,
    SUPERVISION,
    Ladder,
    counted_from,
    ladder_of,
    next_rung,
    plan_clock,
    resumed_due,
    rung_at,
    rungs_due,
)
from service_portal.sla.words import due, duration, moment, promised
from tests.rules.calendars import at, zone_calendar
from tests.rules.test_business_time import MOMENTS
from tests.spoken import in_both

LIMITS = st.builds(Limit, st.integers(1, 30), st.sampled_from(["wh", "wd"]))
TUESDAY = at("2026-11-24 09:00")
LADDER = LADDERS[LADDER_VERSION]
RUNGS = LADDER.rungs


def test_a_resolve_promise_of_ten_working_days() -> None:
    calendar = zone_calendar()
    plan = plan_clock("resolve", Limit(10, "wd"), TUESDAY, calendar)
    assert (
        plan.due_at == at("2026-12-08 17:30") and plan.next_rung == "yellow" and not plan.estimated
    )
    rungs = {
        name: rung_at(name, TUESDAY, plan.due_at, calendar, LADDER) for name in RUNGS["resolve"]
    }
    assert rungs["red"] == plan.due_at
    assert [rungs[level] for level in ("level1", "level2", "level3")] == [
        at("2026-12-09 17:30"),
        at("2026-12-11 17:30"),
        at("2026-12-15 17:30"),
    ]
    whole = calendar.working_between(TUESDAY, plan.due_at)
    assert calendar.working_between(TUESDAY, rungs["yellow"]) == whole * 4 // 5


def test_an_accept_promise_reminds_at_half_of_the_time() -> None:
    calendar = zone_calendar()
    plan = plan_clock("accept", Limit(8, "wh"), TUESDAY, calendar)
    assert plan.due_at == at("2026-11-25 10:00") and (plan.next_rung, plan.next_alarm_at) == (
        "remind",
        at("2026-11-24 15:00"),
    )


def test_supervision_climbs_after_one_three_and_five_working_days() -> None:
    assert LADDER.levels == {"level1": 1, "level2": 3, "level3": 5}
    assert SUPERVISION == {"level1": 1, "level2": 2, "level3": 3}
    assert RUNGS["accept"] == ("remind", "yellow", "red", "level1", "level2", "level3")
    assert RUNGS["offer"] == ("remind",), (
        "an unanswered offer passes on by itself, nobody is supervised"
    )


def test_an_old_clock_climbs_the_ladder_it_started_on(monkeypatch: pytest.MonkeyPatch) -> None:
    calendar, limit = zone_calendar(), Limit(10, "wd")
    due = plan_clock("resolve", limit, TUESDAY, calendar).due_at
    before = next_rung("resolve", TUESDAY, due, None, calendar, ladder_of(1))
    later = Ladder({**RUNGS, "resolve": ("red",)}, {}, {"level1": 9})
    monkeypatch.setitem(LADDERS, 2, later)
    assert next_rung("resolve", TUESDAY, due, None, calendar, ladder_of(1)) == before
    assert next_rung("resolve", TUESDAY, due, None, calendar, ladder_of(2)) == ("red", due)


def test_a_ladder_of_a_later_release_is_the_newest_known() -> None:
    assert ladder_of(LADDER_VERSION + 1) is LADDER


@given(kind=st.sampled_from(sorted(RUNGS)), start=MOMENTS, limit=LIMITS)
def test_a_ladder_is_climbed_once_in_order_to_its_top(
    kind: str, start: datetime, limit: Limit
) -> None:
    calendar = zone_calendar()
    plan = plan_clock(kind, limit, start, calendar)
    last, moments = None, []
    while (step := next_rung(kind, start, plan.due_at, last, calendar, LADDER)) is not None:
        last = step[0]
        moments.append(step[1])
    assert last == RUNGS[kind][-1] and len(moments) == len(RUNGS[kind])
    assert moments == sorted(moments) and all(moment >= start for moment in moments)
    assert (plan.next_rung, plan.next_alarm_at) == (RUNGS[kind][0], moments[0])


@given(
    kind=st.sampled_from(sorted(RUNGS)),
    start=MOMENTS,
    limit=LIMITS,
    waited=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=60)),
)
def test_a_sweep_that_slept_finds_all_that_was_reached_and_nothing_early(
    kind: str, start: datetime, limit: Limit, waited: timedelta
) -> None:
    calendar = zone_calendar()
    plan = plan_clock(kind, limit, start, calendar)
    assert plan.next_rung is not None
    now = start + waited
    reached, following = rungs_due(kind, start, plan.due_at, plan.next_rung, now, calendar, LADDER)
    assert all(moment <= now for _, moment in reached) and (following is None or following[1] > now)
    names = [name for name, _ in reached] + ([following[0]] if following else [])
    assert names == list(RUNGS[kind])[: len(names)] and (
        following is not None or len(names) == len(RUNGS[kind])
    )


@given(
    start=MOMENTS,
    limit=LIMITS,
    paused=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=40)),
    length=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=40)),
)
def test_a_pause_costs_nothing_and_gives_nothing(
    start: datetime, limit: Limit, paused: timedelta, length: timedelta
) -> None:
    calendar = zone_calendar()
    end = plan_clock("resolve", limit, start, calendar).due_at
    stopped, resumed = (
        moment.replace(second=0, microsecond=0)
        for moment in (start + paused, start + paused + length)
    )
    new = resumed_due(end, stopped, resumed, calendar, calendar)
    if calendar.working_between(stopped, end) > 0:
        assert calendar.working_between(resumed, new) == calendar.working_between(stopped, end)
    assert new >= end
    assert resumed_due(end, stopped, stopped, calendar, calendar) == end
    if stopped >= end:
        assert new == end, "what was late stays late"


def light(start: datetime, due: datetime, now: datetime) -> int:
    """Give the light a promise has shown by a moment: that of the last rung it reached."""
    reached, _ = rungs_due("resolve", start, due, RUNGS["resolve"][0], now, zone_calendar(), LADDER)
    return max((LIGHTS.get(rung, 0) for rung, _ in reached), default=0)


def test_a_long_pause_turns_nothing_yellow() -> None:
    """Ten working days, paused on the first for eight weeks: eight days of work lie between the
    resumption and the yellow light.
    """
    calendar, limit = zone_calendar(), Limit(10, "wd")
    end = plan_clock("resolve", limit, TUESDAY, calendar).due_at
    stopped, resumed = at("2026-11-24 16:00"), at("2027-01-19 16:00")
    new = resumed_due(end, stopped, resumed, calendar, calendar)
    yellow = next_rung(
        "resolve", counted_from(TUESDAY, limit, new, calendar), new, None, calendar, LADDER
    )
    assert yellow == ("yellow", at("2027-01-29 16:12"))
    assert light(counted_from(TUESDAY, limit, new, calendar), new, resumed) == 0


@given(
    start=MOMENTS,
    limit=st.builds(Limit, st.integers(1, 30), st.sampled_from(["wh", "wd", "h", "d"])),
    paused=st.integers(0, 40 * 1440),
    lengths=st.lists(st.integers(0, 40 * 1440), min_size=1, max_size=3),
)
def test_a_pause_moves_every_rung_by_what_it_took(
    start: datetime, limit: Limit, paused: int, lengths: list[int]
) -> None:
    calendar = zone_calendar()
    start = start.replace(second=0)
    due = plan_clock("resolve", limit, start, calendar).due_at
    assert counted_from(start, limit, due, calendar) == start, (
        "without a pause a clock counts from its start"
    )
    stopped = start + timedelta(minutes=paused)
    for length in lengths:
        resumed = stopped + timedelta(minutes=length)
        before = rung_at("yellow", counted_from(start, limit, due, calendar), due, calendar, LADDER)
        new = resumed_due(due, stopped, resumed, calendar, calendar)
        after = rung_at("yellow", counted_from(start, limit, new, calendar), new, calendar, LADDER)
        left = calendar.working_between(stopped, before)
        if left > 0:
            assert after > resumed and calendar.working_between(resumed, after) == left, (
                "what was left until the light is left again"
            )
        due, stopped = new, resumed + timedelta(minutes=30)


@given(start=MOMENTS, limit=LIMITS)
def test_the_light_turns_yellow_then_red_and_never_back(start: datetime, limit: Limit) -> None:
    calendar = zone_calendar()
    end = plan_clock("resolve", limit, start, calendar).due_at
    lights = [light(start, end, start + (end - start) * part / 20) for part in range(25)]
    assert lights == sorted(lights) and lights[-1] == 2
    assert light(start, end, end) == 2 and light(start, end, end - timedelta(seconds=1)) < 2


@pytest.mark.parametrize(
    ("when", "en", "zh"),
    [
        ("2026-11-24 17:30", "today 17:30", "今天 17:30"),
        ("2026-11-25 09:05", "tomorrow 09:05", "明天 09:05"),
        ("2026-11-23 09:05", "yesterday 09:05", "昨天 09:05"),
        ("2026-11-27 17:30", "Fri 27 Nov, 17:30", "2026年11月27日 周五 17:30"),
        ("2027-01-04 17:30", "Mon 4 Jan 2027, 17:30", "2027年1月4日 周一 17:30"),
    ],
)
def test_moments_in_words(when: str, en: str, zh: str) -> None:
    assert in_both(lambda: moment(at(when), TUESDAY, zone_calendar())) == (en, zh)


@pytest.mark.parametrize(
    ("minutes", "en", "zh"),
    [
        (0, "0 min", "0 分钟"),
        (59, "59 min", "59 分钟"),
        (60, "1 h", "1 小时"),
        (90, "1 h 30 min", "1 小时 30 分钟"),
        (840, "2 working days", "2 个工作日"),
    ],
)
def test_durations_in_words(minutes: int, en: str, zh: str) -> None:
    assert in_both(lambda: duration(minutes, zone_calendar())) == (en, zh)


def test_deadlines_in_words() -> None:
    calendar = zone_calendar()
    left_en, left_zh = in_both(lambda: due(at("2026-11-24 17:30"), TUESDAY, calendar))
    assert "left" in left_en and "剩余" in left_zh
    assert due(at("2026-11-23 17:00"), TUESDAY, calendar).startswith("late by 1 h ("), (
        "half an hour yesterday, half an hour today"
    )
    assert in_both(lambda: due(None, TUESDAY, calendar))[1] == "已暂停计时"


def test_a_promise_over_holidays_not_yet_official_says_so() -> None:
    calendar = zone_calendar()
    en, zh = in_both(lambda: promised(at("2027-01-04 17:30"), TUESDAY, calendar, estimated=True))
    assert "not official" in en and "尚未公布" in zh
