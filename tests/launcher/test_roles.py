"""Each role of the launcher's database has a password of its own, also in a home where all three
had one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from service_portal.launcher.ownership import open_home
from service_portal.launcher.place import Place
from service_portal.launcher.postgres import Postgres
from service_portal.launcher.privileges import users
from service_portal.launcher.roles import FORMER, ROLES, passwords, prepare
from service_portal.launcher.steps import Trouble
from service_portal.launcher.supervisor import Supervisor

pytestmark = pytest.mark.slow
FIRST_RELEASE = """
    CREATE ROLE portal_owner LOGIN PASSWORD '{0}'; CREATE ROLE portal_app LOGIN PASSWORD '{0}';
    CREATE DATABASE portal OWNER portal_owner
"""


@pytest.fixture
def first_release() -> Iterator[tuple[Place, Postgres]]:
    """The running database of a home as the first release makes it:
    one password for three roles.
    """
    with tempfile.TemporaryDirectory(prefix="portal-", dir="/tmp") as name:
        place = Place(Path(name))
        place.make()
        open_home(place.home, users().product)
        former = place.secret(FORMER)
        made = _server(place, dict.fromkeys(ROLES, former))
        made.make()
        supervisor = Supervisor(place.logs)
        try:
            supervisor.start(made.part())
            with psycopg.connect(made.url(database="postgres"), autocommit=True) as connection:
                for statement in FIRST_RELEASE.format(former).split(";"):
                    connection.execute(statement)
            yield place, _server(place, passwords(place))
        finally:
            supervisor.stop()


def _server(place: Place, known: dict[str, str]) -> Postgres:
    return Postgres(place.home / "pg", place.packages, user=users().database, passwords=known)


def _opens(server: Postgres, role: str, password: str) -> bool:
    try:
        psycopg.connect(server.url(role, password=password)).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        return False
    return True


def test_a_home_with_one_password_for_three_roles_gets_three(
    first_release: tuple[Place, Postgres], capsys: pytest.CaptureFixture[str]
) -> None:
    place, server = first_release
    former = place.secret(FORMER)
    prepare(server, place, is_new=False)
    assert "a password of its own" in capsys.readouterr().out
    assert len({*server.passwords.values(), former}) == 4
    for role in ROLES:
        assert [_opens(server, role, one) for one in (*server.passwords.values(), former)] == [
            one == server.passwords[role] for one in (*server.passwords.values(), former)
        ]
    assert not (place.home / "keep" / FORMER).exists()
    prepare(server, place, is_new=False)
    assert capsys.readouterr().out == ""


def test_a_database_whose_passwords_are_elsewhere_says_what_to_copy(
    first_release: tuple[Place, Postgres],
) -> None:
    place, server = first_release
    place.keep(FORMER, "another")
    with pytest.raises(Trouble, match=r"does not take the passwords .* Copy the folder keep/"):
        prepare(server, place, is_new=False)


def test_no_password_reaches_the_servers_log(first_release: tuple[Place, Postgres]) -> None:
    place, server = first_release
    with psycopg.connect(server.url(password=place.secret(FORMER)), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
    prepare(server, place, is_new=False)
    said = (place.logs / "postgres.log").read_text()
    assert "alter role" in said and not [one for one in server.passwords.values() if one in said]
