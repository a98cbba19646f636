"""A zone to back up, on the test server, and empty homes and databases to restore into."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service_portal.launcher import backing_up, restoring
from service_portal.launcher.place import Place
from service_portal.launcher.product import Product
from tests.conftest import ROOT, make_app
from tests.server import TestServer
from tests.services.test_upgrading import load_first_release

FILES = {secrets.token_hex(20): secrets.token_bytes(size) for size in (10, 70_000, 3_000_000)}


@dataclass
class Home:
    """One copy of the product on a database of the test server; nothing of it runs."""

    server: TestServer
    place: Place
    database: str
    owner: str = "portal_owner"
    product: str = "portal_app"

    def settings(self) -> dict[str, str]:
        """Give what an operator with servers of their own sets."""
        return {
            "PORTAL_HOME": str(self.place.home),
            "DATABASE_URL": self.server.url(self.database, role=self.product),
            "DATABASE_OWNER_URL": self.server.url(self.database, role=self.owner),
            "REDIS_URL": os.environ["PORTAL_TEST_REDIS"],
        }

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database as its administrator."""
        with psycopg.connect(self.server.admin_dsn(self.database), autocommit=True) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def count(self, query: str) -> int:
        """Give the number a query asks for."""
        return int(self.rows(query)[0][0])


class Operator:
    """Somebody who types the commands, in one home or another."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch

    def at(self, home: Home, **settings: str) -> Place:
        """Set what belongs to a home."""
        for name in (
            "DATABASE_URL",
            "DATABASE_OWNER_URL",
            "BASE_URL",
            "DEMO",
            "SECRET_KEY",
            "SECURITY_PASSWORD_SALT",
            "SECURITY_TOTP_SECRETS",
        ):
            self.monkeypatch.delenv(name, raising=False)
        for name, value in {**home.settings(), **settings}.items():
            self.monkeypatch.setenv(name, value)
        return home.place

    def backup(self, home: Home, *words: object, **settings: str) -> int:
        """Type `./portal backup …`."""
        return backing_up.backup(self.at(home, **settings), [str(word) for word in words])

    def restore(self, home: Home, *words: object, **settings: str) -> int:
        """Type `./portal restore …`."""
        return restoring.restore(self.at(home, **settings), [str(word) for word in words])


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Operator:
    """Give an operator."""
    return Operator(monkeypatch)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder that the product's user can reach."""
    with tempfile.TemporaryDirectory(prefix="portal-backup-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def zone(server: TestServer, template: str, folder: Path) -> Iterator[Home]:
    """A zone that has a past: the first release's, brought up to date, with three files: two of a
    ticket and one of a figure.
    """
    home = Home(server, Place(folder / "zone"), f"portal_backup_zone_{os.getpid()}")
    load_first_release(server, home.database)
    _migrate(home)
    _open(home)
    _attach(home)
    yield home
    server.drop(home.database)


@pytest.fixture
def empty(server: TestServer, folder: Path) -> Iterator[Home]:
    """A home that does not exist yet, with an empty database."""
    name = secrets.token_hex(4)
    home = Home(server, Place(folder / name), f"portal_backup_{name}")
    server.make(home.database)
    yield home
    server.drop(home.database)


def _migrate(home: Home) -> None:
    from flask_migrate import upgrade

    from service_portal.kernel.db import db

    app = make_app(home.server, home.database, home.place.home, patient=True)
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        db.session.remove()
        db.engine.dispose()


def _open(home: Home) -> None:
    """Let the home know that it holds a zone, with keys of its own."""
    with pytest.MonkeyPatch.context() as patch:
        Operator(patch).at(home)
        home.place.make()
        home.place.keep("zone", "empty")
        Product(home.place).environment()


def _attach(home: Home) -> None:
    # The file of the first release's zone was not kept.
    home.rows("DELETE FROM attachment")
    for number, (name, content) in enumerate(FILES.items(), start=1):
        path = home.place.home / "files" / name[:2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        query = _OF_A_FIGURE if number == len(FILES) else _OF_A_TICKET
        home.rows(query, len(content), sha256(content).hexdigest(), name)


_OF_A_TICKET = """
    INSERT INTO attachment (ticket_id, enterprise_id, purpose, audience, file_name, content_type,
        size, sha256, storage_name, uploaded_by_name, at)
    SELECT id, enterprise_id, 'request', 'shared', 'slip.pdf', 'application/pdf', %s, %s, %s,
        'Lin Wei', now()
    FROM ticket ORDER BY id LIMIT 1
"""
_OF_A_FIGURE = """
    WITH stated AS (
        INSERT INTO fact (enterprise_id, year, code, number, source, at)
        SELECT id, 2025, 'revenue', 500, 'own', now() FROM enterprise ORDER BY id LIMIT 1
        RETURNING id, enterprise_id
    )
    INSERT INTO fact_file (fact_id, enterprise_id, file_name, content_type, size, sha256,
        storage_name, uploaded_by_name, at)
    SELECT id, enterprise_id, 'report.pdf', 'application/pdf', %s, %s, %s, 'Lin Wei', now()
    FROM stated
"""
