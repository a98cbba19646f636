"""What the system knows of processes: whether one lives, its family, its memory."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def born(pid: int) -> str:
    """Give what tells a process from a later one with the same number; empty when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return "" if fields[0] in "ZX" else f"{fields[19]} {_boot()}".strip()
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
    asked = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


@lru_cache(maxsize=1)
def _boot() -> str:
    """Name this run of the machine: after a reboot the same number may be born at the same tick."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except OSError:
        return ""


def is_alive(pid: object, known_birth: object = None) -> bool:
    """Say whether a process runs, and is the one that was born then."""
    if not isinstance(pid, int):
        return False
    birth = born(pid)
    # What a launcher of the first release has noted does not name the run of the machine.
    return bool(birth) and known_birth in (None, birth, birth.split(" ")[0])


def end(pid: int, number: int = signal.SIGTERM, *, patience: float = 10) -> bool:
    """Ask a process that is not ours to wait for to end, and say whether it did in time."""
    birth = born(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
    until = time.monotonic() + patience
    while is_alive(pid, birth) and time.monotonic() < until:
        time.sleep(0.03)
    return not is_alive(pid, birth)


def working_in(folder: Path) -> set[int] | None:
    """List the processes whose working folder this is; None where the system does not say."""
    if not Path("/proc/self/stat").exists():
        return None
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").samefile(folder) and is_alive(int(entry.name)):
                    found.add(int(entry.name))
    return found


def is_used(folder: Path) -> bool:
    """Say whether a process works in a folder or runs a program of it; yes where nobody knows."""
    if not Path("/proc/self/stat").exists():
        return True
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            for where in ("cwd", "exe"):
                with contextlib.suppress(OSError):
                    if (entry / where).readlink().is_relative_to(folder):
                        return True
    return False


def commands() -> dict[int, str]:
    """Map every process to its command line."""
    command = ["ps", "-axww", "-o", "pid=,command="]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    pairs = (line.strip().partition(" ") for line in listing.splitlines())
    return {int(pid): command for pid, _, command in pairs if pid.isdigit()}


def kill_group(leader: int) -> None:
    """Kill whatever is left of a process group; each part of the product leads one of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def dies_with_us(number: int) -> Callable[[], None] | None:
    """Give what a child does before it starts so that it gets this signal when the launcher is
    killed (Linux only).
    """
    if _libc is None:
        return None
    libc = _libc

    def promise() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number)

    return promise


def children_of() -> dict[int, list[int]]:
    """Map every process to its children."""
    found: dict[int, list[int]] = {}
    if Path("/proc/self/stat").exists():
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError, IndexError):
                    parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                    found.setdefault(parent, []).append(int(entry.name))
        return found
    listing = subprocess.run(
        ["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False
    ).stdout
    for line in listing.splitlines():
        pid, parent = (int(word) for word in line.split())
        found.setdefault(parent, []).append(pid)
    return found


def family(pid: int, children: dict[int, list[int]]) -> list[int]:
    """List a process and all its descendants."""
    return [pid, *(one for child in children.get(pid, []) for one in family(child, children))]


def memory(pids: list[int]) -> tuple[float, float]:
    """Sum the memory of processes in MB: shared pages in proportion, and plainly resident."""
    shared = resident = 0.0
    for pid in pids:
        plain = _resident(pid)
        resident += plain
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            shared += (
                next(
                    int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")
                )
                / 1024
            )
        except (OSError, StopIteration):
            shared += plain
    return shared, resident


def _resident(pid: int) -> float:
    try:
        return (
            int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            * os.sysconf("SC_PAGE_SIZE")
            / 2**20
        )
    except (OSError, IndexError):
        pass
    asked = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return int(asked) / 1024 if asked else 0.0
