"""The standard of innovative SMEs (2022), worked by hand from the text of the rule."""

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

FILE = Path(schemes.__file__).parent / "data" / "innovative_sme_2022.json"
MILLION = 100_000_000


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    """The scheme as it is shipped."""
    return read(json.loads(FILE.read_text(encoding="utf-8")))


USUAL: dict[str, object] = {
    "main_product_ip": "class_1",
    "revenue": 100 * MILLION,
    "rd_expense": 3 * MILLION,
    "main_revenue": 70 * MILLION,
    "main_revenue_before": 65 * MILLION,
    "assets": 100 * MILLION,
    "liabilities": 50 * MILLION,
    "strategic_industry": True,
    "science_award_3y": False,
    "high_tech_certificate": False,
    "innovation_title": False,
    "provincial_rd_institution": False,
    "new_equity_3y": 0,
}


def scored(scheme: Scheme, **given: object) -> Score:
    """Score an enterprise that is as usual but for what is given; None is a missing fact."""
    facts: dict[tuple[str, int], Value] = {}
    for code, value in {**USUAL, **given}.items():
        if value is not None:
            name = ("main_revenue", 1) if code == "main_revenue_before" else (code, 0)
            facts[name] = value if isinstance(value, bool | str) else Decimal(str(value))
    return score(scheme, facts)


def points(made: Score, indicator: str) -> Decimal:
    """Give what one indicator earned."""
    return next(one.points for one in made.earned if one.indicator == indicator)


@pytest.mark.parametrize(
    ("kind", "earned"),
    [
        ("class_1_high_value", 20),
        ("class_1_own", 15),
        ("class_1", 10),
        ("class_2", 5),
        ("none", 0),
        ("something else", 0),
    ],
)
def test_rights_of_the_main_product(scheme: Scheme, kind: str, earned: int) -> None:
    assert points(scored(scheme, main_product_ip=kind), "main_product_ip") == earned


@pytest.mark.parametrize(
    ("spent", "earned"),
    [
        (0, 0),
        ("0.9999", 0),
        (1, 5),
        ("1.9999", 5),
        (2, 10),
        ("2.9999", 10),
        (3, 15),
        ("4.9999", 15),
        (5, 20),
        (80, 20),
    ],
)
def test_spending_of_100_million_revenue(scheme: Scheme, spent: object, earned: int) -> None:
    made = scored(scheme, rd_expense=Decimal(str(spent)) * MILLION)
    assert points(made, "rd_share") == earned


@pytest.mark.parametrize(
    ("before", "now", "earned"),
    [
        (100, "99.9999", 0),
        (100, 100, 5),
        (100, "104.9999", 5),
        (100, 105, 10),
        (100, "109.9999", 10),
        (100, 110, 15),
        (100, "114.9999", 15),
        (100, 115, 20),
        (1, 100, 20),
        (100, 0, 0),
        (60, 69, 20),
    ],
)
def test_growth(scheme: Scheme, before: object, now: object, earned: int) -> None:
    made = scored(
        scheme,
        main_revenue_before=Decimal(str(before)) * MILLION,
        main_revenue=Decimal(str(now)) * MILLION,
    )
    assert points(made, "main_revenue_growth") == earned


def test_growth_from_nothing_is_undefined_and_earns_nothing(scheme: Scheme) -> None:
    made = scored(scheme, main_revenue_before=0)
    (growth,) = (one for one in made.earned if one.indicator == "main_revenue_growth")
    assert growth.value is None
    assert growth.points == 0
    assert growth.undefined == ("last(main_revenue)",)
    assert growth.missing == ()


@pytest.mark.parametrize(
    ("debt", "earned"),
    [
        (0, 10),
        ("54.9999", 10),
        (55, 10),
        ("55.0001", 5),
        (60, 5),
        (75, 5),
        ("75.0001", 0),
        (100, 0),
        (140, 0),
    ],
)
def test_debt_of_100_million_assets(scheme: Scheme, debt: object, earned: int) -> None:
    made = scored(scheme, liabilities=Decimal(str(debt)) * MILLION)
    assert points(made, "debt_ratio") == earned


