"""The ledger may only grow: refused to the product by grant and to its owner by trigger; a change
behind its back is found; corrections keep every count true.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Actor, Role
from service_portal.counting.queries import prove
from service_portal.directory.queries import forget_directory
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing
from service_portal.ledger.models import UsageEnterpriseMonth, UsageEntry, UsageMonth
from service_portal.ledger.queries import verify
from service_portal.ledger.services import keep_anchor, reverse
from service_portal.resolving.services import answer_ticket, confirm_ticket, reopen_ticket
from service_portal.tickets.models import Ticket
from tests.factories.directory import create_enterprise, park
from tests.factories.tickets import TUESDAY, enterprise_actor
from tests.factories.usage import create_served

DAY = timedelta(days=1)
MANAGER = Actor(role=Role.MANAGER, name="Manager")


def differing() -> list[str]:
    """List the findings of a recount that do not hold."""
    return [f"{finding.what}: {finding.detail}" for finding in prove() if not finding.holds]


def sums() -> tuple[int, int, int]:
    """Give events, cases and minutes of all months."""
    return tuple(
        db.session.execute(
            sa.select(
                *(
                    sa.func.coalesce(sa.func.sum(getattr(UsageMonth, name)), 0)
                    for name in ("events", "cases", "minutes")
                )
            )
        ).one()
    )


def entry_of(ticket: Ticket, measure: str) -> UsageEntry:
    """Give the first entry of a measure."""
    return db.session.scalars(
        sa.select(UsageEntry)
        .where(UsageEntry.ticket_id == ticket.id, UsageEntry.measure == measure)
        .order_by(UsageEntry.seq)
        .limit(1)
    ).one()


def correct(entry: UsageEntry) -> int:
    """Take an entry back as a manager does."""
    return reverse(
        entry.seq,
        actor=MANAGER,
        reason="counted by mistake",
        now=TUESDAY + 30 * DAY,
        zone=zone_time(),
    )


@pytest.mark.parametrize("measure", ["event", "case"])
def test_a_corrected_line_is_counted_no_more_and_the_recount_holds(
    db_session: None, measure: str
) -> None:
    ticket = create_served(contacts=2)
    assert sums() == (3, 1, 120) and differing() == []
    wrong = entry_of(ticket, measure)
    seq = correct(wrong)
    assert sums() == ((2, 1, 75) if measure == "event" else (3, 0, 120))
    assert differing() == []
    back = db.session.get_one(UsageEntry, seq)
    assert (back.reverses, back.quantity, back.enterprise_id, back.service_event_id) == (
        wrong.seq,
        -1,
        wrong.enterprise_id,
        wrong.service_event_id,
    )
    with pytest.raises(Conflict):
        correct(wrong)
    with pytest.raises(Conflict):
        correct(back)
    with pytest.raises(Missing):
        reverse(seq + 1, actor=MANAGER, reason="nothing", now=TUESDAY, zone=zone_time())


def test_a_case_corrected_then_opened_again_and_closed_counts_once(db_session: None) -> None:
    asker = enterprise_actor()
    ticket = create_served(asker=asker)
    correct(entry_of(ticket, "case"))
    reopen_ticket(
        actor=asker,
        ticket_id=ticket.id,
        reason="Still wrong.",
        window_days=30,
        now=TUESDAY + 3 * DAY,
    )
    assert sums()[1] == 0 and differing() == []
    owner = Actor(
        role=Role.STATION_MEMBER,
        member_id=ticket.owner_id,
        station_id=ticket.station_id,
        name="Owner",
    )
    answer_ticket(
        actor=owner,
        ticket_id=ticket.id,
        body="Now it is right.",
        outcome="partly",
        channel="document",
        minutes=30,
        evidence_note="slip",
        now=TUESDAY + 4 * DAY,
    )
    confirm_ticket(
        actor=asker,
        ticket_id=ticket.id,
        level=4,
        verdict="solved",
        comment="",
        now=TUESDAY + 5 * DAY,
    )
    assert sums()[1] == 1 and differing() == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ticket SET close_outcome = 'not_possible'",
        "UPDATE ticket SET status = 'in_progress'",
        "UPDATE ticket SET cycle = 2",
    ],
)
def test_the_recount_sees_what_was_never_counted_or_counted_for_nothing(
    db_session: None, change: str
) -> None:
    create_served()
    db.session.flush()
    db.session.execute(sa.text(change))
    assert len(differing()) == 1


@pytest.mark.parametrize(
    ("change", "by_how_many"),
    [
        ("DELETE FROM service_event WHERE id = (SELECT min(id) FROM service_event)", 1),
        # Besides, the contacts that do not count are one fewer than there are.
        (
            (
                "UPDATE service_event SET countable = false, not_countable_reason = 'no_evidence'"
                " WHERE id = (SELECT min(id) FROM service_event)"
            ),
            2,
        ),
    ],
)
def test_the_recount_sees_contacts_their_owner_changed(
    fresh_app: Flask, change: str, by_how_many: int
) -> None:
    with fresh_app.app_context():
        create_served()
        db.session.commit()
        with connect(fresh_app, "DATABASE_OWNER_URL") as connection:
            connection.execute(change.encode())
        assert len(differing()) == by_how_many


def test_an_enterprise_that_moves_park_is_counted_in_both(db_session: None) -> None:
    asker = enterprise_actor(create_enterprise(park_id=park("NH").id).id)
    create_served(asker=asker)
    db.session.execute(
        sa.text("UPDATE enterprise SET park_id = :park WHERE id = :id"),
        {"park": park("SS").id, "id": asker.enterprise_id},
    )
    db.session.expire_all()
    forget_directory()
    create_served(asker=asker)
    rows = db.session.execute(
        sa.select(UsageEnterpriseMonth.park_id, UsageEnterpriseMonth.events)
    ).all()
    assert sorted(rows) == sorted([(park("NH").id, 2), (park("SS").id, 2)]) and differing() == []


@pytest.fixture(scope="module")
def ledger(
    server: object, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """An application whose ledger has seven entries and an anchor, on a database of its own."""
    from tests.conftest import make_app

    database = server.copy(template, f"ledger_{os.getpid()}")  # type: ignore[attr-defined]
    app = make_app(server, database, tmp_path_factory.mktemp("ledger"))  # type: ignore[arg-type]
    with app.app_context():
        for day in (0, 1):
            create_served(now=TUESDAY + day * DAY)
        db.session.commit()
        keep_anchor(now=TUESDAY + 9 * DAY, zone=zone_time())
        correct(db.session.get_one(UsageEntry, 1))
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()
    server.drop(database)  # type: ignore[attr-defined]


def connect(app: Flask, name: str) -> psycopg.Connection[tuple[object, ...]]:
    """Connect past the product, as the role of a setting."""
    return psycopg.connect(
        sa.make_url(app.config[name])
        .set(drivername="postgresql")
        .render_as_string(hide_password=False)
    )


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
