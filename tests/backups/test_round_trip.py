"""A zone is backed up and restored on other servers: whole, with its rights, and with no mail sent
twice.
"""

from __future__ import annotations

import json
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from service_portal.launcher.place import Place
from service_portal.launcher.product import Product
from service_portal.launcher.steps import Trouble
from service_portal.launcher.supervisor import Supervisor
from tests.backups.conftest import FILES, Home, Operator
from tests.conftest import make_app
from tests.server import TestServer
from tests.services.test_upgrading import load_first_release, schema_of

pytestmark = pytest.mark.xdist_group("backups")

# The zone has mails of the first release, in the messages themselves, and more that followed.
MAILS = """
    (SELECT state, drop_reason FROM notification WHERE channel = 'mail'
        UNION ALL SELECT state, drop_reason FROM notification_delivery) AS mails
"""
WAITING = f"SELECT count(*) FROM {MAILS} WHERE state IN ('queued', 'sending')"
HELD = f"SELECT count(*) FROM {MAILS} WHERE state = 'held'"
SIGN_IN = """
    INSERT INTO person_session (key, person_id, address, agent, created_at, last_used_at)
    SELECT 'a browser', min(id), '127.0.0.1', 'a browser', now(), now() FROM person
"""
PEOPLE = "SELECT id, password, fs_uniquifier FROM person ORDER BY id"


@dataclass
class Restored:
    """A zone, its backup, and what became of it elsewhere."""

    zone: Home
    backup: Path
    home: Home
    waited: int
    said: str


@pytest.fixture(scope="module")
def restored(server: TestServer, zone: Home, folder: Path) -> Iterator[Restored]:
    """The zone restored from a backup that was made while a worker and a sender were at work.

    The home is one in which an earlier restore was cut off.
    """
    zone.rows(
        "UPDATE outbox SET done_at = NULL, attempts = 3, lease_until = now() + interval '1 hour'"
        " WHERE id = 1"
    )
    zone.rows(SIGN_IN)
    zone.rows(
        "UPDATE notification SET state = 'sending', lease_until = now() + interval '1 hour' "
        "WHERE id = (SELECT min(id) FROM notification WHERE state = 'queued')"
    )
    home = Home(server, Place(folder / "restored"), f"portal_backup_{secrets.token_hex(4)}")
    server.make(home.database)
    with pytest.MonkeyPatch.context() as patch:
        operator, backup = Operator(patch), folder / "whole"
        assert operator.backup(zone, backup) == 0
        place = operator.at(home)
        place.make()
        place.restoring.write_text(f"{backup}\n")
        place.keep("secret-key", "of a restore that was cut off")
        with pytest.raises(Trouble, match=rf"was cut off.*begins anew: ./portal restore {backup}"):
            Product(place).start_servers(Supervisor(place.logs))
        printed: list[str] = []
        patch.setattr("service_portal.launcher.restoring.say", printed.append)
        waited = zone.count(WAITING)
        assert operator.restore(home, backup) == 0
        assert not place.restoring.exists()
    yield Restored(zone, backup, home, waited, "\n".join(printed))
    server.drop(home.database)


def test_it_is_whole(restored: Restored) -> None:
    zone, home = restored.zone, restored.home
    made = json.loads((restored.backup / "manifest.json").read_text())["tables"]
    for table in ("ticket", "usage_entry", "person", "message"):
        count = f"SELECT count(*) FROM {table}"
        assert home.count(count) == zone.count(count) == made[table] > 0
    for name, content in FILES.items():
        assert (home.place.home / "files" / name[:2] / name).read_bytes() == content
    for name in ("secret-key", "password-salt", "totp-secrets", "zone"):
        kept, wanted = (one.place.home / "keep" / name for one in (home, zone))
        assert kept.read_bytes() == wanted.read_bytes()
    assert schema(home) == schema(zone)
    assert "3 attachments" in restored.said and "differs" not in restored.said


def test_no_mail_of_before_is_on_its_way(restored: Restored) -> None:
    assert restored.waited > 0
    held = restored.home.count(HELD)
    assert held >= restored.waited and restored.home.count(WAITING) == 0
    assert f"{held:,} mails from before are held" in restored.said


