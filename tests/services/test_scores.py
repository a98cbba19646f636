"""Scores as they are kept: by the version that applies, appended, the same for the same facts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from time import process_time
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import SYSTEM
from service_portal.events.inbox import Delivery
from service_portal.facts.expressions import Value
from service_portal.facts.queries import facts_of, known_of_many
from service_portal.facts.rules import Source
from service_portal.facts.services import Said, record_facts
from service_portal.kernel.db import db
from service_portal.scoring.computing import (
    begin_run,
    compute,
    go_on,
    industries_of,
    peers_of,
    score_waiting,
    scored,
)
from service_portal.scoring.keeping import codes_of
from service_portal.scoring.models import (
    SchemeVersion,
    Score,
    ScoreGroup,
    ScoreRun,
    ScoreScheme,
    ScoreStanding,
)
from service_portal.scoring.queries import applying, scheme_of
from tests.factories.directory import create_enterprise

NOW = datetime(2026, 11, 30, 6, tzinfo=UTC)
WAN = 1_000_000
USUAL: dict[str, Value] = {
    "staff": Decimal(100),
    "st_staff": Decimal(21),
    "revenue": Decimal(3000 * WAN),
    "rd_expense": Decimal(120 * WAN),
    "total_costs": Decimal(2500 * WAN),
    "assets": Decimal(4000 * WAN),
    "liabilities": Decimal(2000 * WAN),
    "ip_class_1": Decimal(0),
    "ip_class_2": Decimal(3),
}


def know(enterprise_id: int, facts: dict[str, Value], *, year: int = 2025) -> None:
    record_facts(
        [Said(enterprise_id, year, code, value) for code, value in facts.items()],
        actor=SYSTEM,
        source=Source.OWN,
        now=NOW,
    )


def of(code: str, year: int = 2025) -> tuple[ScoreScheme, SchemeVersion]:
    return next(pair for pair in applying(year) if pair[0].code == code)


def changed(enterprise_id: int, year: int = 2025) -> Delivery:
    return Delivery(1, "facts.recorded", None, enterprise_id, {"year": year}, 1, 1)


def last(enterprise_id: int, code: str, year: int = 2025) -> Any:
    return db.session.scalars(
        sa.select(Score)
        .join(ScoreStanding, ScoreStanding.score_id == Score.id)
        .join(ScoreScheme, ScoreScheme.id == ScoreStanding.scheme_id)
        .where(
            Score.enterprise_id == enterprise_id,
            ScoreScheme.code == code,
            ScoreStanding.year == year,
        )
    ).one_or_none()


def test_a_new_zone_has_the_schemes_that_are_shipped(db_session: None) -> None:
    assert [(scheme.code, version.number) for scheme, version in applying(2025)] == [
        ("INNO-POINTS", 2),
        ("SME-2017-115", 1),
        ("INNOVATIVE-SME-2022", 1),
    ]
    assert applying(2024)[0][1].number == 1


def test_changed_facts_are_scored_by_every_scheme(db_session: None) -> None:
    one = create_enterprise().id
    know(one, USUAL)
    assert score_waiting([changed(one)], now=NOW) == 1
    made = last(one, "SME-2017-115")
    assert made.total == 12 + 30 + 18
    assert made.lines[1]["facts"] == [
        ["rd_expense", 0, "120000000", "own"],
        ["revenue", 0, "3000000000", "own"],
    ]
    assert (made.lines[1]["value"], made.lines[1]["points"]) == ("0.04", "30")
    # Nothing is said of the hard conditions: whether it passes can't be told.
    assert made.passes is None
    assert ["resident", 0] in made.missing
    assert last(one, "INNO-POINTS") is not None
    assert last(one, "INNOVATIVE-SME-2022") is not None


def test_the_same_facts_make_no_second_score(db_session: None) -> None:
    one = create_enterprise().id
    know(one, USUAL)
    assert compute(*of("SME-2017-115"), 2025, [one], now=NOW) == 1
    assert compute(*of("SME-2017-115"), 2025, [one], now=NOW) == 0


def test_a_correction_makes_a_new_score_and_leaves_the_old_one(db_session: None) -> None:
    one = create_enterprise().id
    know(one, USUAL)
    score_waiting([changed(one)], now=NOW)
    before = last(one, "SME-2017-115").id
    know(one, {"st_staff": Decimal(30)})
    score_waiting([changed(one)], now=NOW)
    assert last(one, "SME-2017-115").total == 20 + 30 + 18
    assert db.session.get_one(Score, before).total == 60


def test_last_years_facts_change_this_years_growth(db_session: None) -> None:
    one = create_enterprise().id
    know(one, USUAL)
    know(one, {"revenue": Decimal(3000 * WAN)}, year=2024)
    score_waiting([changed(one)], now=NOW)
    before = last(one, "INNO-POINTS").total
    know(one, {"revenue": Decimal(2000 * WAN)}, year=2024)
    score_waiting([changed(one, 2024)], now=NOW)
    assert last(one, "INNO-POINTS").total > before


def test_the_zones_points_are_facts_that_conditions_may_ask_for(db_session: None) -> None:
    one = create_enterprise().id
    know(one, USUAL)
    score_waiting([changed(one)], now=NOW)
    facts = facts_of(one, 2025)
    assert facts["points", 0] == last(one, "INNO-POINTS").total
    assert facts["points_stage", 0] == "growth"


def test_who_has_no_fact_of_the_year_has_no_score(db_session: None) -> None:
    one = create_enterprise().id
    know(one, USUAL, year=2024)
    compute(*of("SME-2017-115"), 2025, [one], now=NOW)
    assert last(one, "SME-2017-115") is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE score SET total = 100",
        "DELETE FROM score",
        "UPDATE scheme_version SET from_year = 2001",
        "DELETE FROM scheme_version",
    ],
)
def test_scores_and_published_versions_never_change(db_session: None, statement: str) -> None:
    one = create_enterprise().id
    know(one, USUAL)
    compute(*of("SME-2017-115"), 2025, [one], now=NOW)
    with pytest.raises(sa.exc.DBAPIError), db.session.begin_nested():
        db.session.execute(sa.text(statement))


def test_a_run_scores_everybody_in_parts_and_says_how_far_it_is(
    db_session: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service_portal.scoring.computing.AT_ONCE", 4)
    ids = [create_enterprise().id for _ in range(6)]
    for n, one in enumerate(ids):
        know(one, USUAL | {"st_staff": Decimal(10 * n)})
    _scheme, version = of("INNO-POINTS")
    run_id = begin_run(version, 2025, now=NOW).id
    parts = []
    while go_on(now=NOW):
        parts.append(db.session.get_one(ScoreRun, run_id).done)
    run = db.session.get_one(ScoreRun, run_id)
    assert parts[0] == 4 and run.done == run.total and run.ended_at == NOW
    group = db.session.scalars(
        sa.select(ScoreGroup).where(ScoreGroup.scheme_id == version.scheme_id)
    ).one()
    assert (group.stage_code, group.enterprises) == ("growth", 6)
    totals = sorted(last(one, "INNO-POINTS").total for one in ids)
    assert group.median == totals[2]


def test_a_place_says_among_whom_it_was_taken_and_is_found_again_later(db_session: None) -> None:
    ids = [create_enterprise().id for _ in range(7)]
    for n, one in enumerate(ids):
        know(one, USUAL | {"rd_expense": Decimal((60 + 20 * min(n, 5)) * WAN)}, year=2024)
    _scheme, version = of("INNO-POINTS", 2024)
    run = begin_run(version, 2024, now=NOW)
    while go_on(now=NOW):
        pass
    made = last(ids[2], "INNO-POINTS", 2024)
    assert made.run_id == run.id
    (ranked,) = [line for line in made.lines if "among" in line]
    assert ranked["among"] == {"others": 6, "below": 2, "same": 0}
    assert last(ids[6], "INNO-POINTS", 2024).lines[made.lines.index(ranked)]["among"] == {
        "others": 6,
        "below": 5,
        "same": 1,
    }
    # Others correct their figures, and somebody new comes.
    for one in ids[3:]:
        know(one, {"rd_expense": Decimal(WAN)}, year=2024)
    know(create_enterprise().id, USUAL, year=2024)
    rules, upto = scheme_of(version), made.upto_fact_id
    known = known_of_many([ids[2]], 2024, codes=codes_of(rules), upto=upto)[ids[2]]
    industry = industries_of([ids[2]])[ids[2]]
    then = scored(rules, known, industry=industry, peers=peers_of(rules, 2024, upto=upto))
    assert then["lines"] == made.lines and Decimal(then["total"]) == made.total
    now_known = scored(rules, known, industry=industry, peers=peers_of(rules, 2024))
    assert now_known["lines"] != made.lines


def test_among_fewer_than_five_a_place_is_the_middle_and_says_nothing(db_session: None) -> None:
    ids = [create_enterprise().id for _ in range(4)]
    for n, one in enumerate(ids):
        know(one, USUAL | {"rd_expense": Decimal((60 + 20 * n) * WAN)}, year=2024)
    compute(*of("INNO-POINTS", 2024), 2024, ids, now=NOW)
    steps = set()
    for one in ids:
        made = last(one, "INNO-POINTS", 2024)
        (ranked,) = [line for line in made.lines if "among" in line]
        steps.add((ranked["step_points"], ranked["next_bound"]))
        assert made.run_id is None
    assert steps == {("50", None)}


def test_two_thousand_enterprises_are_scored_within_five_seconds(db_session: None) -> None:
    base = create_enterprise()
    db.session.execute(
        sa.text("""
            INSERT INTO enterprise (uscc, name_en, name_zh, park_id)
            SELECT lpad(n::text, 18, '0'), 'x', 'x', :park FROM generate_series(1, 2000) AS n
        """),
        {"park": base.park_id},
    )
    values = {**USUAL, "graduates_hired": 3, "high_tech_revenue": 2000 * WAN, "awards": 1}
    db.session.execute(
        sa.text("""
            INSERT INTO fact (enterprise_id, year, code, number, source, at)
            SELECT e.id, y, f.key, f.value::numeric * (1 + (e.id % 7)) + y % 5, 'own', :now
            FROM enterprise AS e CROSS JOIN jsonb_each_text(CAST(:facts AS jsonb)) AS f
            CROSS JOIN generate_series(2023, 2024) AS y WHERE length(e.name_en) = 1
        """),
        {"now": NOW, "facts": "{" + ", ".join(f'"{k}": {v}' for k, v in values.items()) + "}"},
    )
    ids = db.session.scalars(sa.text("SELECT id FROM enterprise WHERE name_en = 'x'")).all()
    began = process_time()
    made = compute(*of("INNO-POINTS", 2024), 2024, ids, now=NOW)
    took = process_time() - began
    assert made == 2000
    assert took < 5, f"{took:.1f} s"
