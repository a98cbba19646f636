"""A second ledger needs a declaration and one function of the database: here it counts stamps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, ClassVar

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import DeclarativeBase, Mapped

from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing
from service_portal.ledger.columns import Anchor, Entry, Head
from service_portal.ledger.discipline import Ledger
from tests.conftest import make_app
from tests.factories.tickets import TUESDAY
from tests.services.correcting import DAY, connect

STAMPS = Ledger("stamp", counted="stamps")


class Stamps(DeclarativeBase):
    """The tables of the second ledger, apart from the product's."""

    type_annotation_map: ClassVar = {str: sa.Text}


class StampEntry(Entry, Stamps):
    """So many stamps of a colour."""

    __tablename__ = "stamp_entry"

    colour: Mapped[str]
    stamps: Mapped[int]


class StampHead(Head, Stamps):
    """The head of the stamps."""

    __tablename__ = "stamp_head"


class StampAnchor(Anchor, Stamps):
    """The kept heads of the stamps."""

    __tablename__ = "stamp_anchor"


FUNCTIONS = """
INSERT INTO stamp_head (id, seq, hash) VALUES (1, 0, '\\x00');
CREATE TABLE stamp_sum (colour text PRIMARY KEY, stamps bigint NOT NULL);
CREATE TRIGGER stamp_entry_no_change BEFORE UPDATE OR DELETE ON stamp_entry
    FOR EACH ROW EXECUTE FUNCTION usage_refuse_change();
CREATE FUNCTION stamp_digest(prev bytea, e stamp_entry) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT CASE e.digest_version
        WHEN 1 THEN sha256(prev || convert_to(jsonb_build_array(
            e.seq, extract(epoch FROM e.at), to_char(e.day, 'YYYY-MM-DD'), e.colour, e.stamps,
            e.actor_person_id, e.unique_key, e.reverses, e.reason)::text, 'UTF8'))
        WHEN 2 THEN sha256(prev || convert_to(jsonb_build_array(
            2, e.seq, extract(epoch FROM e.at), e.colour, e.stamps, e.unique_key)::text, 'UTF8'))
    END
$$;
CREATE FUNCTION stamp_append_many(entries jsonb) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE head stamp_head; entry jsonb; e stamp_entry; found_seq bigint;
BEGIN
    SELECT * INTO STRICT head FROM stamp_head WHERE id = 1 FOR UPDATE;
    FOR entry IN SELECT jsonb_array_elements(entries) LOOP
        SELECT seq INTO found_seq FROM stamp_entry WHERE unique_key = entry ->> 'unique_key';
        IF found THEN RETURN NEXT found_seq; CONTINUE; END IF;
        e := jsonb_populate_record(NULL::stamp_entry, entry);
        e.seq := head.seq + 1;
        e.reason := coalesce(e.reason, '');
        e.digest_version := coalesce(e.digest_version, 1);
        e.prev := head.hash;
        e.hash := stamp_digest(head.hash, e);
        INSERT INTO stamp_entry SELECT (e).*;
        head.seq := e.seq; head.hash := e.hash;
        INSERT INTO stamp_sum AS s VALUES (e.colour, e.stamps)
        ON CONFLICT (colour) DO UPDATE SET stamps = s.stamps + excluded.stamps;
        RETURN NEXT e.seq;
    END LOOP;
    UPDATE stamp_head SET seq = head.seq, hash = head.hash WHERE id = 1;
END $$;
CREATE FUNCTION stamp_append(entry jsonb) RETURNS bigint LANGUAGE sql AS $$
    SELECT stamp_append_many(jsonb_build_array(entry))
$$;
"""


