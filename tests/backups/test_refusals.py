"""What a backup refuses, finds out and survives, and what a restore does not begin."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service_portal.backups import arrival
from service_portal.launcher import backing_up
from service_portal.launcher.commands import main
from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.product import Product
from service_portal.launcher.snapshots import Snapshot
from service_portal.launcher.steps import Trouble, sentence_of
from tests.backups.conftest import FILES, Home, Operator

pytestmark = pytest.mark.xdist_group("backups")


@pytest.fixture(scope="module")
def whole(zone: Home, folder: Path) -> Path:
    """A backup of the zone."""
    with pytest.MonkeyPatch.context() as patch:
        assert Operator(patch).backup(zone, folder / "sound") == 0
    return folder / "sound"


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """A copy of it to damage."""
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def change(backup: Path, **values: object) -> None:
    """Let a backup say something else of itself."""
    path = backup / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_backup_overwrites_nothing_and_lies_outside_the_home(
    whole: Path, zone: Home, operator: Operator, tmp_path: Path
) -> None:
    with pytest.raises(Trouble, match="is there already, and a backup overwrites nothing"):
        operator.backup(zone, whole)
    with pytest.raises(Trouble, match="lies inside the home"):
        operator.backup(zone, zone.place.home / "backup")
    with pytest.raises(Trouble, match=r"holds no zone.*PORTAL_HOME="):
        operator.backup(
            Home(zone.server, Place(tmp_path / "nothing"), zone.database), tmp_path / "backup"
        )
    assert not (tmp_path / "nothing").exists()


def test_a_backup_is_read_back(
    whole: Path, zone: Home, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert operator.backup(zone, "--check", whole) == 0
    assert "is whole" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["database.dump", "keep/secret-key", "files"])
def test_one_that_is_cut_is_found_out(
    name: str, copy: Path, zone: Home, empty: Home, operator: Operator
) -> None:
    path = (
        copy / name
        if name != "files"
        else max(copy.glob("files/*/*"), key=lambda one: one.stat().st_size)
    )
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(Trouble, match=rf"(?s)is not whole.*{path.name} has"):
        operator.backup(zone, "--check", copy)
    with pytest.raises(Trouble, match="is not whole"):
        operator.restore(empty, copy)
    assert empty.count("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    assert not (empty.place.home / "keep" / "secret-key").exists()


def test_one_whose_rows_are_not_all_there_is_found_out(
    copy: Path, zone: Home, operator: Operator
) -> None:
    tables = json.loads((copy / "manifest.json").read_text())["tables"]
    change(copy, tables={**tables, "ticket": tables["ticket"] + 1})
    with pytest.raises(
        Trouble, match=rf"table ticket: {tables['ticket']} of {tables['ticket'] + 1} rows"
    ):
        operator.backup(zone, "--check", copy)


def test_one_of_a_later_release_is_refused(copy: Path, empty: Home, operator: Operator) -> None:
    change(copy, schema=["ffffffffffff"], release="9.0.0")
    with pytest.raises(Trouble, match=r"made by a newer release \(9.0.0"):
        operator.restore(empty, copy)
    change(copy, format=2)
    with pytest.raises(Trouble, match="made by a newer release"):
        operator.restore(empty, copy)
    assert not empty.place.home.exists()


def test_what_is_no_backup_is_refused(empty: Home, operator: Operator, tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="is no backup"):
        operator.restore(empty, tmp_path)


def test_a_home_that_holds_something_is_left_alone(
    whole: Path, zone: Home, empty: Home, operator: Operator
) -> None:
    before = sorted(zone.place.home.rglob("*"))
    with pytest.raises(
        Trouble, match=rf"(?s){zone.place.home} is not empty.*PORTAL_HOME=/some/folder"
    ):
        operator.restore(Home(empty.server, zone.place, empty.database), whole)
    assert sorted(zone.place.home.rglob("*")) == before


def test_a_database_that_holds_something_is_left_alone(
    whole: Path, zone: Home, empty: Home, operator: Operator
) -> None:
    tickets = zone.count("SELECT count(*) FROM ticket")
    with pytest.raises(Trouble, match=r"DATABASE_URL is not empty: it holds \d+ tables"):
        operator.restore(Home(empty.server, empty.place, zone.database), whole)
    assert zone.count("SELECT count(*) FROM ticket") == tickets
    assert (
        not (empty.place.home / "files").exists()
        and not (empty.place.home / "keep" / "zone").exists()
    )


def test_a_key_that_is_set_to_another_value_is_named(
    whole: Path, empty: Home, operator: Operator
) -> None:
    with pytest.raises(Trouble, match="SECURITY_PASSWORD_SALT is set to another value"):
        operator.restore(empty, whole, SECURITY_PASSWORD_SALT="another-salt-0123456789")


def test_a_key_that_is_set_outside_is_in_the_backup(
    zone: Home, operator: Operator, tmp_path: Path
) -> None:
    operator.backup(zone, tmp_path / "one", SECRET_KEY="set-outside-0123456789")
    assert (tmp_path / "one" / "keep" / "secret-key").read_text() == "set-outside-0123456789"


def test_a_lost_attachment_is_named_and_the_rest_is_backed_up(
    zone: Home, operator: Operator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = next(iter(FILES))
    path = zone.place.home / "files" / name[:2] / name
    path.rename(tmp_path / name)
    try:
        assert operator.backup(zone, tmp_path / "backup") == 1
        assert "!! 1 attachment was missing or damaged before the backup" in capsys.readouterr().out
        assert json.loads((tmp_path / "backup" / "manifest.json").read_text())["lost"] == [name]
        assert zone.rows("SELECT lost_files FROM backup_run ORDER BY id DESC LIMIT 1") == [(1,)]
    finally:
        (tmp_path / name).rename(path)


@pytest.mark.parametrize("planted", ["link", "folder", "pipe"])
def test_what_is_no_file_where_an_attachment_belongs_is_lost_and_not_followed(
    zone: Home, operator: Operator, tmp_path: Path, planted: str
) -> None:
    name = next(iter(FILES))
    folder = zone.place.home / "files" / name[:2]
    folder.rename(tmp_path / "aside")
    shutil.copytree(tmp_path / "aside", tmp_path / "elsewhere")
    try:
        if planted == "folder":
            folder.symlink_to(tmp_path / "elsewhere")
        else:
            folder.mkdir()
        if planted == "link":
            (folder / name).symlink_to(tmp_path / "elsewhere" / name)
        if planted == "pipe":
            os.mkfifo(folder / name)
        assert operator.backup(zone, tmp_path / "backup") == 1
        manifest = json.loads((tmp_path / "backup" / "manifest.json").read_text())
        assert name in manifest["lost"] and not [one for one in manifest["files"] if name in one]
    finally:
        folder.unlink() if folder.is_symlink() else shutil.rmtree(folder)
        (tmp_path / "aside").rename(folder)


def test_a_row_that_names_a_path_leads_nowhere(
    zone: Home, operator: Operator, tmp_path: Path
) -> None:
    # Whoever owns the tables can take away the check of names.
    zone.rows("ALTER TABLE attachment DROP CONSTRAINT ck_attachment_storage_name")
    name, path = next(iter(FILES)), "../../outside"
    rename = "UPDATE attachment SET storage_name = %s WHERE storage_name = %s"
    zone.rows(rename, path, name)
    (zone.place.home / "outside").mkdir(exist_ok=True)
    (zone.place.home.parent / "outside").touch()
    try:
        assert operator.backup(zone, tmp_path / "to" / "backup") == 1
        manifest = json.loads((tmp_path / "to" / "backup" / "manifest.json").read_text())
        assert manifest["lost"] == [path]
        assert [one.name for one in (tmp_path / "to").iterdir()] == ["backup"]
    finally:
        zone.rows(rename, name, path)
        zone.rows(
            "ALTER TABLE attachment ADD CONSTRAINT ck_attachment_storage_name"
            " CHECK (storage_name ~ '^[0-9a-f]{32,64}$')"
        )
        (zone.place.home / "outside").rmdir()
        (zone.place.home.parent / "outside").unlink()


@pytest.mark.parametrize(("table", "number"), [("attachment", 0), ("fact_file", -1)])
def test_a_file_that_is_discarded_meanwhile_is_not_lost(
    zone: Home, operator: Operator, tmp_path: Path, table: str, number: int
) -> None:
    name = list(FILES)[number]
    path = zone.place.home / "files" / name[:2] / name
    (row,) = zone.rows(f"SELECT to_jsonb(a) FROM {table} AS a WHERE storage_name = %s", name)
    product = Product(operator.at(zone))
    (tmp_path / "part").mkdir()
    try:
        with Snapshot(product) as snapshot:
            zone.rows(f"DELETE FROM {table} WHERE storage_name = %s", name)
            path.rename(tmp_path / name)
            manifest = backing_up._fill(tmp_path / "part", product, snapshot, None)
        assert manifest.gone == [name] and manifest.lost == []
    finally:
        zone.rows(
            f"INSERT INTO {table} OVERRIDING SYSTEM VALUE"
            f" SELECT * FROM jsonb_populate_record(NULL::{table}, %s::jsonb)",
            json.dumps(row[0]),
        )
        (tmp_path / name).rename(path)


def test_a_restore_forgets_what_was_discarded_meanwhile(zone: Home) -> None:
    facts: dict[str, Any] = {"tables": {}, "grants": "", "roles": {}, "gone": list(FILES)}
    with psycopg.connect(zone.server.admin_dsn(zone.database)) as connection:
        arrival.arrive(connection, facts)
        for table in ("attachment", "fact_file"):
            left = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert left == (0,), table
        connection.rollback()


def test_a_full_disk_leaves_nothing(zone: Home, operator: Operator, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=False
        ).returncode
        != 0
    ):
        pytest.skip("a small disk can be mounted by root only")
    try:
        with pytest.raises((Trouble, OSError)) as full:
            operator.backup(zone, disk / "backup")
        said = sentence_of(full.value) if isinstance(full.value, OSError) else str(full.value)
        assert "The disk is full" in str(said) and list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_one_that_is_killed_leaves_no_backup_and_is_made_at_the_next_try(
    zone: Home, operator: Operator, tmp_path: Path
) -> None:
    target, part = tmp_path / "backup", tmp_path / "backup.part"
    env = {**os.environ, **zone.settings()}
    child = subprocess.Popen([sys.executable, str(ROOT / "portal"), "backup", str(target)], env=env)
    until = time.monotonic() + 60
    while not (part / "database.dump").exists() and time.monotonic() < until:
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert part.exists() and not target.exists()
    assert operator.backup(zone, target) == 0
    assert not part.exists() and (target / "manifest.json").exists()


def test_the_commands_say_it_in_a_sentence(
    whole: Path, zone: Home, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.at(zone)
    assert main(["backup", str(whole)]) == 1
    assert "is there already" in capsys.readouterr().out
