"""Scores over the API: the numbers of the page, through the policy."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import TestResponse

from service_portal.access.actor import SYSTEM, Role
from service_portal.facts.rules import Source
from service_portal.facts.services import Said, record_facts
from service_portal.kernel.clock import now
from service_portal.scoring.computing import compute
from service_portal.scoring.queries import applying
from tests.factories.directory import create_enterprise
from tests.services.programs import Program

YEAR = 2025


def said_by(answer: TestResponse) -> Any:
    """Give what an answer says, which is there."""
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def scored(enterprise_id: int) -> None:
    values = {"revenue": 3_000_000_000, "rd_expense": 120_000_000, "total_costs": 2_500_000_000}
    record_facts(
        [Said(enterprise_id, YEAR, code, Decimal(value)) for code, value in values.items()],
        actor=SYSTEM,
        source=Source.OWN,
        now=now(),
    )
    for scheme, version in applying(YEAR):
        compute(scheme, version, YEAR, [enterprise_id], now=now())


@pytest.fixture
def mine() -> int:
    one = create_enterprise().id
    scored(one)
    return one


def test_an_enterprise_lists_its_own_scores_only(
    as_role: Callable[..., Program], mine: int
) -> None:
    scored(create_enterprise().id)
    program = as_role(Role.ENTERPRISE_OWNER, enterprise_id=mine)
    said = said_by(program.get("/scores"))
    assert {one["enterprise"]["id"] for one in said["scores"]} == {mine}
    assert {one["scheme"]["code"] for one in said["scores"]} == {
        "INNO-POINTS",
        "SME-2017-115",
        "INNOVATIVE-SME-2022",
    }
    assert {one["scheme"]["code"]: one["demonstration"] for one in said["scores"]}["INNO-POINTS"]


def detail(program: Program, scheme: str) -> Any:
    listed = said_by(program.get("/scores", scheme=scheme))["scores"]
    return said_by(program.get(f"/scores/{listed[0]['id']}"))


def test_a_score_says_each_indicator_in_both_languages(
    as_role: Callable[..., Program], mine: int
) -> None:
    said = detail(as_role(Role.ENTERPRISE_OWNER, enterprise_id=mine), "SME-2017-115")
    rd = next(one for one in said["indicators"] if one["code"] == "rd_spending")
    assert (rd["value"], rd["points"], rd["most"]) == ("0.04", "30.00", "50")
    assert rd["facts"][0] == {
        "code": "rd_expense",
        "year": YEAR,
        "value": "120000000",
        "source": "own",
    }
    assert rd["sentence"]["en"].endswith("→ 30.00 of 50")
    assert "研发费用：120 万元 ÷ 营业收入：3,000 万元" in rd["sentence"]["zh"]
    assert said["total"] == "30.00" and said["passes"] is False


def test_a_foreign_score_is_like_one_that_is_not_there(
    as_role: Callable[..., Program], mine: int
) -> None:
    listed = said_by(as_role(Role.MANAGER).get("/scores", enterprise=mine))["scores"]
    stranger = as_role(Role.ENTERPRISE_OWNER)
    foreign = stranger.get(f"/scores/{listed[0]['id']}")
    missing = stranger.get("/scores/999999999")
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert said_by(stranger.get("/scores", enterprise=mine))["scores"] == []
    assert as_role(Role.STATION_LEAD).get("/scores").status_code == 403


def test_a_manager_pages_through_the_zones_scores(
    as_role: Callable[..., Program], mine: int
) -> None:
    for _ in range(4):
        scored(create_enterprise().id)
    manager, seen = as_role(Role.MANAGER), []
    wanted: dict[str, Any] = {"scheme": "INNO-POINTS", "year": YEAR, "limit": 2}
    while True:
        said = said_by(manager.get("/scores", **wanted))
        seen += [one["id"] for one in said["scores"]]
        if said["next_cursor"] is None:
            break
        wanted["cursor"] = said["next_cursor"]
    assert len(seen) == len(set(seen)) == 5