@pytest.mark.parametrize(("is_in", "earned"), [(True, 10), (False, 5)])
def test_industry(scheme: Scheme, is_in: bool, earned: int) -> None:
    assert points(scored(scheme, strategic_industry=is_in), "strategic_industry") == earned


@pytest.mark.parametrize(
    ("main", "earned"),
    [
        (0, 0),
        ("49.9999", 0),
        (50, 5),
        ("54.9999", 5),
        (55, 10),
        ("59.9999", 10),
        (60, 15),
        ("69.9999", 15),
        (70, 20),
        (100, 20),
    ],
)
def test_main_business_of_100_million_revenue(scheme: Scheme, main: object, earned: int) -> None:
    made = scored(scheme, main_revenue=Decimal(str(main)) * MILLION)
    assert points(made, "main_revenue_share") == earned


@pytest.mark.parametrize(
    ("given", "total", "passes"),
    [
        # 10 + 15; 10 for growth of 7.7 % and 10 for debt of half the assets; 10 + 20.
        ({}, 75, True),
        ({"main_product_ip": "none"}, 65, False),
        ({"main_product_ip": "class_2"}, 70, True),
        ({"main_product_ip": "none", "rd_expense": 5 * MILLION}, 70, True),
        ({"main_revenue_before": 70 * MILLION}, 70, True),
        ({"main_revenue_before": 71 * MILLION}, 65, False),
        ({"main_revenue_before": 70 * MILLION, "liabilities": 60 * MILLION}, 65, False),
        ({"liabilities": 76 * MILLION}, 65, False),
        ({"strategic_industry": False, "main_revenue": 55 * MILLION}, 50, False),
        # 20 + 20; 0 + 10; 10 + 20: enough in all, too little growth.
        (
            {
                "main_product_ip": "class_1_high_value",
                "rd_expense": 5 * MILLION,
                "main_revenue_before": 90 * MILLION,
            },
            80,
            False,
        ),
        # Exactly 60: 5 + 15; 5 + 10; 5 + 20.
        (
            {
                "main_product_ip": "class_2",
                "main_revenue_before": 70 * MILLION,
                "strategic_industry": False,
            },
            60,
            True,
        ),
    ],
)
def test_who_passes(scheme: Scheme, given: dict[str, object], total: int, passes: bool) -> None:
    made = scored(scheme, **given)
    assert made.total == total
    assert made.passes is passes


@pytest.mark.parametrize(
    ("given", "by"),
    [
        ({"science_award_3y": True}, "award"),
        ({"high_tech_certificate": True}, "title"),
        ({"innovation_title": True}, "title"),
        ({"provincial_rd_institution": True}, "institution"),
        ({"new_equity_3y": 5 * MILLION}, "equity"),
        ({"new_equity_3y": 5 * MILLION - 1}, None),
    ],
)
def test_the_alternatives(scheme: Scheme, given: dict[str, object], by: str | None) -> None:
    made = scored(scheme, main_product_ip="none", rd_expense=0, **given)
    assert (made.passes, made.by) == (by is not None, by)


@pytest.mark.parametrize(
    ("lacking", "total", "passes"),
    [
        ("new_equity_3y", 75, True),
        ("innovation_title", 75, True),
        ("rd_expense", 60, False),
        ("main_revenue_before", 65, False),
        ("revenue", 40, False),
    ],
)
def test_what_is_missing_is_named_and_is_not_zero(
    scheme: Scheme, lacking: str, total: int, passes: bool
) -> None:
    made = scored(scheme, **{lacking: None})
    assert made.total == total
    assert made.passes is passes
    wanted = ("main_revenue", 1) if lacking == "main_revenue_before" else (lacking, 0)
    assert made.missing == (wanted,)
