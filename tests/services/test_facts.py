"""Facts as they are kept: appended, read by year, decided where sources differ."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service_portal.access.actor import SYSTEM, Actor, Role
from service_portal.facts.expressions import Value
from service_portal.facts.kinds import Unfit
from service_portal.facts.models import Fact
from service_portal.facts.queries import facts_of, facts_of_many, standing_of, statements_of
from service_portal.facts.rules import Source
from service_portal.facts.services import Said, record_fact, record_facts
from service_portal.kernel.db import db
from tests.factories.accounts import create_person
from tests.factories.directory import create_enterprise

NOW = datetime(2026, 11, 30, 6, tzinfo=UTC)


def state(
    enterprise_id: int,
    value: Value,
    *,
    code: str = "revenue",
    year: int = 2025,
    source: Source = Source.OWN,
    actor: Actor = SYSTEM,
) -> bool:
    return record_fact(
        actor=actor,
        enterprise_id=enterprise_id,
        year=year,
        code=code,
        value=value,
        source=source,
        now=NOW,
    )


def test_facts_are_read_by_how_many_years_ago_they_are(db_session: None) -> None:
    one = create_enterprise().id
    for year, value in ((2025, 30), (2024, 20), (2022, 10), (2021, 5), (2026, 40)):
        state(one, Decimal(value), year=year)
    state(one, True, code="resident")
    state(one, "class_2", code="main_product_ip")
    assert facts_of(one, 2025) == {
        ("revenue", 0): 30,
        ("revenue", 1): 20,
        ("revenue", 3): 10,
        ("resident", 0): True,
        ("main_product_ip", 0): "class_2",
    }


def test_what_is_said_again_is_not_written_again(db_session: None) -> None:
    one = create_enterprise().id
    assert [state(one, Decimal(5)), state(one, Decimal(5)), state(one, Decimal(6))] == [
        True,
        False,
        True,
    ]
    assert db.session.scalar(sa.select(sa.func.count()).where(Fact.enterprise_id == one)) == 2


def test_a_correction_leaves_what_was_said_before(db_session: None) -> None:
    person = create_person()
    one = create_enterprise().id
    actor = Actor(role=Role.ENTERPRISE_OWNER, person_id=person.id, enterprise_id=one)
    state(one, Decimal(5), actor=actor)
    state(one, Decimal(6), actor=actor)
    rows = statements_of(one, [2025])["revenue", 2025]
    assert [(row.number, row.by_id, row.at) for row in rows] == [
        (5, person.id, NOW),
        (6, person.id, NOW),
    ]


@pytest.mark.parametrize("statement", ["UPDATE fact SET number = 1", "DELETE FROM fact"])
def test_nobody_changes_a_fact(db_session: None, statement: str) -> None:
    state(create_enterprise().id, Decimal(5))
    with pytest.raises(sa.exc.DBAPIError), db.session.begin_nested():
        db.session.execute(sa.text(statement))


def test_a_value_that_is_none_of_its_kind_writes_nothing(db_session: None) -> None:
    one = create_enterprise().id
    with pytest.raises(Unfit):
        record_facts(
            [Said(one, 2025, "staff", Decimal(3)), Said(one, 2025, "revenue", Decimal(-1))],
            actor=SYSTEM,
            source=Source.OWN,
            now=NOW,
        )
    assert facts_of(one, 2025) == {}


def test_facts_of_many_are_one_statement_and_only_of_those_asked_for(db_session: None) -> None:
    ids = [create_enterprise().id for _ in range(3)]
    for n, one in enumerate(ids):
        state(one, Decimal(n))
        state(one, Decimal(n), code="staff")
    found = facts_of_many(ids[:2], 2025, codes=["staff"])
    assert found == {ids[0]: {("staff", 0): 0}, ids[1]: {("staff", 0): 1}}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(Source), st.integers(0, 3)), min_size=1, max_size=7))
def test_the_database_counts_what_the_rule_says(
    db_session: None, words: list[tuple[Source, int]]
) -> None:
    one = create_enterprise().id
    for source, value in words:
        state(one, Decimal(value), source=source)
    standing = standing_of(statements_of(one, [2025])["revenue", 2025])
    assert standing is not None
    assert facts_of(one, 2025) == {("revenue", 0): standing.counts.value}
