"""The whole product running for a test: its own PostgreSQL and Valkey, web, relay, worker and beat under the launcher's supervisor."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from service_portal.launcher.place import Place, free_port
from service_portal.launcher.product import Product
from service_portal.launcher.supervisor import Supervisor


class Live:
    """A running product. `kill` is kill -9; the supervisor starts again what dies, as in earnest."""

    def __init__(self, home: Path) -> None:
        home.chmod(0o755)
        self.place = Place(home)
        self.place.make()
        if not (self.place.venv / "bin" / "granian").exists():
            pytest.skip("there is no virtual environment yet: run ./portal test")
        kept = {name: os.environ.pop(name) for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BASE_URL") if name in os.environ}
        try:
            self.product = Product(self.place)
            self.supervisor = Supervisor(self.place.logs)
            self.port = free_port() or 18080
            self.address = f"http://127.0.0.1:{self.port}"
            self.product.start_servers(self.supervisor, connections=80)
            self.product.migrate()
            self.product.seed(empty=False)
            self.accounts = {one["role"]: one for one in json.loads(self.product.flask("demo-accounts", "--json"))}
            for part in reversed(self.product.parts(host="127.0.0.1", port=self.port, address=self.address)):
                self.supervisor.start(part)
        except BaseException:
            self.stop()
            raise
        finally:
            os.environ.update(kept)
        self.thread = Thread(target=self.supervisor.watch, daemon=True)
        self.thread.start()

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Open a connection as the server's administrator."""
        return psycopg.connect(self.product.postgres.url(), autocommit=True)

    def pid(self, part: str) -> int | None:
        """Give the process of a part, None while it is down."""
        found = next(one for one in self.supervisor.parts if one.name == part)
        return found.process.pid if found.process is not None and found.is_up else None

    def kill(self, pid: int | None) -> None:
        """End a process with no chance to tidy up."""
        if pid is not None:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    def stop(self) -> None:
        """Stop everything."""
        self.supervisor.told = 1
        if hasattr(self, "thread"):
            self.thread.join(10)
        self.supervisor.stop()
