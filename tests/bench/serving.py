"""Starts the processes that are measured, as the launcher starts the product's own: a real granian
on the loopback, relay and worker.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from tests.bench.driving import Connection, request

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 30.0
WORKERS, THREADS = 2, 4


class DidNotStart(Exception):
    """A process that is to be measured did not start; `args` names its log."""


def free_port() -> int:
    """Give a port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process group until the block ends."""
    log.parent.mkdir(parents=True, exist_ok=True)
    output: IO[bytes]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
        return


@contextmanager
def web(target: str, path: str, home: Path) -> Iterator[tuple[int, int]]:
    """Serve an application with granian and give its port and process id when `path` answers."""
    port, log = free_port(), home / "logs" / "bench-web.log"
    command = [
        str(Path(sys.executable).parent / "granian"),
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--http",
        "1",
        "--no-ws",
        "--workers",
        str(WORKERS),
        "--blocking-threads",
        str(THREADS),
        "--log-level",
        "warning",
        target,
    ]
    with running(command, log) as process:
        until = monotonic() + PATIENCE
        while not _answers(port, path):
            if process.poll() is not None or monotonic() > until:
                raise DidNotStart(f"The web did not start; see {log}.")
            sleep(0.05)
        yield port, process.pid


def _answers(port: int, path: str) -> bool:
    try:
        connection = Connection(port)
        try:
            return connection.ask(request("GET", path, {}))[0] < 500
        finally:
            connection.close()
    except OSError:
        return False


@contextmanager
def parts(home: Path) -> Iterator[list[int]]:
    """Run the relay and a worker and give their process ids."""
    entry = [sys.executable, "-m", "workers.entry"]
    with (
        running([*entry, "relay"], home / "logs" / "bench-relay.log") as relay,
        running([*entry, "worker"], home / "logs" / "bench-worker.log") as worker,
    ):
        yield [relay.pid, worker.pid]
