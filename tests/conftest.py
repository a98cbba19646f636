"""Fixtures every test shares: an application on a real PostgreSQL, a session that is rolled back,
people who sign in, a clock to set.

The test server is started by `./portal test`, which names it in PORTAL_TEST_SERVER. A template
database is made once by the real migrations; each worker of pytest-xdist gets a copy of its own.
"""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.nodeid import NodeId
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from passlib.context import CryptContext

from config import load_settings
from service_portal.kernel import clock as kernel_clock
from service_portal.kernel.acting import insist
from service_portal.kernel.db import db
from tests.clock import SetClock
from tests.live import Live
from tests.server import TestServer

if TYPE_CHECKING:
    from tests.signing_in import SignIn

ROOT = Path(__file__).resolve().parent.parent
TOTP_SECRETS = "1:a-secret-for-tests-only-fedcba9876543210"
DATA = ROOT.parent / "shared" / "data"
# The laws read all of the code: one worker reads it once.
LAWS = "tests/architecture/"
# Tests that take no time: they fill up what the others leave at the end.
SHORT = "tests/rules/"
# A password that is hashed for a test guards nothing.
CHEAP = {"argon2__time_cost": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}


def pytest_configure(config: pytest.Config) -> None:
    """Let all applications of a run share what templates are compiled to.

    While modules are loaded nothing is garbage yet; looking for it takes a third of that time.
    """
    gc.disable()
    if not hasattr(config, "workerinput"):
        folder = tempfile.TemporaryDirectory(prefix="portal-test-templates-")
        config.add_cleanup(folder.cleanup)
        os.environ["PORTAL_TEST_TEMPLATES"] = folder.name


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several workers run, let what takes long begin first and the many short tests last.

    Write a test's group into its id, where pytest-xdist looks for it: its own attempt (3.8) no
    longer reaches the ids of pytest 9.2.
    """
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        if item.nodeid.startswith(LAWS):
            item.add_marker(pytest.mark.xdist_group("laws"))
    items.sort(key=_turn)
    for item in items:
        group = item.get_closest_marker("xdist_group")
        if group is not None and not item.nodeid.endswith(f"@{group.args[0]}"):
            item._id = NodeId.parse(f"{item.nodeid}@{group.args[0]}")


def _turn(item: pytest.Item) -> tuple[bool, bool, bool]:
    """Say when a test's turn comes: whole groups that are slow, slow ones, groups, all others."""
    return (
        item.get_closest_marker("slow") is None,
        item.get_closest_marker("xdist_group") is None,
        item.nodeid.startswith(SHORT),
    )


def pytest_collection_finish() -> None:
    """Spare what is imported by now the searches for garbage: it stays to the end."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin with clean servers where they are those that stay between runs. Whoever goes in by an
    entrance of the product must say for whom; what tests do themselves is theirs.
    """
    insist("tests")
    if os.environ.get("PORTAL_TEST_RESIDENT") and not hasattr(session.config, "workerinput"):
        from redis import Redis

        _server().sweep()
        Redis.from_url(os.environ["PORTAL_TEST_REDIS"]).flushall()


@pytest.fixture(scope="session")
def server() -> TestServer:
    """The test PostgreSQL; without one nothing can be proven, so the run stops with a word."""
    if not os.environ.get("PORTAL_TEST_SERVER"):
        pytest.exit("PORTAL_TEST_SERVER is not set: run the tests with ./portal test", returncode=2)
    return _server()


def _server() -> TestServer:
    return TestServer(
        os.environ["PORTAL_TEST_SERVER"], name=os.environ.get("PORTAL_TEST_NAME", "test")
    )


