"""The evaluation of technology SMEs (2017 No. 115), worked by hand from the text of the rule."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from service_portal.facts.expressions import Value
from service_portal.scoring import schemes
from service_portal.scoring.rules import Score, score
from service_portal.scoring.scheme_reading import read
from service_portal.scoring.schemes import Scheme

FILE = Path(schemes.__file__).parent / "data" / "sme_evaluation_2017.json"
YUAN = 100
MILLION = 1_000_000 * YUAN


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    """The scheme as it is shipped."""
    return read(json.loads(FILE.read_text(encoding="utf-8")))


USUAL: dict[str, object] = {
    "staff": 100,
    "st_staff": 30,
    "revenue": 30 * MILLION,
    "total_costs": 25 * MILLION,
    "rd_expense": 0,
    "assets": 50 * MILLION,
    "ip_class_1": 0,
    "ip_class_2": 0,
    "resident": True,
    "prohibited_class": False,
    "serious_incident": False,
    "high_tech_certificate": False,
    "national_award_5y": False,
    "provincial_rd_institution": False,
    "led_standard_5y": False,
}


def scored(scheme: Scheme, **given: object) -> Score:
    """Score an enterprise that is as usual but for what is given; None is a missing fact."""
    said = {**USUAL, **given}
    facts: dict[tuple[str, int], Value] = {
        (code, 0): value if isinstance(value, bool | str) else Decimal(str(value))
        for code, value in said.items()
        if value is not None and code != "incident_last_year"
    }
    facts["serious_incident", 1] = bool(said.get("incident_last_year", False))
    return score(scheme, facts)


@pytest.mark.parametrize(
    ("st_staff", "staff", "points"),
    [
        (0, 100, 0),
        (9, 100, 0),
        (999, 10_000, 0),
        (10, 100, 4),
        (14, 100, 4),
        (1499, 10_000, 4),
        (15, 100, 8),
        (1999, 10_000, 8),
        (20, 100, 12),
        (2499, 10_000, 12),
        (25, 100, 16),
        (2999, 10_000, 16),
        (30, 100, 20),
        (100, 100, 20),
        (1, 3, 20),
        (2, 7, 16),
    ],
)
def test_staff(scheme: Scheme, st_staff: int, staff: int, points: int) -> None:
    made = scored(scheme, st_staff=st_staff, staff=staff)
    assert made.by_category["staff"] == points


@pytest.mark.parametrize(
    ("spent", "points"),
    [
        ("0", 0),
        ("599999.99", 0),
        ("600000", 10),
        ("899999.99", 10),
        ("900000", 20),
        ("1199999.99", 20),
        ("1200000", 30),
        ("1499999.99", 30),
        ("1500000", 40),
        ("1799999.99", 40),
        ("1800000", 50),
        ("30000000", 50),
    ],
)
def test_spending_of_30_million_revenue(scheme: Scheme, spent: str, points: int) -> None:
    made = scored(scheme, rd_expense=Decimal(spent) * YUAN, total_costs=900 * MILLION)
    assert made.by_category["rd"] == points


@pytest.mark.parametrize(
    ("spent", "points"),
    [
        ("0", 0),
        ("2499999.99", 0),
        ("2500000", 10),
        ("3749999.99", 10),
        ("3750000", 20),
        ("4999999.99", 20),
        ("5000000", 30),
        ("6249999.99", 30),
        ("6250000", 40),
        ("7499999.99", 40),
        ("7500000", 50),
        ("25000000", 50),
    ],
)
def test_spending_of_25_million_costs(scheme: Scheme, spent: str, points: int) -> None:
    made = scored(scheme, rd_expense=Decimal(spent) * YUAN, revenue=900 * MILLION)
    assert made.by_category["rd"] == points


@pytest.mark.parametrize(
    ("spent", "revenue", "costs", "points", "way"),
    [
        # 4.0 % of revenue and 4.8 % of costs: the first gives 30, the second nothing.
        (1_200_000, 30_000_000, 25_000_000, 30, 0),
        # 1.5 % of revenue, 15 % of costs: the second gives 20.
        (1_500_000, 100_000_000, 10_000_000, 20, 1),
        # 6 % of revenue and 30 % of costs: both give 50, the first one counts.
        (6_000_000, 100_000_000, 20_000_000, 50, 0),
        # No revenue at all: the costs alone are measured.
        (2_000_000, 0, 10_000_000, 30, 1),
    ],
)
def test_the_better_of_two_ways_counts(
    scheme: Scheme, spent: int, revenue: int, costs: int, points: int, way: int
) -> None:
    made = scored(scheme, rd_expense=spent * YUAN, revenue=revenue * YUAN, total_costs=costs * YUAN)
    (earned,) = (one for one in made.earned if one.indicator == "rd_spending")
    assert earned.points == points
    assert earned.way == way


@pytest.mark.parametrize(
    ("first", "second", "points"),
    [
        (0, 0, 0),
        (0, 1, 6),
        (0, 2, 12),
        (0, 3, 18),
        (0, 4, 24),
        (0, 40, 24),
        (1, 0, 30),
        (1, 4, 30),
        (3, 1, 30),
    ],
)
def test_results(scheme: Scheme, first: int, second: int, points: int) -> None:
    made = scored(scheme, ip_class_1=first, ip_class_2=second)
    assert made.by_category["results"] == points


# 20 for staff, 30 for 4 % of revenue, 12 for two rights of class II: 62.
GOOD = {"rd_expense": 1_200_000 * YUAN, "ip_class_2": 2}


@pytest.mark.parametrize(
    ("given", "total", "passes"),
    [
        ({}, 62, True),
        ({"ip_class_2": 1}, 56, False),
        ({"st_staff": 25}, 58, False),
        ({"st_staff": 25, "ip_class_2": 3}, 64, True),
        # Exactly 60: 20 staff, 40 spending, nothing else.
        ({"rd_expense": 1_500_000 * YUAN, "ip_class_2": 0}, 60, True),
        # Enough without staff, and yet not: the staff indicator must be more than nothing.
        ({"st_staff": 9, "rd_expense": 1_800_000 * YUAN, "ip_class_1": 1}, 80, False),
        ({"st_staff": 10, "rd_expense": 1_800_000 * YUAN, "ip_class_1": 1}, 84, True),
        ({"resident": False}, 62, False),
        ({"staff": 500, "st_staff": 150}, 62, True),
        ({"staff": 501, "st_staff": 160}, 62, False),
        ({"assets": 200 * MILLION}, 62, True),
        ({"assets": 200 * MILLION + 1}, 62, False),
        ({"revenue": 200 * MILLION, "rd_expense": 8 * MILLION}, 82, True),
        ({"revenue": 200 * MILLION + 100, "rd_expense": 9 * MILLION}, 82, False),
        ({"prohibited_class": True}, 62, False),
        ({"serious_incident": True}, 62, False),
        ({"incident_last_year": True}, 62, False),
    ],
)
def test_who_passes(scheme: Scheme, given: dict[str, object], total: int, passes: bool) -> None:
    made = scored(scheme, **{**GOOD, **given})
    assert made.total == total
    assert made.passes is passes


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        ("high_tech_certificate", "high_tech"),
        ("national_award_5y", "award"),
        ("provincial_rd_institution", "institution"),
        ("led_standard_5y", "standard"),
    ],
)
def test_each_alternative_passes_without_points(scheme: Scheme, fact: str, code: str) -> None:
    made = scored(scheme, **{fact: True, "st_staff": 0})
    assert made.total == 0
    assert made.passes
    assert made.by == code


def test_no_alternative_replaces_the_conditions(scheme: Scheme) -> None:
    made = scored(scheme, high_tech_certificate=True, staff=501)
    assert (made.passes, made.by) == (False, None)


@pytest.mark.parametrize(
    ("lacking", "total", "passes"),
    [
        # Costs are missing, but the revenue gives what is needed.
        (("total_costs",), 62, True),
        # Neither way of spending can be computed.
        (("rd_expense",), 32, False),
        # The staff are unknown: no points for them, and the size can't be told.
        (("staff",), 42, False),
        # The points are enough; whether it is a resident can't be told.
        (("resident",), 62, None),
        (("assets",), 62, None),
        # Nobody has said whether there is a certificate: the points carry it.
        (("high_tech_certificate", "led_standard_5y"), 62, True),
    ],
)
def test_what_is_missing_is_named_and_is_not_zero(
    scheme: Scheme, lacking: tuple[str, ...], total: int, passes: bool | None
) -> None:
    made = scored(scheme, **{**GOOD, **dict.fromkeys(lacking)})
    assert made.total == total
    assert made.passes is passes
    assert {code for code, _years in made.missing} == set(lacking)
