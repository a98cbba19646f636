"""What tests of security share: requests that know nothing of each other, as those of a server;
people with a second factor; a whole world that is watched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask, g, request_started

from service_portal.kernel.db import db
from tests.clock import SetClock
from tests.conftest import make_app
from tests.phones import MOMENT, Owner, set_up, somebody
from tests.security.asking import OWNED
from tests.security.watching import Watch
from tests.server import TestServer


@pytest.fixture(autouse=True)
def strangers() -> Iterator[None]:
    """Let no request find who was signed in at the one before; a test that holds the application's
    context would keep them.
    """

    def forget(*_about: Any, **_more: Any) -> None:
        g.pop("_login_user", None)

    with request_started.connected_to(forget):
        yield


@pytest.fixture
def zone(app: Flask, db_session: None, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A zone that is no demo."""
    monkeypatch.setitem(app.config, "DEMO", False)
    return app


@pytest.fixture
def owner(zone: Flask, clock: SetClock) -> Owner:
    """Somebody with a second factor, a minute later."""
    clock(MOMENT)
    person = somebody()
    phone, codes = set_up(zone, person, MOMENT)
    clock(MOMENT + timedelta(minutes=1))
    return person, phone, codes


@pytest.fixture
def limits(app: Flask) -> Iterator[dict[str, Any]]:
    """The settings of what one side may do, put back afterwards."""
    names = ("FILINGS_PER_MINUTE", "FILES_PER_TICKET", "STORAGE_PER_ENTERPRISE_MB")
    kept = {name: app.config[name] for name in names}
    app.extensions.pop("portal_pace", None)
    yield app.config
    app.config.update(kept)
    app.extensions.pop("portal_pace", None)


@pytest.fixture(scope="module")
def watch(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watch]:
    """Build the world once, on a database of its own whose ids are long enough to be found in a
    page.
    """
    database = server.copy(template, f"leaks_{os.getpid()}")
    with psycopg.connect(
        server.admin_url.set(drivername="postgresql", database=database).render_as_string(
            hide_password=False
        ),
        autocommit=True,
    ) as connection:
        # Lines have the numbers of their entries.
        connection.execute("UPDATE money_head SET seq = 709000000")
        for number, table in enumerate(sorted(set(OWNED.values()) - {"credit_line"})):
            connection.execute(
                f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH {710_000_001 + number * 10_000}"
            )
    app = make_app(server, database, tmp_path_factory.mktemp("leaks"))
    yield Watch(app, server.url(database, role="portal_owner"))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    server.drop(database)


@pytest.fixture
def one_window(clock: SetClock) -> None:
    """Let no window of a limit end within a test."""
    clock(datetime.now(UTC))
