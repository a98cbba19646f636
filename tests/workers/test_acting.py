"""Tasks, commands and whatever works by itself say for whom they act before they read anything."""

from __future__ import annotations

from typing import Any

import click
import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy.session import Session

from service_portal.cli import portal
from service_portal.kernel import acting as kernel_acting
from service_portal.kernel.acting import NobodyActs, acting, acting_for, insist, known_to
from service_portal.kernel.db import db
from tests.workers.conftest import Crew
from workers.celery_app import celery


@pytest.fixture
def begun() -> Any:
    """The work of every transaction that begins."""
    works: list[str] = []

    def note(*_about: Any) -> None:
        known = acting_for()
        works.append(known.work if known else "")

    sa.event.listen(Session, "after_begin", note)
    yield works
    sa.event.remove(Session, "after_begin", note)


def test_every_task_works_under_its_name(crew: Crew, begun: list[str]) -> None:
    tasks = sorted(name for name in celery.tasks if not name.startswith("celery."))
    for name in tasks:
        begun.clear()
        crew.run(name)
        assert set(begun) == {f"task {name}"}


def test_every_command_works_under_its_name(fresh_app: Flask, begun: list[str]) -> None:
    assert "recount" in portal.commands

    @portal.command("probe")
    def probe() -> None:
        click.echo(db.session.execute(sa.text("SELECT 1")).scalar_one())

    try:
        for name in ("recount", "probe"):
            begun.clear()
            assert fresh_app.test_cli_runner().invoke(args=["portal", name]).exit_code == 0
            assert set(begun) == {f"command {name}"}
    finally:
        portal.commands.pop("probe")


def test_a_transaction_of_nobody_does_not_begin(fresh_app: Flask) -> None:
    insist()
    try:
        with fresh_app.app_context():
            with pytest.raises(NobodyActs):
                db.session.execute(sa.text("SELECT 1"))
            db.session.rollback()
            with acting("task of a test"):
                assert db.session.execute(sa.text("SELECT 1")).scalar_one() == 1
                db.session.rollback()
    finally:
        insist("tests")


def test_where_people_work_it_begins_all_the_same(
    fresh_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_acting, "_insists", False)
    monkeypatch.setattr(kernel_acting, "_otherwise", None)
    with fresh_app.app_context():
        assert db.session.execute(sa.text("SELECT 1")).scalar_one() == 1
        assert known_to(db.session()) is None
        db.session.rollback()
