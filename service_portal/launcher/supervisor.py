"""Keeps the product's processes alive: starts them in order, restarts what dies, stops all of them cleanly."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pwd import struct_passwd
from typing import IO, Any

from service_portal.launcher.privileges import dropped
from service_portal.launcher.processes import born, dies_with_us, kill_group
from service_portal.launcher.steps import Trouble

FIRST_PAUSE, LONGEST_PAUSE, CALM_SECONDS = 0.2, 5.0, 5.0
LOOK_SECONDS, LOG_LOOK_SECONDS = 0.05, 5.0
LOG_LIMIT = 10 * 1024 * 1024
# The umask under which everything of a home is made.
PRIVATE = 0o077


@dataclass
class Part:
    """One process of the product. `wave` says when it is stopped (0 first), `patience` how many seconds it gets for that."""

    name: str
    command: list[str]
    env: Mapping[str, str] | None = None
    user: struct_passwd | None = None
    cwd: Path | None = None
    stop_signal: int = signal.SIGTERM
    last_signal: int = signal.SIGKILL
    patience: float = 15.0
    wave: int = 0
    ready: Callable[[int], bool] | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    not_before: float = 0.0
    restarts: int = 0
    log_from: int = 0

    @property
    def is_up(self) -> bool:
        """Say whether its process runs."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """Runs parts until told to stop; each leads a process group of its own and writes to its own log."""

    logs: Path
    changed: Callable[[], None] = lambda: None
    said: Callable[[str], None] = lambda _text: None
    parts: list[Part] = field(default_factory=list)
    told: int = 0

    def start(self, part: Part, *, wait: float = 60.0) -> None:
        """Start a part and wait until it is ready. Raises Trouble with the end of its log when it does not get there."""
        self.parts.append(part)
        self._spawn(part)
        self.changed()
        self.await_ready(part, wait=wait)

    def await_ready(self, part: Part, *, wait: float) -> None:
        """Wait until a started part is ready, or until we are told to stop."""
        until = time.monotonic() + wait
        while part.ready is not None and not self.told:
            if not part.is_up or time.monotonic() > until:
                raise Trouble(f"The part “{part.name}” does not come up. The end of {self._log(part)}:\n{self._last_words(part)}")
            if part.process is not None and part.ready(part.process.pid):
                return
            time.sleep(0.01)

    def watch(self) -> None:
        """Restart what dies, with a growing pause for what dies at once, until told to stop."""
        next_logs = 0.0
        while not self.told:
            for part in self.parts:
                self._look_after(part)
            if time.monotonic() > next_logs:
                self._limit_logs()
                next_logs = time.monotonic() + LOG_LOOK_SECONDS
            time.sleep(LOOK_SECONDS)

    def _look_after(self, part: Part) -> None:
        now = time.monotonic()
        if part.is_up:
            if now - part.started > CALM_SECONDS:
                part.pause = FIRST_PAUSE
            return
        if part.process is not None:
            self.said(f"The part “{part.name}” ended ({_reason(part.process.returncode)}); it is started again.")
            kill_group(part.process.pid)
            part.process = None
            part.not_before = now + part.pause
            part.pause = min(part.pause * 2, LONGEST_PAUSE)
            self.changed()
        if now >= part.not_before:
            part.restarts += 1
            self._spawn(part)
            self.changed()

    def _spawn(self, part: Part) -> None:
        log = self._log(part)
        with open_log(log) as output:
            part.log_from = output.tell()
            part.process = subprocess.Popen(
                part.command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=None if part.env is None else dict(part.env), cwd=part.cwd,
                start_new_session=True, preexec_fn=dies_with_us(part.stop_signal), umask=PRIVATE, **dropped(part.user),
            )  # fmt: skip
        part.started = time.monotonic()

    def stop(self) -> None:
        """Stop the parts wave by wave; one that does not go in time, or a second Ctrl-C, is killed, children and all."""
        self.told = max(self.told, 1)
        for wave in sorted({part.wave for part in self.parts}):
            going = [part for part in self.parts if part.wave == wave and part.is_up]
            for part in going:
                self._signal(part, part.stop_signal)
            begun = time.monotonic()
            for part in going:
                self._wait(part, begun + part.patience)
                if part.is_up:
                    self._signal(part, part.last_signal)
                    self._wait(part, time.monotonic() + 3, hurry=False)
            for part in self.parts:
                if part.wave == wave and part.process is not None:
                    kill_group(part.process.pid)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        part.process.wait(5)

    def _wait(self, part: Part, until: float, *, hurry: bool = True) -> None:
        while part.is_up and time.monotonic() < until and not (hurry and self.told > 1):
            time.sleep(0.02)

    @staticmethod
    def _signal(part: Part, number: int) -> None:
        if part.process is not None:
            with contextlib.suppress(ProcessLookupError):
                part.process.send_signal(number)

    def heed_signals(self) -> None:
        """Stop on Ctrl-C, SIGTERM or SIGHUP; a second one stops at once."""

        def told(_number: int, _frame: object) -> None:
            self.told += 1

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, told)

    def state(self) -> dict[str, Any]:
        """Say which process each part is, and how often it was started again."""
        return {part.name: _about(part) for part in self.parts}

    def _log(self, part: Part) -> Path:
        return self.logs / f"{part.name}.log"

    def _last_words(self, part: Part) -> str:
        with self._log(part).open("rb") as log:
            log.seek(part.log_from)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-12:])

    def _limit_logs(self) -> None:
        # The processes append, so a log can be copied away and emptied under them.
        for part in self.parts:
            log = self._log(part)
            with contextlib.suppress(OSError):
                if log.stat().st_size > LOG_LIMIT:
                    log.with_suffix(".log.1").write_bytes(log.read_bytes())
                    log.open("r+").truncate(0)


def open_log(path: Path) -> IO[bytes]:
    """Open a log to be added to, readable by its owner alone, even if it was made otherwise."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    return path.open("ab")


def _about(part: Part) -> dict[str, Any]:
    pid = part.process.pid if part.process is not None else None
    return {"pid": pid, "born": born(pid) if pid else "", "restarts": part.restarts}


def _reason(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
