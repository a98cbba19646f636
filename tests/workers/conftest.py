"""A zone with real commits, the workers' tasks without a broker, and threads that begin at the same
moment.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.accounts.letters import queue_letter
from service_portal.events.subscriptions import LISTENERS
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from tests.conftest import make_app
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.mail_server import MailServer
from tests.server import TestServer
from workers.celery_app import PortalTask, celery
from workers.queues import QUEUE_OF
from workers.schedule import SCHEDULE

THREADS = 8


class Crew:
    """Runs the product's tasks against one database, as the workers do."""

    def __init__(self, app: Flask) -> None:
        for name in QUEUE_OF:
            importlib.import_module(f"workers.tasks.{name}")
        self.app = PortalTask.flask_app = app

    def run(self, task: str) -> None:
        """Run a task once."""
        celery.tasks[task]()

    def settle(self) -> None:
        """Run every listening task and every tick until no event waits."""
        names = sorted(
            {task for tasks in LISTENERS.values() for task in tasks}
            | {tick["task"] for tick in SCHEDULE.values()}
        )
        for _ in range(20):
            for name in names:
                self.run(name)
            if (
                self.number("SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL")
                == 0
            ):
                return
        raise AssertionError("events still wait")

    def do(self, act: Callable[[], Any]) -> Any:
        """Do something in one transaction and give its result."""
        with self.app.app_context(), unit_of_work():
            return act()

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """Read."""
        with self.app.app_context():
            return [tuple(row) for row in db.session.execute(sa.text(query), values)]

    def number(self, query: str, **values: Any) -> int:
        """Read one number."""
        return int(self.rows(query, **values)[0][0])

    def change(self, query: str, **values: Any) -> None:
        """Write."""
        self.do(lambda: db.session.execute(sa.text(query), values))

    def in_a_process(self, act: Callable[[], Any]) -> int:
        """Do something in a process of its own and give how it ended: 0, or minus the signal that
        killed it.
        """
        pid = os.fork()
        if pid == 0:
            try:
                with self.app.app_context():
                    db.session.remove()
                    db.engine.dispose(close=False)
                    act()
            finally:
                os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def at_once(self, *acts: Callable[[], Any], threads: int = THREADS) -> list[Any]:
        """Do each act in a thread of its own, all beginning at the same moment; one act is done by
        all threads. Give results and refusals.
        """
        acts = acts if len(acts) > 1 else acts * threads
        barrier = Barrier(len(acts))

        def do(act: Callable[[], Any]) -> Any:
            with self.app.app_context():
                db.session.connection()
                barrier.wait()
                try:
                    with unit_of_work():
                        return act()
                except Exception as error:
                    return error

        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(do, acts))


def promise_mails(crew: Crew, url: str, mails: int) -> Crew:
    """Let a crew file tickets, promise a mail about each, and send to a server."""
    crew.app.config["MAIL_URL"] = url
    crew.do(lambda: [create_ticket("POL-03", actor=enterprise_actor()) for _ in range(mails)])
    crew.run("notifications.tell")
    return crew


@pytest.fixture
def post() -> Iterator[MailServer]:
    """Give a mail server that is up."""
    with MailServer() as server:
        yield server


@pytest.fixture
def crew(
    server: TestServer, template: str, tmp_path: Path, request: pytest.FixtureRequest, clock: Any
) -> Iterator[Crew]:
    """Give the tasks on a database of their own, with a connection for each thread, at a working
    hour.
    """
    database = server.copy(template, f"crew_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**8}")
    app = make_app(server, database, tmp_path / "home", WEB_THREADS=str(2 * THREADS))
    yield Crew(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    server.drop(database)


def write_to(crew: Crew, *addresses: str, template: str = "change_notice") -> None:
    """Let letters be sent."""

    def write() -> None:
        for address in addresses:
            queue_letter(template=template, email=address, subject="S", body="B")

    crew.do(write)
