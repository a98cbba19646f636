"""The ledger may only grow: refused to the product by grant and to its owner by trigger; a change
behind its back is found; corrections keep every count true.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask

from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from service_portal.ledger.models import UsageEntry
from service_portal.ledger.queries import verify
from service_portal.ledger.services import keep_anchor
from tests.factories.tickets import TUESDAY
from tests.factories.usage import create_served
from tests.server import TestServer
from tests.services.correcting import DAY, connect, correct


@pytest.fixture(scope="module")
def ledger(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """An application whose ledger has seven entries and an anchor, on a database of its own."""
    from tests.conftest import make_app

    database = server.copy(template, f"ledger_{os.getpid()}")
    app = make_app(server, database, tmp_path_factory.mktemp("ledger"))
    with app.app_context():
        for day in (0, 1):
            create_served(now=TUESDAY + day * DAY)
        db.session.commit()
        keep_anchor(now=now(), zone=zone_time())
        correct(db.session.get_one(UsageEntry, 1))
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()
    server.drop(database)


TABLES = [
    "usage_entry",
    "usage_head",
    "usage_month",
    "usage_enterprise_month",
    "usage_excluded_month",
]
ACTS = {
    "insert": "INSERT INTO {0} SELECT * FROM {0}",
    "update": "UPDATE {0} SET {1} = {1}",
    "delete": "DELETE FROM {0}",
    "truncate": "TRUNCATE {0}",
}
COLUMNS = {
    "usage_entry": "minutes",
    "usage_head": "seq",
    "usage_month": "events",
    "usage_enterprise_month": "events",
    "usage_excluded_month": "contacts",
}


@pytest.mark.parametrize("act", list(ACTS))
@pytest.mark.parametrize("table", TABLES)
def test_the_products_role_may_not_touch_the_ledger(ledger: Flask, table: str, act: str) -> None:
    with (
        connect(ledger, "DATABASE_URL") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(ACTS[act].format(table, COLUMNS[table]).encode())


@pytest.mark.parametrize("act", ["update", "delete", "truncate"])
def test_not_even_the_owner_changes_an_entry(ledger: Flask, act: str) -> None:
    with (
        connect(ledger, "DATABASE_OWNER_URL") as connection,
        pytest.raises(psycopg.errors.RestrictViolation, match="append-only"),
    ):
        connection.execute(ACTS[act].format("usage_entry", "minutes").encode())


@pytest.mark.parametrize("seq", [0, 1, 3, 999_999])
def test_the_products_role_may_keep_no_false_anchor(ledger: Flask, seq: int) -> None:
    with (
        connect(ledger, "DATABASE_URL") as connection,
        pytest.raises(psycopg.errors.RestrictViolation, match="of the chain"),
    ):
        connection.execute(
            b"INSERT INTO usage_anchor (day, seq, hash, at)"
            b" VALUES ('2026-11-29', %s, '\\x0b', now())",
            (seq,),
        )
    assert verify() is None
    db.session.rollback()


def test_the_products_role_may_not_take_the_guards_off(ledger: Flask) -> None:
    for act in (
        "ALTER TABLE usage_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER usage_entry_no_change ON usage_entry",
        "SET session_replication_role = 'replica'",
        "DROP TABLE usage_entry",
    ):
        with (
            connect(ledger, "DATABASE_URL") as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(act.encode())


@pytest.fixture
def behind(ledger: Flask) -> Iterator[Callable[[str], None]]:
    """Do something to the ledger as its owner with the guards off; everything is put back
    afterwards.
    """
    kept = ("usage_entry", "usage_head", "usage_anchor")
    with connect(ledger, "DATABASE_OWNER_URL") as connection:
        connection.execute("ALTER TABLE usage_entry DISABLE TRIGGER USER")
        for table in kept:
            connection.execute(f"CREATE TABLE kept_{table} AS TABLE {table}".encode())
        connection.commit()

        def done(act: str) -> None:
            connection.execute(act.encode())
            connection.commit()

        yield done
        db.session.rollback()
        connection.execute("TRUNCATE usage_entry, usage_head, usage_anchor")
        for table in kept:
            connection.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}".encode())
            connection.execute(f"DROP TABLE kept_{table}".encode())
        connection.execute("ALTER TABLE usage_entry ENABLE TRIGGER USER")
        connection.commit()
        assert verify() is None
        db.session.rollback()


REHASHED = "UPDATE usage_entry SET hash = usage_digest(prev, usage_entry) WHERE seq = 3"
FOUND = [
    (
        "a changed entry",
        "UPDATE usage_entry SET minutes = minutes + 60 WHERE seq = 3",
        ("content", 3),
    ),
    (
        "one that is given to another enterprise's day",
        "UPDATE usage_entry SET day = day - 1 WHERE seq = 4",
        ("content", 4),
    ),
    (
        "a changed entry with a fitting hash",
        f"UPDATE usage_entry SET minutes = 1 WHERE seq = 3; {REHASHED}",
        ("chain", 4),
    ),
    ("a deleted entry", "DELETE FROM usage_entry WHERE seq = 3", ("gap", 4)),
    (
        "the first one deleted",
        "DELETE FROM usage_entry WHERE seq = 7; DELETE FROM usage_entry WHERE seq = 1",
        ("gap", 2),
    ),
    (
        "two swapped entries",
        (
            "UPDATE usage_entry SET seq = 100 WHERE seq = 2; UPDATE usage_entry SET seq = 2 WHERE"
            " seq = 3; UPDATE usage_entry SET seq = 3 WHERE seq = 100"
        ),
        ("chain", 2),
    ),
    (
        "an inserted entry",
        (
            'INSERT INTO usage_entry SELECT (jsonb_populate_record(e, \'{"seq": 8, "unique_key":'
            ' "made up", "reverses": null, "quantity": 1}\')).* FROM usage_entry AS e WHERE seq = 2'
        ),
        ("chain", 8),
    ),
    ("a cut tail", "DELETE FROM usage_entry WHERE seq = 7", ("head", 6)),
    (
        "a cut tail with a fitting head",
        (
            "DELETE FROM usage_entry WHERE seq >= 6; UPDATE usage_head SET (seq, hash) = (SELECT"
            " seq, hash FROM usage_entry WHERE seq = 5)"
        ),
        ("anchor", 6),
    ),
    (
        "a rewritten tail",
        (
            "UPDATE usage_entry SET minutes = 1 WHERE seq = 6; UPDATE usage_entry SET hash ="
            " usage_digest(prev, usage_entry) WHERE seq = 6; UPDATE usage_entry SET prev = (SELECT"
            " hash FROM usage_entry WHERE seq = 6) WHERE seq = 7; UPDATE usage_entry SET hash ="
            " usage_digest(prev, usage_entry) WHERE seq = 7; UPDATE usage_head SET hash = (SELECT"
            " hash FROM usage_entry WHERE seq = 7)"
        ),
        ("anchor", 6),
    ),
]


@pytest.mark.parametrize(
    ("act", "fault"), [(act, fault) for _, act, fault in FOUND], ids=[name for name, _, _ in FOUND]
)
def test_what_is_done_behind_its_back_is_found(
    ledger: Flask, behind: Callable[[str], None], act: str, fault: tuple[str, int]
) -> None:
    assert verify() is None
    db.session.rollback()
    behind(act)
    found = verify()
    assert found is not None and (found.kind, found.seq) == fault
