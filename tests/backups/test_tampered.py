"""A backup that somebody has changed gives them the data they put into it, and nothing of the
machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from service_portal.launcher import database_tools
from service_portal.launcher.archives import check
from service_portal.launcher.steps import Trouble
from tests.backups.conftest import FILES, Home, Operator

pytestmark = pytest.mark.xdist_group("backups")

CONTENT = b"somebody else's"
NAME = "ab" + "0" * 38


@pytest.fixture(scope="module")
def whole(zone: Home, folder: Path) -> Path:
    """A backup of the zone."""
    with pytest.MonkeyPatch.context() as patch:
        assert Operator(patch).backup(zone, folder / "untouched") == 0
    return folder / "untouched"


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """A copy of it to tamper with."""
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def name(backup: Path, inside: str, content: bytes = CONTENT) -> None:
    """Let a backup name one more file."""
    path = backup / "manifest.json"
    known = json.loads(path.read_text())
    known["files"][inside] = [len(content), sha256(content).hexdigest()]
    path.write_text(json.dumps(known))


@pytest.mark.parametrize(
    "inside",
    [
        "files/../../pwned",
        "files/ab/../../../pwned",
        "/tmp/pwned",
        "pwned",
        "keep/pwned",
        "keep/postgres-password",
        "keep/../pwned",
        f"files/cd/{NAME}",
        f"files/ab/{NAME}\n",
        f"files/ab/{NAME.upper()}",
        "files//" + NAME,
        "",
    ],
)
def test_a_name_that_no_backup_holds_is_refused_before_anything_is_made(
    inside: str, copy: Path, empty: Home, operator: Operator
) -> None:
    name(copy, inside)
    with pytest.raises(Trouble, match="was changed after it was made: it names"):
        operator.restore(empty, copy)
    with pytest.raises(Trouble, match="was changed after it was made: it names"):
        operator.backup(empty, "--check", copy)
    assert not empty.place.home.exists()


def _link_file(copy: Path, aside: Path) -> str:
    found = max(copy.glob("files/*/*"))
    found.rename(aside)
    found.symlink_to(aside)
    return found.name


def _link_folder(copy: Path, aside: Path) -> str:
    found = max(copy.glob("files/*"))
    found.rename(aside)
    found.symlink_to(aside)
    return found.name


def _link_files(copy: Path, aside: Path) -> str:
    (copy / "files").rename(aside)
    (copy / "files").symlink_to(aside)
    return "files"


def _link_key(copy: Path, aside: Path) -> str:
    (copy / "keep" / "secret-key").rename(aside)
    (copy / "keep" / "secret-key").symlink_to(aside)
    return "keep/secret-key"


def _link_dump(copy: Path, aside: Path) -> str:
    (copy / "database.dump").rename(aside)
    (copy / "database.dump").symlink_to(aside)
    return "database.dump"


def _pipe(copy: Path, aside: Path) -> str:
    (copy / "keep" / "secret-key").unlink()
    os.mkfifo(copy / "keep" / "secret-key")
    return "keep/secret-key"


def _folder(copy: Path, aside: Path) -> str:
    (copy / "database.dump").unlink()
    (copy / "database.dump").mkdir()
    return "database.dump"


@pytest.mark.parametrize(
    "change", [_link_file, _link_folder, _link_files, _link_key, _link_dump, _pipe, _folder]
)
def test_what_is_no_plain_file_is_refused_before_anything_is_made(
    change: Callable[[Path, Path], str],
    copy: Path,
    empty: Home,
    operator: Operator,
    tmp_path: Path,
) -> None:
    changed = change(copy, tmp_path / "aside")
    said = (
        rf"was changed after it was made: \S*{changed}\S* is no plain file, or lies behind a link"
    )
    with pytest.raises(Trouble, match=said):
        operator.restore(empty, copy)
    with pytest.raises(Trouble, match=said):
        operator.backup(empty, "--check", copy)
    assert not empty.place.home.exists()


@pytest.mark.parametrize(
    "files", [{"database.dump": "x"}, {"database.dump": [1]}, ["database.dump"], {"a": ["1", "2"]}]
)
def test_a_manifest_of_another_shape_is_damaged(
    files: object, copy: Path, empty: Home, operator: Operator
) -> None:
    path = copy / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "files": files}))
    with pytest.raises(Trouble, match="is damaged"):
        operator.restore(empty, copy)


def test_a_link_that_is_put_there_after_the_check_is_not_followed(
    copy: Path, empty: Home, operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service_portal.launcher import restoring

    looked = check

    def swap(*given: Any, **named: Any) -> None:
        looked(*given, **named)
        _link_file(copy, tmp_path / "aside")

    monkeypatch.setattr(restoring, "check", swap)
    with pytest.raises(Trouble, match="has gone since it was checked"):
        operator.restore(empty, copy)
    assert not (empty.place.home / "files").exists()


def test_an_attachment_with_another_kind_of_name_is_named_as_lost(
    zone: Home, operator: Operator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Whoever owns the tables can take away the check of names.
    zone.rows("ALTER TABLE attachment DROP CONSTRAINT ck_attachment_storage_name")
    one, other = next(iter(FILES)), "not-a-name-of-ours"
    rename = "UPDATE attachment SET storage_name = %s WHERE storage_name = %s"
    zone.rows(rename, other, one)
    try:
        assert operator.backup(zone, tmp_path / "backup") == 1
        assert other in capsys.readouterr().out
        assert operator.backup(zone, "--check", tmp_path / "backup") == 0
    finally:
        zone.rows(rename, one, other)
        zone.rows(
            "ALTER TABLE attachment ADD CONSTRAINT ck_attachment_storage_name"
            " CHECK (storage_name ~ '^[0-9a-f]{32,64}$')"
        )


def _dump(home: Home, tools: Path, target: Path, statement: str) -> None:
    """Write a dump of the home's database whose definition of a table goes on with a statement."""
    filler = "A" * 400
    home.rows(f"CREATE TABLE public.t (a text DEFAULT '{filler}')")
    command = [
        str(tools / "pg_dump"),
        "--format=custom",
        "--schema=public",
        f"--file={target}",
        f"--dbname={home.server.admin_dsn(home.database)}",
    ]
    subprocess.run(command, check=True)
    home.rows("DROP TABLE public.t")
    room = len(filler) + 2
    said = f"'x');\n{statement}\n--".ljust(room, "-").encode()
    content = target.read_bytes()
    assert len(said) == room and content.count(f"'{filler}'".encode()) == 1
    target.write_bytes(content.replace(f"'{filler}'".encode(), said))


@pytest.mark.parametrize(
    "statement",
    ["\\! touch {0}", "\\o {0}", "COPY t FROM PROGRAM 'touch {0}';", "COPY t TO '{0}';"],
)
def test_a_dump_runs_nothing_on_this_machine(
    statement: str, zone: Home, empty: Home, operator: Operator, folder: Path, tmp_path: Path
) -> None:
    marker = folder / "pwned"
    folder.chmod(0o777)
    place = operator.at(zone)
    tools = max(database_tools.tools(place).items())[1]
    _dump(empty, tools, tmp_path / "a.dump", statement.format(marker))
    url = zone.server.url(empty.database, role=empty.owner)
    with pytest.raises(Trouble, match="could not be restored; nothing of it was kept"):
        database_tools.restore(tools, url, tmp_path / "a.dump", python=place.python)
    assert not marker.exists()
    assert empty.count("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_a_dump_for_an_owner_with_the_servers_powers_is_refused(
    copy: Path, empty: Home, operator: Operator
) -> None:
    empty.owner = "postgres"
    with pytest.raises(Trouble, match=r"may do more on the database server.*superuser"):
        operator.restore(empty, copy)
    assert not (empty.place.home / "files").exists()
