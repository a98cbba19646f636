"""Expressions, points and scores in general: what the language lets in, what is exact, and what a
better value may never do.
"""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_portal.facts.expressions import Malformed, Missing, Undefined, parse, total_of
from service_portal.scoring import schemes
from service_portal.scoring.normalising import Falling, Linear, Percentile, Rising, Tier
from service_portal.scoring.rules import score, what_would_help
from service_portal.scoring.scheme_reading import Unusable, read

DATA = Path(schemes.__file__).parent / "data"
NUMBERS = st.integers(-(10**9), 10**9)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "a.b",
        "a[0]",
        "[1, 2]",
        "lambda: 1",
        "a if b else c",
        "1 < a < 3",
        "a ** b",
        "a // b",
        "a % b",
        "f'{a}'",
        "growth(1, 2)",
        "min(a)",
        "open('x')",
        "max(*a)",
        "max(a, b=1)",
        "(x := 1)",
        "a in b",
        "a in (b, c)",
        "a is b",
        "~a",
        "None",
        "b'x'",
        "",
        "a b",
        "a +",
        "-" * 45 + "a",
        "a + " * 200 + "a",
    ],
)
def test_the_language_is_closed(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


@given(one=NUMBERS, two=NUMBERS, three=NUMBERS)
def test_arithmetic_is_exact(one: int, two: int, three: int) -> None:
    facts = {("a", 0): Decimal(one), ("b", 0): Decimal(two), ("c", 0): Decimal(three)}
    assert parse("(a + b) * c - a").number(facts) == (one + two) * three - one
    assert parse("0.1 * a + 0.2 * a").number(facts) == Decimal(3 * one) / 10


@given(part=NUMBERS, whole=NUMBERS)
def test_a_part_of_a_whole_is_right_to_forty_digits_or_undefined(part: int, whole: int) -> None:
    facts = {("a", 0): Decimal(part), ("b", 0): Decimal(whole)}
    for text in ("a / b", "share(a, b)"):
        if whole == 0:
            with pytest.raises(Undefined):
                parse(text).value(facts)
        else:
            off = Fraction(parse(text).number(facts)) - Fraction(part, whole)
            assert abs(off) <= Fraction(1, 10**40)


def test_every_missing_fact_is_named_with_its_year() -> None:
    with pytest.raises(Missing) as missing:
        parse("growth(revenue) + max(rd, last(staff))").value({("rd", 0): Decimal(1)})
    assert missing.value.codes == (("revenue", 0), ("revenue", 1), ("staff", 1))


@given(
    bounds=st.lists(NUMBERS, min_size=1, max_size=8, unique=True).map(sorted),
    value=NUMBERS,
    more=st.integers(0, 10**6),
)
def test_a_better_value_never_gives_fewer_points(bounds: list[int], value: int, more: int) -> None:
    rising = Rising(tuple(Tier(Decimal(b), Decimal(n + 1)) for n, b in enumerate(bounds)))
    falling = Falling(tuple(Tier(Decimal(b), Decimal(9 - n)) for n, b in enumerate(bounds)))
    one, other = Decimal(value), Decimal(value + more)
    assert rising.step(one).points <= rising.step(other).points
    assert falling.step(one).points >= falling.step(other).points


@given(bounds=st.lists(NUMBERS, min_size=1, max_size=8, unique=True).map(sorted), value=NUMBERS)
def test_the_next_bound_gives_what_is_promised(bounds: list[int], value: int) -> None:
    for tiers in (
        Rising(tuple(Tier(Decimal(b), Decimal(n + 1)) for n, b in enumerate(bounds))),
        Falling(tuple(Tier(Decimal(b), Decimal(9 - n)) for n, b in enumerate(bounds))),
    ):
        step = tiers.step(Decimal(value))
        if step.next_bound is not None:
            assert tiers.step(step.next_bound).points == step.next_points


@given(value=NUMBERS)
def test_a_line_stays_between_its_ends(value: int) -> None:
    line = Linear(Tier(Decimal(-1000), Decimal(5)), Tier(Decimal(1000), Decimal(25)))
    points = line.step(Decimal(value)).points
    inside = max(-1000, min(1000, value))
    assert points == Decimal(15) + Decimal(inside) / 100


@given(values=st.lists(st.integers(0, 20), min_size=1, max_size=30))
def test_places_among_peers_lie_evenly_around_the_middle(values: list[int]) -> None:
    peers = sorted(map(Decimal, values))
    points = [Percentile(Decimal(10)).step(one, peers).points for one in peers]
    assert points == sorted(points) and all(0 <= one <= 10 for one in points)
    off = Fraction(total_of(points)) - 5 * len(points)
    assert abs(off) < Fraction(1, 10**30)


FACTS: dict[str, Any] = {
    "staff": 100,
    "st_staff": 12,
    "revenue": 3_000_000_000,
    "total_costs": 2_500_000_000,
    "rd_expense": 70_000_000,
    "assets": 5_000_000_000,
    "ip_class_1": 0,
    "ip_class_2": 1,
    "resident": True,
    "prohibited_class": False,
    "serious_incident": False,
    "high_tech_certificate": False,
    "national_award_5y": False,
    "provincial_rd_institution": False,
    "led_standard_5y": False,
}


def facts_of(**given_facts: Any) -> dict[tuple[str, int], Any]:
    said = {**FACTS, **given_facts}
    facts = {
        (code, 0): value if isinstance(value, bool) else Decimal(value)
        for code, value in said.items()
    }
    return {**facts, ("serious_incident", 1): False}


@given(
    better=st.sampled_from(["st_staff", "rd_expense", "ip_class_1", "ip_class_2"]),
    before=st.integers(0, 100_000_000),
    more=st.integers(0, 100_000_000),
)
def test_a_better_fact_never_lowers_a_score(better: str, before: int, more: int) -> None:
    scheme = read(json.loads((DATA / "sme_evaluation_2017.json").read_text(encoding="utf-8")))
    one = score(scheme, facts_of(**{better: before}))
    other = score(scheme, facts_of(**{better: before + more}))
    assert one.total <= other.total


def test_what_would_help_adds_what_it_promises() -> None:
    scheme = read(json.loads((DATA / "sme_evaluation_2017.json").read_text(encoding="utf-8")))
    facts = facts_of()
    made = score(scheme, facts)
    helps = what_would_help(scheme, made, facts)
    # The cheapest first: how much of what is there must change for a point.
    assert [one.fact for one in helps] == ["rd_expense", "st_staff", "ip_class_2"]
    for one in helps:
        improved = {**facts, (one.fact, 0): facts[one.fact, 0] + one.amount}
        assert score(scheme, improved).total == made.total + one.gain


def fault_of(change: dict[str, Any]) -> list[str]:
    raw = json.loads((DATA / "sme_evaluation_2017.json").read_text(encoding="utf-8"))
    raw["indicators"][0] = {**raw["indicators"][0], **change}
    with pytest.raises(Unusable) as unusable:
        read(raw)
    return [fault.place for fault in unusable.value.faults]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (
            {"points": {"kind": "rising", "tiers": [["0.1", 4], ["0.1", 8]]}},
            "indicators.0.ways.0.points.tiers.1",
        ),
        (
            {"points": {"kind": "rising", "tiers": [["0.2", 4], ["0.1", 8]]}},
            "indicators.0.ways.0.points.tiers.1",
        ),
        (
            {"points": {"kind": "rising", "tiers": [["0.1", 8], ["0.2", 4]]}},
            "indicators.0.ways.0.points.tiers",
        ),
        ({"points": {"kind": "rising", "tiers": []}}, "indicators.0.ways.0.points"),
        (
            {"points": {"kind": "linear", "low": [1, 0], "high": [1, 9]}},
            "indicators.0.ways.0.points",
        ),
        ({"points": {"kind": "wish"}}, "indicators.0.ways.0.points"),
        ({"formula": "st_staff **2"}, "indicators.0.ways.0.formula"),
        ({"category": "unknown"}, "indicators.0.category"),
        ({"weights": {"unknown": 1}}, "indicators.0.weights.unknown"),
        ({"weights": {"all": "much"}}, "indicators.0.weights.all"),
        ({"name": {"en": "Staff"}}, "indicators.0.name"),
        ({"code": "rd_spending"}, "indicators.1.code"),
    ],
)
def test_a_scheme_that_cannot_be_computed_is_refused_with_the_place(
    change: dict[str, Any], place: str
) -> None:
    assert place in fault_of(change)
