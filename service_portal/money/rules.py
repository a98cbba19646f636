"""What may be booked on a line, and what the entries of some lines add up to. Pure.

Amounts are fen. A line is valid from the day it was approved to the day before it ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service_portal.kernel.reasons import Reason
from service_portal.money.codes import MoneyKind


@dataclass(frozen=True, slots=True)
class Terms:
    """What a line allows: from its first day to the last before `ends_on`."""

    opened_on: date
    ends_on: date
    revolving: bool


@dataclass(frozen=True, slots=True)
class Movement:
    """What an entry does to a line on a day."""

    day: date
    kind: MoneyKind
    amount: int


def trouble(terms: Terms, movements: Iterable[Movement]) -> Reason | None:
    """Say what is wrong with all that happened on a line, at the end of each of its days.

    Nothing is paid out before a line begins, after it ends or above it; nothing is repaid above
    what is outstanding.
    """
    days: dict[date, dict[MoneyKind, int]] = defaultdict(lambda: defaultdict(int))
    for one in movements:
        days[one.day][one.kind] += one.amount
    line = drawn = repaid = 0
    for day in sorted(days):
        of = days[day]
        line += of[MoneyKind.APPROVED] + of[MoneyKind.CHANGED]
        drawn += of[MoneyKind.DRAWN]
        repaid += of[MoneyKind.REPAID]
        if of[MoneyKind.DRAWN] and day < terms.opened_on:
            return Reason("before_line", {"day": day, "from": terms.opened_on})
        if of[MoneyKind.DRAWN] and day >= terms.ends_on:
            return Reason("after_line", {"day": day, "until": terms.ends_on - timedelta(days=1)})
        if repaid > drawn:
            most = of[MoneyKind.REPAID] - (repaid - drawn)
            return Reason("above_outstanding", {"day": day, "most": most})
        over = (drawn - repaid if terms.revolving else drawn) - line
        if over > 0:
            most = of[MoneyKind.DRAWN] - over
            code = "line_below_use" if of[MoneyKind.CHANGED] < 0 or most < 0 else "above_line"
            return Reason(code, {"day": day, "most": most, "line": line, "used": line + over})
    return None


@dataclass(frozen=True, slots=True)
class Booked:
    """What a sum needs to know of an entry."""

    seq: int
    day: date
    booked_on: date
    kind: MoneyKind
    amount: int
    line_id: int | None = None
    revolving: bool | None = None
    valid_until: date | None = None
    reverses: int | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """The five sums and what belongs to them, in fen; the first three are numbers of things."""

    applications: int = 0
    approvals: int = 0
    refusals: int = 0
    applied: int = 0
    refused: int = 0
    granted: int = 0
    lines: int = 0
    used: int = 0
    drawn: int = 0
    repaid: int = 0
    overdue: int = 0
    non_performing: int = 0

    @property
    def outstanding(self) -> int:
        """Give what is owed."""
        return self.drawn - self.repaid

    @property
    def unused(self) -> int:
        """Give what could still be drawn of the lines that are valid."""
        return self.lines - self.used


def add_up(entries: Sequence[Booked], *, as_of: date, known_at: date) -> Sums:
    """Add up what some entries say of everything up to a day, as far as it was booked by another.

    Reads the entries one by one; over a whole zone the sums that the database keeps are faster.
    """
    known = [one for one in entries if one.booked_on <= known_at]
    happened = [one for one in known if one.day <= as_of]

    def amount(kind: MoneyKind) -> int:
        return sum(one.amount for one in happened if one.kind == kind)

    def number(kind: MoneyKind) -> int:
        return sum(-1 if one.reverses else 1 for one in happened if one.kind == kind)

    lines = used = 0
    by_line: dict[int, list[Booked]] = defaultdict(list)
    for one in known:
        if one.line_id is not None:
            by_line[one.line_id].append(one)
    for of in by_line.values():
        if as_of < end_of(of):
            lines += sum(_lined(one) for one in of if one.day <= as_of)
            used += sum(_used(one) for one in of if one.day <= as_of)
    return Sums(
        applications=number(MoneyKind.APPLIED),
        approvals=number(MoneyKind.APPROVED),
        refusals=number(MoneyKind.REFUSED),
        applied=amount(MoneyKind.APPLIED),
        refused=amount(MoneyKind.REFUSED),
        granted=sum(_lined(one) for one in happened),
        lines=lines,
        used=used,
        drawn=amount(MoneyKind.DRAWN),
        repaid=amount(MoneyKind.REPAID),
        overdue=amount(MoneyKind.OVERDUE),
        non_performing=amount(MoneyKind.NON_PERFORMING),
    )


def end_of(entries: Sequence[Booked]) -> date:
    """Give the first day on which a line is no longer valid, as its entries say."""
    taken_back = {one.reverses for one in entries if one.reverses}
    standing = [one for one in entries if one.reverses is None and one.seq not in taken_back]
    terms = [one for one in standing if one.valid_until is not None]
    ends = [max(terms, key=lambda one: one.seq).valid_until] if terms else []
    cancelled = [one.day for one in standing if one.kind == MoneyKind.CANCELLED]
    return min([end + timedelta(days=1) for end in ends if end] + cancelled, default=date.min)


def _lined(one: Booked) -> int:
    return one.amount if one.kind in {MoneyKind.APPROVED, MoneyKind.CHANGED} else 0


def _used(one: Booked) -> int:
    if one.kind == MoneyKind.DRAWN:
        return one.amount
    return -one.amount if one.kind == MoneyKind.REPAID and one.revolving else 0
