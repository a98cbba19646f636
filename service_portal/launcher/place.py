"""Where everything lies: the checkout, and the home that holds the state of one running copy."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service_portal.launcher import turns
from service_portal.launcher.processes import born, is_alive
from service_portal.launcher.steps import Trouble, say

ROOT = Path(__file__).resolve().parent.parent.parent


class AtWork(Trouble):
    """The product runs in this home already, or is being started, by process `pid`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        super().__init__(
            f"The product is being started in this home already (process {pid}). "
            "./portal status says when it runs, ./portal down stops it."
        )


@dataclass(frozen=True)
class Place:
    """The home of one copy: `var/` beside the code, or PORTAL_HOME."""

    home: Path

    @property
    def venv(self) -> Path:
        """Give the virtual environment's folder: beside the code it belongs to, so that all copies
        of one checkout share it, else in the home.
        """
        shared = ROOT / ".venv"
        return shared if os.access(ROOT, os.W_OK) else self.home / "venv"

    @property
    def python(self) -> Path:
        """Give its interpreter."""
        return self.venv / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Give the folder of its libraries."""
        return next(iter((self.venv / "lib").glob("python3*/site-packages")), self.venv)

    @property
    def logs(self) -> Path:
        """Give the folder of the logs."""
        return self.home / "logs"

    @property
    def run(self) -> Path:
        """Give the folder that says what runs."""
        return self.home / "run"

    @property
    def restoring(self) -> Path:
        """Give the file that says that a restore into this home has not come to its end."""
        return self.run / "restoring"

    def must_not_hold(self, backup: Path) -> None:
        """Raise Trouble for a backup that would lie in what it backs up."""
        if backup.is_relative_to(self.home):
            raise Trouble(
                f"{backup} lies inside the home {self.home}: a backup there would be lost with it. "
                "Name a folder elsewhere, best on another disk."
            )

    def make(self) -> None:
        """Make the folders of the launcher. Raises Trouble when the home can't be written."""
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            shared = stat.S_ISVTX | stat.S_IWOTH
            if self.home.stat().st_mode & shared == shared:
                raise Trouble(
                    f"{self.home} is shared by all users of this machine, and a home holds secrets."
                    f" Choose a folder of its own: PORTAL_HOME={self.home}/portal ./portal …"
                )
            for folder in (self.home / "keep", self.run, self.logs):
                folder.mkdir(exist_ok=True)
                folder.chmod(0o700)
            probe = self.run / f"write-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise Trouble(
                f"The folder {self.home} can't be written ({error.strerror}). Choose another:"
                " PORTAL_HOME=/some/folder ./portal …"
            ) from error

    def state(self) -> dict[str, Any]:
        """Read what runs; empty when nothing does."""
        known = self.last_state()
        return known if known and is_alive(known.get("pid"), known.get("born")) else {}

    def last_state(self) -> dict[str, Any]:
        """Read what was last said to run, true or not."""
        try:
            known = json.loads((self.run / "state.json").read_text())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def write_state(self, state: dict[str, Any]) -> None:
        """Say what runs, at once and whole."""
        part = self.run / "state.part"
        part.write_text(json.dumps({**state, "pid": os.getpid(), "born": born(os.getpid())}))
        part.replace(self.run / "state.json")

    def forget_state(self) -> None:
        """Say that nothing runs."""
        (self.run / "state.json").unlink(missing_ok=True)

    def kept(self, name: str, make: Callable[[], object]) -> str:
        """Give a value that is made once and kept in the home, readable by its owner only."""
        path = self.home / "keep" / name
        if not path.exists():
            self.keep(name, make())
        return path.read_text().strip()

    def keep(self, name: str, value: object) -> None:
        """Keep a value, in place of the one before."""
        part = self.home / "keep" / f"{name}.part"
        part.touch(mode=0o600)
        part.chmod(0o600)
        part.write_text(str(value))
        part.replace(self.home / "keep" / name)

    def secret(self, name: str) -> str:
        """Give a secret of this copy."""
        return self.kept(name, lambda: secrets.token_hex(24))

    @property
    def turn(self) -> Path:
        """Give the file that says which launcher is at work here."""
        return self.run / "lock"

    @contextmanager
    def alone(self, command: str = "another", *, handed: int | None = None) -> Iterator[None]:
        """Let only one launcher start servers in this home at a time; a second one waits.

        `handed` is the open file of a turn that this process's parent has taken for it. Raises
        AtWork when the product runs, or is about to: that one goes on until it is stopped.
        """
        if handed is None:
            handed = self.take_turn(command)
        else:
            turns.sign(handed, command)
        try:
            yield
        finally:
            os.close(handed)

    def take_turn(self, command: str) -> int:
        """Wait for the turn and give the open file that holds it; raises AtWork as `alone`."""
        told: list[bool] = []

        def busy(holder: turns.Holder | None) -> None:
            if holder is not None and holder.runs_product:
                raise AtWork(holder.pid)
            if not told:
                say("Another ./portal command is at work in this home; waiting for it to end …")
                told.append(True)

        return turns.take(self.turn, command, busy=busy)


@contextmanager
def checkout_lock() -> Iterator[None]:
    """Let only one launcher at a time change what all copies of this checkout share."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def find_place() -> Place:
    """Give the place of this copy."""
    return Place(Path(os.environ.get("PORTAL_HOME") or ROOT / "var").resolve())


def free_port(wanted: int = 0, *, host: str = "127.0.0.1") -> int | None:
    """Give the wanted port if it is free, any free one when none is wanted, else None."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError:
            return None
        return int(probe.getsockname()[1])
