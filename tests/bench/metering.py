"""Reads what processes have used of the processors: user and system time out of /proc, application
and database apart.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
NANOSECONDS = 1_000_000_000
# The server's own processes; what they do is not caused by one operation.
BACKGROUND = (
    b"checkpointer",
    b"background writer",
    b"walwriter",
    b"autovacuum",
    b"logical replication",
    b"io worker",
    b"archiver",
    b"stats",
)


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of processor time."""

    application: float
    database: float

    def since(self, before: Cpu) -> Cpu:
        """Give what was used since an earlier reading."""
        return Cpu(self.application - before.application, self.database - before.database)


def can_measure() -> bool:
    """Say whether this system tells the time processes use."""
    return (PROC / "self" / "stat").exists()


def _parent(pid: int) -> int:
    return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])


def _seconds(pid: int) -> float:
    """Give user and system time of all threads; to the nanosecond where the kernel counts it, else
    to its tick.
    """
    folder = PROC / str(pid)
    try:
        return (
            sum(
                int((task / "schedstat").read_text().split()[0])
                for task in (folder / "task").iterdir()
            )
            / NANOSECONDS
        )
    except (FileNotFoundError, IndexError):
        spent = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")


def _family(root: int) -> set[int]:
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                children.setdefault(_parent(int(entry.name)), []).append(int(entry.name))
            except (OSError, IndexError, ValueError):
                continue
    found, todo = set(), [root]
    while todo:
        pid = todo.pop()
        found.add(pid)
        todo += children.get(pid, ())
    return found


class Meter:
    """Measures the application below some processes and the backends of the database server that
    `backend` belongs to.
    """

    def __init__(self, application: list[int], backend: int) -> None:
        self.roots, self.server = application, None
        try:
            self.server = (
                _parent(backend)
                if b"postgres" in (PROC / str(backend) / "cmdline").read_bytes()
                else None
            )
        except OSError:
            self.server = None

    def read(self) -> Cpu:
        """Give the seconds used so far. A database on another machine counts as none."""
        application = (
            set().union(*(_family(root) for root in self.roots)) if self.roots else {os.getpid()}
        )
        backends = (
            {pid for pid in _family(self.server) if self._is_backend(pid)} if self.server else set()
        )
        return Cpu(total(application), total(backends))

    def _is_backend(self, pid: int) -> bool:
        try:
            title = (PROC / str(pid) / "cmdline").read_bytes()
        except OSError:
            return False
        return pid != self.server and not any(word in title for word in BACKGROUND)


def total(pids: set[int]) -> float:
    """Give the seconds that some processes have used; one that is gone counts for none."""
    total = 0.0
    for pid in pids:
        try:
            total += _seconds(pid)
        except (OSError, ValueError):
            continue
    return total
