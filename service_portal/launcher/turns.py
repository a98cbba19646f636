"""One launcher at a time starts servers in a home; who comes second learns who is at work."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from service_portal.launcher.processes import born, is_alive

LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Holder:
    """Who holds the turn: which command, in which process."""

    command: str
    pid: int

    @property
    def runs_product(self) -> bool:
        """Say whether it runs the product, or is about to: then there is nothing to wait for."""
        return self.command == "up"


def take(path: Path, command: str, *, busy: Callable[[Holder | None], None]) -> int:
    """Wait for the turn and give the open file that holds it; closing it gives the turn back.

    Each time the turn turns out to be another's, `busy` is asked; it may raise.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _lock(handle):
            busy(_read(handle))
            time.sleep(LOOK_SECONDS)
        sign(handle, command)
    except BaseException:
        os.close(handle)
        raise
    return handle


def sign(handle: int, command: str) -> None:
    """Say whose turn it is: this process's, also after another one has handed it over."""
    about = {"command": command, "pid": os.getpid(), "born": born(os.getpid())}
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(about).encode(), 0)


def holder(path: Path) -> Holder | None:
    """Give who holds the turn now; None when nobody does, or has not signed yet."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        return None if _lock(handle) else _read(handle)
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(handle: int) -> Holder | None:
    try:
        about = json.loads(os.pread(handle, 4096, 0))
        if is_alive(about["pid"], about["born"]):
            return Holder(str(about["command"]), about["pid"])
    except (ValueError, KeyError, TypeError):
        pass
    return None