@pytest.fixture(scope="module")
def stamps(server: Any, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application on a database of its own that has a ledger of stamps too."""
    database = server.copy(template, f"stamps_{os.getpid()}")
    app = make_app(server, database, tmp_path_factory.mktemp("stamps"))
    owner = sa.create_engine(server.url(database, role="portal_owner"))
    Stamps.metadata.create_all(owner)
    owner.dispose()
    with connect(app, "DATABASE_OWNER_URL") as connection:
        connection.execute(FUNCTIONS.encode())
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    server.drop(database)


@pytest.fixture
def kept(stamps: Flask) -> Iterator[None]:
    """Three entries of yesterday, which are gone after the test."""
    STAMPS.append_many([stamp(key, colour) for key, colour in (("a", "red"), ("b", "blue"))])
    STAMPS.append(stamp("c", "red"))
    yield
    db.session.rollback()


def stamp(key: str, colour: str, **said: object) -> dict[str, object]:
    """Say that three stamps of a colour were there."""
    day = TUESDAY.date().isoformat()
    return {
        "at": TUESDAY.isoformat(),
        "day": day,
        "unique_key": key,
        "colour": colour,
        "stamps": 3,
        **said,
    }


def sums() -> dict[str, int]:
    """Read what the ledger has added up."""
    return {
        row.colour: row.stamps for row in db.session.execute(sa.text("SELECT * FROM stamp_sum"))
    }


def reverse(seq: int) -> int:
    """Take an entry back."""
    return STAMPS.reverse(seq, person_id=None, reason="torn", now=TUESDAY + DAY, zone=zone_time())


def test_entries_are_numbered_without_gaps_and_added_up(kept: None) -> None:
    numbers = db.session.scalars(sa.text("SELECT seq FROM stamp_entry ORDER BY seq")).all()
    assert numbers == [1, 2, 3] and STAMPS.length() == 3
    assert sums() == {"red": 6, "blue": 3}
    assert STAMPS.verify() is None


def test_a_known_key_appends_nothing_and_gives_the_first_number(kept: None) -> None:
    assert STAMPS.append(stamp("b", "green")) == 2
    assert STAMPS.length() == 3


def test_a_reversal_says_the_same_with_the_opposite_count(kept: None) -> None:
    assert reverse(1) == 4
    line = db.session.execute(sa.text("SELECT * FROM stamp_entry WHERE seq = 4")).one()
    assert (line.colour, line.stamps, line.reverses, line.reason) == ("red", -3, 1, "torn")
    assert line.day == (TUESDAY + DAY).date()
    assert sums() == {"red": 3, "blue": 3}
    assert STAMPS.verify() is None


def test_an_entry_is_reversed_once_and_a_reversal_never(kept: None) -> None:
    reverse(1)
    for seq in (1, 4):
        with pytest.raises(Conflict):
            reverse(seq)
    with pytest.raises(Missing):
        reverse(99)


def test_each_entry_is_verified_by_the_digest_it_bears(kept: None) -> None:
    STAMPS.append(stamp("d", "red", digest_version=2))
    STAMPS.append(stamp("e", "red"))
    assert STAMPS.verify() is None


@pytest.mark.parametrize(
    ("act", "fault"),
    [
        ("UPDATE stamp_entry SET stamps = 4 WHERE seq = 2", ("content", 2)),
        ("UPDATE stamp_entry SET digest_version = 2 WHERE seq = 2", ("content", 2)),
        ("UPDATE stamp_entry SET digest_version = 9 WHERE seq = 2", ("content", 2)),
        ("DELETE FROM stamp_entry WHERE seq = 2", ("gap", 3)),
        ("DELETE FROM stamp_entry WHERE seq = 3", ("head", 2)),
    ],
)
def test_what_is_done_behind_its_back_is_found(
    stamps: Flask, act: str, fault: tuple[str, int]
) -> None:
    STAMPS.append_many([stamp(key, "red") for key in ("a", "b", "c")])
    db.session.commit()
    with connect(stamps, "DATABASE_OWNER_URL") as connection:
        connection.execute("ALTER TABLE stamp_entry DISABLE TRIGGER USER")
        connection.execute(act.encode())
        connection.commit()
        found = STAMPS.verify()
        db.session.rollback()
        assert found is not None and (found.kind, found.seq) == fault
        connection.execute("DELETE FROM stamp_entry; DELETE FROM stamp_sum")
        connection.execute("UPDATE stamp_head SET seq = 0, hash = '\\x00'")
        connection.execute("ALTER TABLE stamp_entry ENABLE TRIGGER USER")


def test_a_rewritten_tail_shows_against_the_anchor(kept: None) -> None:
    STAMPS.keep_anchor(now=TUESDAY + DAY, zone=zone_time())
    STAMPS.keep_anchor(now=TUESDAY + DAY, zone=zone_time())
    assert STAMPS.verify() is None
    db.session.execute(sa.text("UPDATE stamp_anchor SET hash = '\\x01'"))
    found = STAMPS.verify()
    assert found is not None and (found.kind, found.seq) == ("anchor", 3)


def test_not_even_the_owner_changes_an_entry(stamps: Flask) -> None:
    STAMPS.append(stamp("a", "red"))
    with pytest.raises(sa.exc.DBAPIError) as refused:
        db.session.execute(sa.text("UPDATE stamp_entry SET stamps = 1"))
    db.session.rollback()
    assert isinstance(refused.value.orig, psycopg.errors.RestrictViolation)
