"""The whole product running for a test: its own PostgreSQL and Valkey, web, relay, worker and beat
under the launcher's supervisor.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import inf
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest

from service_portal.launcher import filling
from service_portal.launcher.parts import product_parts
from service_portal.launcher.place import Place, free_port
from service_portal.launcher.processes import children_of
from service_portal.launcher.product import Product
from service_portal.launcher.supervisor import Part, Supervisor

OUTSIDE = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BASE_URL", "MAIL_URL", "DEMO")


class Live:
    """A running product.

    `kill` is kill -9; the supervisor starts again what dies, as in earnest.
    """

    def __init__(
        self, home: Path, *, demo: bool = True, settings: Mapping[str, str] | None = None
    ) -> None:
        """Start everything; with `demo` the demo zone and its accounts, else an empty zone.

        `settings` are the product's, as of its environment.
        """
        home.chmod(0o755)
        self.settings = dict(settings or {})
        self.place = Place(home)
        self.place.make()
        if not (self.place.venv / "bin" / "granian").exists():
            pytest.skip("there is no virtual environment yet: run ./portal test")
        with self._as_set():
            try:
                self.product = Product(self.place)
                self.supervisor = Supervisor(self.place.logs)
                self.port = free_port() or 18080
                self.address = f"http://127.0.0.1:{self.port}"
                self.product.start_servers(self.supervisor, connections=80)
                filling.migrate(self.product)
                filling.seed(self.product, empty=not demo)
                self.accounts = (
                    {
                        one["role"]: one
                        for one in json.loads(self.product.flask("demo-accounts", "--json"))
                    }
                    if demo
                    else {}
                )
                parts = product_parts(
                    self.product,
                    host="127.0.0.1",
                    port=self.port,
                    address=self.address,
                )
                for part in reversed(parts):
                    self.supervisor.start(part)
            except BaseException:
                self.stop()
                raise
        self.thread = Thread(target=self.supervisor.watch, daemon=True)
        self.thread.start()

    @contextmanager
    def _as_set(self) -> Iterator[None]:
        kept = {
            name: os.environ.pop(name) for name in {*OUTSIDE, *self.settings} if name in os.environ
        }
        os.environ.update(self.settings)
        try:
            yield
        finally:
            for name in self.settings:
                os.environ.pop(name, None)
            os.environ.update(kept)

    def environment(self) -> dict[str, str]:
        """Give the environment of the product's processes."""
        with self._as_set():
            return self.product.environment(address=self.address)

    def flask(self, *arguments: str) -> str:
        """Run one of the portal's own commands and give what it prints; one that fails raises
        Trouble.
        """
        with self._as_set():
            return self.product.flask(*arguments)

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Open a connection as the server's administrator."""
        return psycopg.connect(self.product.postgres.url(), autocommit=True)

    def part(self, name: str) -> Part:
        """Give a part of the product."""
        return next(one for one in self.supervisor.parts if one.name == name)

    def pid(self, part: str) -> int | None:
        """Give the process of a part, None while it is down."""
        found = self.part(part)
        return found.process.pid if found.process is not None and found.is_up else None

    def children(self, part: str) -> list[int]:
        """List the processes a part has started: web workers, pool processes."""
        pid = self.pid(part)
        return [] if pid is None else children_of().get(pid, [])

    def kill(self, pid: int | None) -> None:
        """End a process with no chance to tidy up."""
        if pid is not None:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    def keep_down(self, part: str) -> None:
        """Kill a part and let it not be started again before `let_up`."""
        self.part(part).pause = inf
        self.kill(self.pid(part))

    def let_up(self, part: str) -> None:
        """Let a part that was kept down be started again."""
        self.part(part).not_before = 0.0

    def stop(self) -> None:
        """Stop everything."""
        self.supervisor.told = 1
        if hasattr(self, "thread"):
            self.thread.join(10)
        self.supervisor.stop()
