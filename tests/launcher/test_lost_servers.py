"""What a lost PostgreSQL left behind neither blocks the next start nor hits a stranger."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.postgres import PORT, Postgres
from service_portal.launcher.privileges import users
from service_portal.launcher.processes import commands, is_alive, working_in
from service_portal.launcher.supervisor import Supervisor

pytestmark = pytest.mark.slow
SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A server that was made, and does not run."""
    with tempfile.TemporaryDirectory(prefix="portal-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        packages = Place(ROOT / "var").packages
        known = {"postgres": "test"}
        made = Postgres(
            Path(name) / "pg", packages, user=users().database, passwords=known, reckless=True
        )
        made.make()
        yield made


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor whose parts are gone after the test."""
    made = Supervisor(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def stranger() -> Iterator[int]:
    """Another program, whose number is that of a server before the reboot."""
    process = subprocess.Popen(SLEEP)
    yield process.pid
    process.kill()
    process.wait()


def leave_locks(server: Postgres, pid: int) -> None:
    """Leave the lock files that a server with this number leaves when the machine goes down."""
    server.socket.mkdir(parents=True, exist_ok=True)
    lines = [
        str(pid),
        str(server.data),
        "1700000000",
        str(PORT),
        str(server.socket),
        "",
        "1 2",
        "ready",
    ]
    for path in (server.data / "postmaster.pid", server.socket / f".s.PGSQL.{PORT}.lock"):
        path.write_text("\n".join(lines) + "\n")
        if server.user is not None:
            os.chown(path, server.user.pw_uid, server.user.pw_gid)


def test_a_number_that_is_now_another_programs_blocks_no_start(
    server: Postgres, supervisor: Supervisor, stranger: int
) -> None:
    leave_locks(server, stranger)
    supervisor.start(server.part())
    psycopg.connect(server.url(database="postgres")).close()
    assert is_alive(stranger)


def test_a_server_that_runs_keeps_its_locks_and_is_stopped_before_the_next(
    server: Postgres, supervisor: Supervisor
) -> None:
    supervisor.start(server.part())
    first = int((server.data / "postmaster.pid").read_text().split("\n")[0])
    assert first in (working_in(server.data) or {first})
    # Its number was overwritten, as by a careless copy: the server that serves is still found.
    lines = (server.data / "postmaster.pid").read_text().split("\n")
    (server.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))
    server.stop_leftover()
    assert (server.data / "postmaster.pid").exists() and is_alive(first)
    (server.data / "postmaster.pid").write_text("\n".join(lines))
    server.stop_leftover()
    started = supervisor.parts[0].process
    assert started is not None
    started.wait(10)
    assert not is_alive(first) and not working_in(server.data)


def test_every_process_is_listed_with_its_command(stranger: int) -> None:
    assert "time.sleep(60)" in commands()[stranger]