def make_app(
    server: TestServer, database: str, home: Path, *, patient: bool = False, **settings: str
) -> Flask:
    """Build an application on one of the test server's databases."""
    from service_portal.app import create_app
    from service_portal.cli import init_cli

    home.mkdir(parents=True, exist_ok=True)
    environment = {
        "DATABASE_URL": server.url(database, role="portal_app"),
        "DATABASE_OWNER_URL": server.url(database, role="portal_owner"),
        "REDIS_URL": (
            os.environ.get("PORTAL_TEST_REDIS")
            or os.environ.get("REDIS_URL")
            or "redis://127.0.0.1:1/0"
        ),
        "SECRET_KEY": "a-secret-for-tests-only-0123456789abcdef",
        "SECURITY_PASSWORD_SALT": "1234567890123456",
        "SECURITY_TOTP_SECRETS": TOTP_SECRETS,
        "BASE_URL": "http://localhost",
        "TRUSTED_HOSTS": "localhost",
        "PORTAL_HOME": str(home),
        "DEMO": "true",
        "DEFAULT_LOCALE": "en",
        "LOG_LEVEL": "ERROR",
        # Tests file faster than any office; those of the limit set one.
        "FILINGS_PER_MINUTE": "0",
        **settings,
    }
    app = create_app(load_settings(environment), patient=patient)
    init_cli(app)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(os.environ["PORTAL_TEST_TEMPLATES"])
    library = app.extensions["security"]
    app.extensions["true_passwords"] = library.pwd_context
    library.pwd_context = library.pwd_context.copy(**CHEAP)
    return app


@pytest.fixture(scope="session")
def template(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database with zone skeleton, calendar and catalogue in it."""
    return server.template(lambda name: _fill(server, name, tmp_path_factory.mktemp("template")))


def _fill(server: TestServer, database: str, home: Path) -> None:
    from flask_migrate import upgrade

    from service_portal.folders import seed
    from service_portal.kernel.unit_of_work import unit_of_work
    from service_portal.web.acting import loading

    app = make_app(server, database, home)
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        with unit_of_work(), loading():
            seed(now=kernel_clock.now())
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def app(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The application most tests share; use it through `db_session`."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    database = server.copy(template, f"{worker}")
    made = make_app(server, database, tmp_path_factory.mktemp("home"))
    yield made
    with made.app_context():
        db.engine.dispose()
    server.drop(database)


@pytest.fixture
def db_session(app: Flask) -> Iterator[None]:
    """Everything a test does to the database, commits included, is undone after it."""
    with app.app_context():
        engines = db._app_engines[app]
        engine = engines[None]
        connection = engine.connect()
        transaction = connection.begin()
        # Flask-SQLAlchemy keeps engines; a session is bound to a connection as well.
        engines[None] = connection  # type: ignore[assignment]
        shared = db.session
        db.session = db._make_scoped_session(
            {"join_transaction_mode": "create_savepoint", "expire_on_commit": False}
        )
        try:
            yield
        finally:
            db.session.remove()
            db.session = shared
            engines[None] = engine
            transaction.rollback()
            connection.close()


@pytest.fixture
def fresh_app(
    server: TestServer, template: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Flask]:
    """An application on a database of its own, for tests with real commits and real concurrency."""
    database = server.copy(
        template, f"fresh_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**8}"
    )
    made = make_app(server, database, tmp_path / "home")
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()
    server.drop(database)


@pytest.fixture
def clock() -> Iterator[SetClock]:
    """Set the time: `clock(datetime(...))`. Afterwards the wall clock rules again."""

    def at(moment: datetime) -> None:
        kernel_clock.follow(lambda: moment)

    at(datetime(2026, 11, 24, 2, 0, tzinfo=UTC))
    yield at
    kernel_clock.follow(None)


@pytest.fixture
def true_passwords(app: Flask, monkeypatch: pytest.MonkeyPatch) -> CryptContext:
    """Let hashing a password cost what it costs in earnest."""
    monkeypatch.setattr(app.extensions["security"], "pwd_context", app.extensions["true_passwords"])
    return app.extensions["true_passwords"]


@pytest.fixture
def client(app: Flask, db_session: None) -> FlaskClient:
    """A browser nobody has signed in to."""
    return app.test_client()


@pytest.fixture
def client_as(app: Flask, db_session: None) -> SignIn:
    """Sign somebody in: `client_as(Role.STATION_LEAD, station_id=…)` or `client_as(person=…)`.

    The actor is `client.actor`.
    """
    from tests.signing_in import sign_in

    return partial(sign_in, app)


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The whole product with the demo zone; shared by the tests marked `xdist_group("live")`.

    Below /tmp, where servers that run as another user can reach it.
    """
    with tempfile.TemporaryDirectory(prefix="portal-live-", dir="/tmp") as folder:
        running = Live(Path(folder))
        yield running
        running.stop()
