"""Computes a score from facts, and says of each point where it comes from. Pure.

The same facts, peers and scheme give the same score, to the last digit, on any machine.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from service_portal.facts.expressions import EXACT, Facts, Missing, Undefined, Value, total_of
from service_portal.scoring.normalising import Percentile, Rising, Step
from service_portal.scoring.schemes import Condition, Indicator, Scheme, Way

PeerValues = Mapping[tuple[str, int, str], tuple[Decimal, ...]]
"""Sorted values of a group: by indicator, number of its way, and the group's code."""

NOTHING = Step(Decimal(0))
HUNDREDTH = Decimal("0.01")


def rounded(points: Decimal) -> Decimal:
    """Give points in hundredths, so that what a page shows adds up to what it says."""
    return points.quantize(HUNDREDTH, ROUND_HALF_UP, EXACT)


@dataclass(frozen=True, slots=True)
class Earned:
    """One indicator of a score.

    `missing` names the facts that its ways lack, `undefined` what would be divided by zero; a value
    that is None earns nothing, and is never taken for zero in silence.
    """

    indicator: str
    category: str
    way: int | None
    value: Value | None
    step: Step
    weight: Decimal
    points: Decimal
    missing: tuple[tuple[str, int], ...] = ()
    undefined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Met:
    """A condition: it holds, it does not, or (None) facts are missing."""

    code: str
    holds: bool | None
    missing: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """What an enterprise has in a scheme. `passes` is None where the scheme has no pass mark, or
    where a hard condition can't be told for missing facts.
    """

    scheme: str
    stage: str | None
    total: Decimal
    by_category: Mapping[str, Decimal]
    earned: tuple[Earned, ...]
    hard: tuple[Met, ...]
    alternatives: tuple[Met, ...]
    passes: bool | None
    by: str | None = None
    missing: tuple[tuple[str, int], ...] = ()


def score(
    scheme: Scheme, facts: Facts, *, industry: str = "", peers: PeerValues | None = None
) -> Score:
    """Score one enterprise. Percentiles are among `peers`; without them one is alone."""
    stage, lacking = stage_of(scheme, facts)
    earned = tuple(
        earn(one, facts, stage=stage, industry=industry, peers=peers or {})
        for one in scheme.indicators
    )
    by_category = dict(_by_category(scheme, earned))
    total = total_of(by_category.values())
    hard = tuple(_met(one, facts) for one in scheme.hard)
    alternatives = tuple(_met(one, facts) for one in scheme.alternatives)
    passes, by = _passes(scheme, total, by_category, earned, hard, alternatives)
    missing = {name for one in earned for name in one.missing}
    missing |= {name for one in (*hard, *alternatives) for name in one.missing} | set(lacking)
    return Score(
        scheme.code,
        stage,
        total,
        by_category,
        earned,
        hard,
        alternatives,
        passes,
        by,
        tuple(sorted(missing)),
    )


def stage_of(scheme: Scheme, facts: Facts) -> tuple[str | None, tuple[tuple[str, int], ...]]:
    """Give the first stage whose condition holds, or None and the facts that it hangs on."""
    for one in scheme.stages:
        try:
            if one.condition.holds(facts):
                return one.code, ()
        except Missing as error:
            return None, error.codes
        except Undefined:
            continue
    return None, ()


def earn(
    indicator: Indicator, facts: Facts, *, stage: str | None, industry: str, peers: PeerValues
) -> Earned:
    """Give what an indicator earns: of its ways, the best that can be computed, the first of two
    that are alike.
    """
    weight = indicator.weight(stage or "")
    best: tuple[Decimal, int, Value, Step] | None = None
    missing: list[tuple[str, int]] = []
    undefined: list[str] = []
    for n, way in enumerate(indicator.ways):
        try:
            value = way.formula.value(facts)
        except Missing as error:
            missing += error.codes
            continue
        except Undefined as error:
            undefined += map(str, error.args)
            continue
        group = _group(way, stage, industry)
        step = way.points.step(value, peers.get((indicator.code, n, group), ()))
        points = rounded(EXACT.multiply(step.points, weight))
        points = min(points, indicator.cap) if indicator.cap is not None else points
        if best is None or points > best[0]:
            best = points, n, value, step
    lacking = tuple(dict.fromkeys(missing))
    if best is None:
        return Earned(
            indicator.code,
            indicator.category,
            None,
            None,
            NOTHING,
            weight,
            Decimal(0),
            lacking,
            tuple(undefined),
        )
    points, number, value, step = best
    return Earned(
        indicator.code,
        indicator.category,
        number,
        value,
        step,
        weight,
        points,
        lacking,
        tuple(undefined),
    )


