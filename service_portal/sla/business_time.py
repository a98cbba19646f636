"""Working time: which minutes of which days count. Pure.

A calendar is a weekly pattern of intervals with dated exceptions: public holidays close a day,
make-up working days open one, and a dated day may have hours of its own. Days are the zone's local
days. A year without official data follows the weekly pattern and is marked as an estimate.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Interval = tuple[int, int]
"""Local minutes of the day, from and to, `0 <= from < to <= 1440`."""

SPAN_DAYS = 400


@dataclass(frozen=True, slots=True)
class Limit:
    """An allowed time.

    Units: `wh` working hours, `wd` working days, `h` hours and `d` days by the wall clock.
    """

    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class DayRule:
    """A dated exception.

    Without `intervals` a working day has the hours of the pattern's first working day.
    """

    working: bool
    intervals: tuple[Interval, ...] = ()


@dataclass
class _Block:
    """Prefix sums over a run of days: the working stretches in UTC seconds, the seconds worked
    before each, and the working days by their ordinals.
    """

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    total: int = 0
    days: list[int] = field(default_factory=list)


class WorkCalendar:
    """Answers questions of working time.

    Everything is computed once for each run of days and then found by bisection.
    """

    def __init__(
        self,
        *,
        zone: ZoneInfo,
        weekly: Mapping[int, Sequence[Interval]],
        days: Mapping[date, DayRule] | None = None,
        official_years: frozenset[int] = frozenset(),
    ) -> None:
        """Take the pattern (0 is Monday), the dated exceptions and the years that have official
        data.

        Raises ValueError when the pattern has no working time at all, or intervals that overlap.
        """
        self.zone = zone
        self.weekly = {weekday: tuple(sorted(weekly.get(weekday, ()))) for weekday in range(7)}
        self.days = dict(days or {})
        self.official_years = official_years
        for intervals in [*self.weekly.values(), *(rule.intervals for rule in self.days.values())]:
            check_intervals(intervals)
        usual = next((intervals for intervals in self.weekly.values() if intervals), None)
        if usual is None:
            raise ValueError("a calendar needs working hours on at least one weekday")
        self.usual = usual
        self._blocks: dict[int, _Block] = {}

    def intervals_on(self, day: date) -> tuple[Interval, ...]:
        """Give the working intervals of a local day, in local minutes; none on a day off."""
        rule = self.days.get(day)
        if rule is None:
            return self.weekly[day.weekday()]
        if not rule.working:
            return ()
        return rule.intervals or self.weekly[day.weekday()] or self.usual

    def is_working_day(self, day: date) -> bool:
        """Say whether any time of the local day counts."""
        return bool(self.intervals_on(day))

    def is_estimate(self, start: datetime, end: datetime) -> bool:
        """Say whether the time between touches a year without official data."""
        first, last = start.astimezone(self.zone).year, end.astimezone(self.zone).year
        return any(year not in self.official_years for year in range(first, last + 1))

    @property
    def minutes_per_day(self) -> int:
        """Give the working minutes of a usual day."""
        return sum(to - from_ for from_, to in self.usual)

    def add_working(self, start: datetime, minutes: int) -> datetime:
        """Give the moment at which `minutes` of working time after `start` are used; for 0 minutes
        that is `start` itself.

        The result lies at the end of the last worked minute, never in a pause: so
        `working_between(start, add_working(start, m)) == m` minutes.
        """
        if minutes <= 0:
            return start
        left = minutes * 60
        at = int(start.timestamp())
        index = self._index(start)
        while True:
            block = self._block(index)
            done = self._worked_before(block, at)
            if block.total - done >= left:
                target = done + left
                i = bisect_right(block.before, target - 1) - 1
                return datetime.fromtimestamp(block.starts[i] + target - block.before[i], UTC)
            left -= block.total - done
            index += 1
            at = self._edge(index)

    def working_between(self, start: datetime, end: datetime) -> int:
        """Give the whole minutes of working time between two moments; 0 when they are in the wrong
        order.
        """
        if end <= start:
            return 0
        first, last = self._index(start), self._index(end)
        total = -self._worked_before(self._block(first), int(start.timestamp()))
        for index in range(first, last):
            total += self._block(index).total
        total += self._worked_before(self._block(last), int(end.timestamp()))
        return total // 60

    def add_working_days(self, start: datetime, days: int) -> datetime:
        """Give the end of the n-th working day after the local day of `start`.

        The day of receipt is day 0, counting begins with the next working day (domain.md 2.4). For
        0 days it is the end of the present working day, or of the next one.
        """
        day = start.astimezone(self.zone).date()
        if days == 0 and self.is_working_day(day):
            return self._end_of(day)
        left, index = max(days, 1), day.toordinal() // SPAN_DAYS
        known = self._block(index).days
        at = bisect_right(known, day.toordinal())
        while len(known) - at < left:
            left -= len(known) - at
            index, at = index + 1, 0
            known = self._block(index).days
        return self._end_of(date.fromordinal(known[at + left - 1]))

    def working_days_between(self, start: datetime, end: datetime) -> int:
        """Count the working days after the local day of `start` up to and with that of `end`."""
        first = start.astimezone(self.zone).date().toordinal()
        last = end.astimezone(self.zone).date().toordinal()
        blocks = [self._block(index) for index in range(first // SPAN_DAYS, last // SPAN_DAYS + 1)]
        counts = [bisect_right(one.days, last) - bisect_right(one.days, first) for one in blocks]
        return max(sum(counts), 0)

    def deadline(self, start: datetime, limit: Limit) -> datetime:
        """Give the moment a limit that starts at `start` is used up.

        Raises ValueError for an unknown unit.
        """
        if limit.unit == "wh":
            return self.add_working(start, limit.amount * 60)
        if limit.unit == "wd":
            return self.add_working_days(start, limit.amount)
        if limit.unit == "h":
            return start + timedelta(hours=limit.amount)
        if limit.unit == "d":
            return start + timedelta(days=limit.amount)
        raise ValueError(f"unknown unit of time: {limit.unit}")

    def next_opening(self, at: datetime) -> datetime:
        """Give `at` if it is working time, else the moment work begins again."""
        moment = self.add_working(at, 1) - timedelta(minutes=1)
        return max(moment, at)

    def _end_of(self, day: date) -> datetime:
        return self._local(day, self.intervals_on(day)[-1][1])

    def _local(self, day: date, minute: int) -> datetime:
        if minute == 1440:
            return datetime.combine(day + timedelta(days=1), time(), self.zone).astimezone(UTC)
        return datetime.combine(day, time(minute // 60, minute % 60), self.zone).astimezone(UTC)

    def _index(self, moment: datetime) -> int:
        return moment.astimezone(self.zone).date().toordinal() // SPAN_DAYS

    def _edge(self, index: int) -> int:
        return int(self._local(date.fromordinal(max(index * SPAN_DAYS, 1)), 0).timestamp())

    def _block(self, index: int) -> _Block:
        block = self._blocks.get(index)
        if block is None:
            block = self._blocks[index] = self._build(index)
        return block

    def _build(self, index: int) -> _Block:
        block = _Block()
        for ordinal in range(max(index * SPAN_DAYS, 1), (index + 1) * SPAN_DAYS):
            day = date.fromordinal(ordinal)
            intervals = self.intervals_on(day)
            if intervals:
                block.days.append(ordinal)
            for from_, to in intervals:
                start, end = (
                    int(self._local(day, from_).timestamp()),
                    int(self._local(day, to).timestamp()),
                )
                if end > start:
                    block.starts.append(start)
                    block.ends.append(end)
                    block.before.append(block.total)
                    block.total += end - start
        return block

    @staticmethod
    def _worked_before(block: _Block, at: int) -> int:
        i = bisect_right(block.starts, at) - 1
        if i < 0:
            return 0
        return block.before[i] + min(at, block.ends[i]) - block.starts[i]


def check_intervals(intervals: Sequence[Interval]) -> None:
    """Raise ValueError, with a sentence, for an interval that is empty, out of the day, or overlaps
    the one before.
    """
    last = 0
    for from_, to in sorted(intervals):
        if not 0 <= from_ < to <= 1440:
            raise ValueError("an interval must end after it starts, within one day")
        if from_ < last:
            raise ValueError("two intervals of a day overlap")
        last = to
