"""The status page sees that the end of a ledger is not what its head or its newest anchor says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.kernel.clock import now
from service_portal.ledger import health as of_usage
from service_portal.money import health as of_money

HEALTH = {"ledger": ("usage", of_usage.HEALTH[0]), "money": ("money", of_money.HEALTH[0])}


@pytest.fixture
def owner(app: Flask, db_session: None) -> Iterator[sa.Connection]:
    """Somebody who may rewrite the tables, and takes it all back."""
    engine = sa.create_engine(app.config["DATABASE_OWNER_URL"])
    with engine.connect() as connection, connection.begin() as changed:
        yield connection
        changed.rollback()
    engine.dispose()


def said(app: Flask, owner: sa.Connection, part: str) -> dict[str, str]:
    """Judge a ledger as its owner sees it."""
    facts = owner.execute(sa.text(HEALTH[part][1].facts)).one()
    with app.test_request_context():
        return HEALTH[part][1].judge(facts, now())[part]


@pytest.mark.parametrize("part", HEALTH)
def test_a_ledger_that_agrees_is_green(app: Flask, owner: sa.Connection, part: str) -> None:
    assert said(app, owner, part)["status"] == "green"


@pytest.mark.parametrize("part", HEALTH)
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {name}_head SET seq = seq + 1",
        "UPDATE {name}_head SET hash = decode('ff', 'hex')",
        "INSERT INTO {name}_anchor (day, seq, hash, at)"
        " VALUES ('2020-01-01', 7, decode('ff', 'hex'), now())",
    ],
)
def test_one_whose_end_is_another_is_amber(
    app: Flask, owner: sa.Connection, part: str, change: str
) -> None:
    owner.execute(sa.text(f"ALTER TABLE {HEALTH[part][0]}_head DISABLE TRIGGER USER"))
    owner.execute(sa.text(change.format(name=HEALTH[part][0])))
    told = said(app, owner, part)
    assert told["status"] == "amber" and "./portal recount" in told["detail"]
