"""A backup is made while enterprises file and the workers are away; the zone it makes elsewhere is
whole, finished and silent.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask_security import hash_password

from config import load_settings
from service_portal.app import create_app
from service_portal.kernel.db import db
from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.product import Product
from service_portal.launcher.supervisor import Supervisor
from tests.live import OUTSIDE, Live
from tests.reliability import reckoning
from tests.reliability.conftest import Stage
from tests.reliability.killing import wait_for
from tests.reliability.programs import History, Program

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("storm")]

FIRST, PASSWORD = 800_000, "kept-in-the-backup"
CONTENT, NAME = b"%PDF-1.7 a slip" * 9000, "ab" * 20
UNDONE = "SELECT count(*) FROM outbox WHERE done_at IS NULL"
ATTACH = """
    INSERT INTO attachment (ticket_id, enterprise_id, purpose, audience, file_name, content_type,
        size, sha256,
        storage_name, uploaded_by_name, at)
    SELECT id, enterprise_id, 'request', 'shared', 'slip.pdf', 'application/pdf', %s, %s, %s,
        'Lin Wei', now()
    FROM ticket ORDER BY id LIMIT 1
"""


def portal(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Type a command, with nothing set but the home."""
    env = {name: value for name, value in os.environ.items() if name not in OUTSIDE} | {
        "PORTAL_HOME": str(home)
    }
    command = [sys.executable, str(ROOT / "portal"), *words]
    return subprocess.run(
        command, env=env, capture_output=True, text=True, check=False, timeout=300
    )


@contextmanager
def filing(stage: Stage, history: History) -> Iterator[None]:
    """File one request after the other meanwhile."""
    ended, program = Event(), Program(stage.live.port, history)

    def file() -> None:
        number = FIRST
        while not ended.is_set():
            program.file(number, stage.zone)
            number += 1
            time.sleep(0.02)

    thread = Thread(target=file, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(30)


@contextmanager
def served(home: Path) -> Iterator[tuple[Flask, psycopg.Connection[Any]]]:
    """Give the restored product, and its database as its administrator sees it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in OUTSIDE:
            patch.delenv(name, raising=False)
        product, supervisor = Product(Place(home)), Supervisor(home / "logs")
        try:
            product.start_servers(supervisor)
            app = create_app(load_settings({**product.environment(), "LOG_LEVEL": "ERROR"}))
            app.config.update(WTF_CSRF_ENABLED=False)
            with psycopg.connect(product.postgres.url(), autocommit=True) as connection:
                yield app, connection
            with app.app_context():
                db.engine.dispose()
        finally:
            supervisor.stop()


def prepare(live: Live) -> str:
    """Give somebody a password and a ticket an attachment, and give the address of that person."""
    app = create_app(load_settings({**live.environment(), "LOG_LEVEL": "ERROR"}))
    with app.app_context(), live.connect() as connection:
        person = connection.execute(
            "SELECT person_id FROM membership WHERE enterprise_id IS NOT NULL LIMIT 1"
        ).fetchone()
        assert person is not None
        change = (
            "UPDATE person SET password = %s, confirmed_at = now() WHERE id = %s RETURNING email"
        )
        email = connection.execute(change, (hash_password(PASSWORD), person[0])).fetchone()
        connection.execute(ATTACH, (len(CONTENT), sha256(CONTENT).hexdigest(), NAME))
        path = live.place.home / "files" / NAME[:2] / NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENT)
    assert email is not None
    return str(email[0])


def test_a_busy_zone_is_restored_whole_finished_and_silent(stage: Stage) -> None:
    live, history = stage.live, History()
    with tempfile.TemporaryDirectory(prefix="portal-restored-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        home, target = folder / "home", folder / "backup"
        with filing(stage, history):
            wait_for("some are filed", lambda: len(history.filed) >= 5, seconds=60)
            email = prepare(live)
            live.keep_down("worker")
            waiting = len(history.filed)
            wait_for(
                "some wait for a worker", lambda: len(history.filed) >= waiting + 5, seconds=60
            )
            before = dict(history.filed)
            live.place.write_state(
                {"address": live.address, "port": live.port, "ready": True, "parts": {}}
            )
            made = portal(live.place.home, "backup", str(target))
            live.place.forget_state()
            after = dict(history.filed)
            live.let_up("worker")
        assert made.returncode == 0, made.stdout + made.stderr
        restored = portal(home, "restore", str(target))
        assert restored.returncode == 0, restored.stdout + restored.stderr
        assert "mails from before are held" in restored.stdout

        with served(home) as (app, connection):
            rows = connection.execute(
                "SELECT reference, owner_id IS NOT NULL FROM ticket"
            ).fetchall()
            there = dict(rows)
            assert set(before.values()) <= set(there)
            assert {history.filed[key] for key in history.filed.keys() - after.keys()} & set(
                there
            ) == set()
            assert all(there[reference] for reference in before.values())
            assert connection.execute(UNDONE).fetchone() == (0,)
            states = "SELECT state FROM notification_delivery WHERE state NOT IN ('sent', 'held')"
            assert connection.execute(states).fetchall() == []
            assert (home / "files" / NAME[:2] / NAME).read_bytes() == CONTENT
            client = app.test_client()
            assert (
                client.post(
                    "/sign-in", data={"email": email, "password": "another-password"}
                ).status_code
                == 200
            )
            assert (
                client.post("/sign-in", data={"email": email, "password": PASSWORD}).status_code
                == 302
            )
            assert client.get("/settings").status_code == 200

        # And the zone that was backed up has noticed nothing.
        assert history.wrong == [] and set(history.answers) == {"201"}
        wait_for("all is done", lambda: reckoning.count(live, UNDONE) == 0, seconds=60)
        unsent = "SELECT count(*) FROM notification_delivery WHERE state <> 'sent'"
        wait_for("all is sent", lambda: reckoning.count(live, unsent) == 0, seconds=60)
        assert reckoning.faults(live) == {}
