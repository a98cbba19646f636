"""A product that connects as a role it should not have says so, loudly; one that connects as it
should says nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from structlog.testing import CapturingLogger

from service_portal.kernel import least_role
from service_portal.kernel.db import db
from service_portal.kernel.least_role import excess, warn_of_excess
from tests.conftest import make_app
from tests.server import TestServer


@pytest.fixture
def strong(app: Flask, server: TestServer, tmp_path: Path) -> Flask:
    """An application that knows no other role than the owner of the schema, as when only
    DATABASE_URL is set.
    """
    owner = app.config["DATABASE_OWNER_URL"]
    return make_app(server, "", tmp_path / "home", DATABASE_URL=str(owner), DATABASE_OWNER_URL="")


def _listen(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    said = CapturingLogger()
    monkeypatch.setattr(least_role, "log", said)
    return said


def test_the_products_own_role_is_as_weak_as_it_should_be(
    app: Flask, db_session: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert excess() == []
    said = _listen(monkeypatch)
    warn_of_excess()
    assert said.calls == []


def test_an_owner_is_named_with_what_to_do(strong: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    said = _listen(monkeypatch)
    with strong.app_context():
        assert "owns the tables" in excess()
        db.session.remove()
        warn_of_excess()
        db.engine.dispose()
    (call,) = said.calls
    assert (
        call.method_name == "error"
        and "owns the tables" in call.args[0]
        and "DATABASE_OWNER_URL" in call.args[0]
    )


def test_a_member_of_the_owner_is_named_although_it_inherits_nothing(
    app: Flask, server: TestServer, tmp_path: Path
) -> None:
    role = f"portal_member_{os.getpid()}"
    database = str(sa.make_url(app.config["DATABASE_URL"]).database)
    with psycopg.connect(server.url(database, role="postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN NOINHERIT CREATEROLE IN ROLE portal_owner")
        made = make_app(server, "", tmp_path / "home", DATABASE_URL=server.url(database, role=role))
        try:
            with made.app_context():
                assert excess() == ["makes other roles", "owns the tables"]
                db.session.remove()
                db.engine.dispose()
        finally:
            admin.execute(f"DROP ROLE {role}")


def test_migrating_says_nothing_when_there_is_nothing_to_say(app: Flask, db_session: None) -> None:
    assert "Warning:" not in app.test_cli_runner().invoke(args=["portal", "migrate"]).output


def test_migrating_as_the_owner_alone_warns(strong: Flask) -> None:
    ran = strong.test_cli_runner().invoke(args=["portal", "migrate"])
    assert ran.exit_code == 0 and "Warning: the role of DATABASE_URL owns the tables" in ran.output
    with strong.app_context():
        db.engine.dispose()


def test_a_database_that_is_away_is_no_news_of_this(server: TestServer, tmp_path: Path) -> None:
    away = make_app(
        server,
        "",
        tmp_path / "home",
        DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/nothing",
    )
    with away.app_context():
        warn_of_excess()


HISTORY = {
    "calendar_version": "time_zone",
    "decision": "words_en",
    "message": "body",
    "service_event": "summary",
    "service_version": "note",
    "timeline_entry": "kind",
}
KEPT = (
    "alarm",
    "assignment",
    "clock",
    "clock_pause",
    "offer",
    "rating",
    "ticket",
    "ticket_words",
)


def _is_refused(statement: str) -> bool:
    with pytest.raises(sa.exc.ProgrammingError) as refused:
        db.session.execute(sa.text(statement))
    db.session.rollback()
    return isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


@pytest.mark.parametrize(("table", "column"), HISTORY.items())
def test_what_was_said_and_done_is_never_written_anew(
    app: Flask,
    db_session: None,
    table: str,
    column: str,
) -> None:
    assert _is_refused(f"UPDATE {table} SET {column} = {column}")
    assert _is_refused(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", KEPT)
def test_nothing_of_a_ticket_is_taken_away(app: Flask, db_session: None, table: str) -> None:
    assert _is_refused(f"DELETE FROM {table}")