def test_what_was_under_way_has_come_to_its_end(restored: Restored) -> None:
    assert (
        restored.home.rows("SELECT event, attempts, last_error FROM outbox WHERE done_at IS NULL")
        == []
    )
    assert restored.home.count("SELECT count(*) FROM heartbeat") == 0


def test_passwords_stay_and_sessions_end(restored: Restored) -> None:
    before, after = restored.zone.rows(PEOPLE), restored.home.rows(PEOPLE)
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert not {row[2] for row in after} & {row[2] for row in before}
    open_sessions = "SELECT count(*) FROM person_session WHERE ended_at IS NULL"
    assert (restored.zone.count(open_sessions), restored.home.count(open_sessions)) == (1, 0)


def test_the_database_knows_what_it_is_from(restored: Restored) -> None:
    rows = restored.home.rows(
        "SELECT kind, succeeded, files FROM backup_run ORDER BY id DESC LIMIT 2"
    )
    assert rows == [("restore", True, 3), ("manual", True, 3)]


def test_the_operator_sends_or_drops_what_is_held(restored: Restored, tmp_path: Path) -> None:
    home, held = restored.home, restored.home.count(HELD)
    runner = make_app(home.server, home.database, tmp_path).test_cli_runner()

    def said(*words: str) -> str:
        return runner.invoke(args=["portal", "held-mail", *words]).output

    assert f"{held:,} mails are held" in said()
    assert f"{held:,} mails are dropped" in said("drop")
    dropped = home.rows(f"SELECT DISTINCT drop_reason FROM {MAILS} WHERE state = 'dropped'")
    assert ("operator",) in dropped and home.count(HELD) == 0
    for table in ("notification", "notification_delivery"):
        home.rows(
            f"UPDATE {table} SET state = 'held', drop_reason = NULL WHERE drop_reason = 'operator'"
        )
    assert f"{held:,} mails go on their way" in said("send")
    assert home.count(WAITING) == held and "No mail is held" in said()


def test_one_of_the_first_release_is_brought_up_to_date_for_roles_of_another_name(
    server: TestServer,
    zone: Home,
    empty: Home,
    operator: Operator,
    folder: Path,
) -> None:
    old = Home(server, zone.place, f"{empty.database}_old")
    load_first_release(server, old.database)
    old.rows("DELETE FROM attachment")
    empty.owner, empty.product = "town_owner", "town-app"
    for role in (empty.owner, empty.product):
        empty.rows(f'DROP ROLE IF EXISTS "{role}"')
        empty.rows(f'CREATE ROLE "{role}" LOGIN')
    empty.rows(f'ALTER DATABASE "{empty.database}" OWNER TO town_owner')
    try:
        assert operator.backup(old, folder / "old") == 0
        assert operator.restore(empty, folder / "old") == 0
        renamed = [
            one.replace('"town-app"', "portal_app").replace("town_owner", "portal_owner")
            for one in schema(empty)
        ]
        assert sorted(renamed) == schema(zone)
        address = server.url(empty.database, role="town-app").replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as app:
            assert app.execute("SELECT count(*) FROM usage_entry").fetchone() != (0,)
            for forbidden in ("DELETE FROM usage_entry", "DELETE FROM backup_run"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(forbidden)
    finally:
        for database in (old.database, empty.database):
            server.drop(database)
        for role in (empty.owner, empty.product):
            server._execute(f'DROP ROLE "{role}"')


def test_a_restore_says_what_a_recount_finds(restored: Restored, operator: Operator) -> None:
    from service_portal.launcher.restoring import _recount

    home = restored.home
    product = Product(operator.at(home))
    home.rows("UPDATE usage_month SET events = events + 1")
    assert "DIFFERS" in _recount(product)
    home.rows("UPDATE usage_month SET events = events - 1")
    assert _recount(product) == ""


def test_only_its_owner_reads_a_backup_and_what_is_restored(restored: Restored) -> None:
    for path in [restored.backup, *restored.backup.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    for path in (restored.home.place.home / "files").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def schema(home: Home) -> list[str]:
    """Give everything a database is made of; whose the schema itself is depends on how the database
    was made.
    """
    found = schema_of(home.server, home.database)
    return [one for one in found if "ALTER SCHEMA" not in one and "ON SCHEMA public TO" not in one]