def _group(way: Way, stage: str | None, industry: str) -> str:
    if isinstance(way.points, Percentile) and way.points.group == "industry":
        return industry
    return stage or ""


def _by_category(scheme: Scheme, earned: tuple[Earned, ...]) -> Iterator[tuple[str, Decimal]]:
    for category in scheme.categories:
        points = total_of(one.points for one in earned if one.category == category.code)
        yield category.code, points if category.most is None else min(points, category.most)


def _met(one: Condition, facts: Facts) -> Met:
    try:
        return Met(one.code, one.condition.holds(facts))
    except Missing as error:
        return Met(one.code, None, error.codes)
    except Undefined:
        return Met(one.code, False)


def _passes(
    scheme: Scheme,
    total: Decimal,
    by_category: Mapping[str, Decimal],
    earned: tuple[Earned, ...],
    hard: tuple[Met, ...],
    alternatives: tuple[Met, ...],
) -> tuple[bool | None, str | None]:
    """Say whether the scheme is passed, and by which alternative; None where it can't be told."""
    if scheme.pass_mark is None:
        return None, None
    points = {one.indicator: one.points for one in earned}
    enough = (
        total >= scheme.pass_mark
        and all(points[code] > 0 for code in scheme.needed)
        and all(
            by_category[one.code] >= one.least for one in scheme.categories if one.least is not None
        )
    )
    by = next((one.code for one in alternatives if one.holds), None)
    if any(one.holds is False for one in hard):
        return False, None
    if not enough and by is None:
        return False, None
    if any(one.holds is None for one in hard):
        return None, None
    return True, None if enough else by


@dataclass(frozen=True, slots=True)
class Help:
    """A next step: how much more (or less) of which fact would reach it, and what it would add."""

    indicator: str
    fact: str
    amount: Decimal
    gain: Decimal


def what_would_help(scheme: Scheme, made: Score, facts: Facts) -> list[Help]:
    """List the next steps that one fact alone would reach, the cheapest first: those that need the
    smallest change of what is there for a point.

    Only for formulas of one fact, of a part of a whole and of growth: what to do about others is
    not ours to say.
    """
    ways = {(one.code, n): way for one in scheme.indicators for n, way in enumerate(one.ways)}
    caps = {one.code: one.cap for one in scheme.indicators}
    found = []
    for one in made.earned:
        way = ways.get((one.indicator, one.way)) if one.way is not None else None
        if way is None or one.step.next_bound is None or one.step.next_points is None:
            continue
        needed = _needed(way, one.step.next_bound, facts)
        if needed is None:
            continue
        reached, cap = (
            rounded(EXACT.multiply(one.step.next_points, one.weight)),
            caps[one.indicator],
        )
        gain = (reached if cap is None else min(reached, cap)) - one.points
        gain = min(gain, _room(scheme, made, one.category))
        if gain > 0:
            found.append((needed[2], Help(one.indicator, needed[0], needed[1], gain)))
    return [one for _change, one in sorted(found, key=_dearness)]


def _dearness(found: tuple[Decimal, Help]) -> tuple[Decimal, Decimal]:
    """Order by how much of what is there must change for a point, then by what it adds."""
    change, one = found
    return EXACT.divide(change, one.gain), -one.gain


def _room(scheme: Scheme, made: Score, category: str) -> Decimal:
    """Give how many more points of a category would count."""
    for one in scheme.categories:
        if one.code == category and one.most is not None:
            return max(one.most - made.by_category[category], Decimal(0))
    return Decimal("Infinity")


def _needed(way: Way, bound: Decimal, facts: Facts) -> tuple[str, Decimal, Decimal] | None:
    """Give a fact, how much more of it reaches the bound, and that as a part of what is there."""
    match way.formula.tree:
        case ast.Name(id=name):
            target = bound
        case ast.BinOp(left=ast.Name(id=name), op=ast.Div(), right=ast.Name(id=whole)):
            target = EXACT.multiply(bound, _fact(facts, whole))
        case ast.Call(func=ast.Name(id="share"), args=[ast.Name(id=name), ast.Name(id=whole)]):
            target = EXACT.multiply(bound, _fact(facts, whole))
        case ast.Call(func=ast.Name(id="growth"), args=[ast.Name(id=name)]):
            before = _fact(facts, name, 1)
            target = before + EXACT.multiply(bound, abs(before))
        case _:
            return None
    present = _fact(facts, name)
    amount = target - present
    if isinstance(way.points, Rising) and amount <= 0:
        return None
    return name, amount, EXACT.divide(abs(amount), max(abs(present), Decimal(1)))


def _fact(facts: Facts, name: str, years: int = 0) -> Decimal:
    value = facts[name, years]
    assert isinstance(value, Decimal)
    return value
