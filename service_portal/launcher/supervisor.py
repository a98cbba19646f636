"""Keeps the product's processes alive: starts them in order, restarts what dies, stops all of them
cleanly.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
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
    """One process of the product.

    `wave` says when it is stopped (0 first), `patience` how many seconds it gets for that, `before`
    clears what a predecessor may have left.
    """

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
    before: Callable[[], None] | None = None
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
    """Runs parts until told to stop; each leads a process group of its own and writes to its own
    log.
    """

    logs: Path
    changed: Callable[[], None] = lambda: None
    said: Callable[[str], None] = lambda _text: None
    parts: list[Part] = field(default_factory=list)
    told: int = 0
    is_known: bool = True

    def start(self, part: Part, *, wait: float = 60.0) -> None:
        """Start a part and wait until it is ready.

        Raises Trouble with the end of its log when it does not get there.
        """
        self.parts.append(part)
        self._spawn(part)
        self.changed()
        self.await_ready(part, wait=wait)

    def await_ready(self, part: Part, *, wait: float) -> None:
        """Wait until a started part is ready, or until we are told to stop."""
        until = time.monotonic() + wait
        while part.ready is not None and not self.told:
            if not part.is_up or time.monotonic() > until:
                raise Trouble(
                    f"The part “{part.name}” does not come up. The end of"
                    f" {self._log(part)}:\n{self._last_words(part)}"
                )
            if part.process is not None and part.ready(part.process.pid):
                return
            time.sleep(0.01)

    def watch(self) -> None:
        """Restart what dies, with a growing pause for what dies at once, until told to stop.

        A full disk stops nothing here: what can't be written or started now is tried again.
        """
        next_logs = 0.0
        while not self.told:
            for part in self.parts:
                with suppress(OSError):
                    self._look_after(part)
            if time.monotonic() > next_logs:
                self._limit_logs()
                if not self.is_known:
                    self._make_known()
                next_logs = time.monotonic() + LOG_LOOK_SECONDS
            time.sleep(LOOK_SECONDS)

    def _look_after(self, part: Part) -> None:
        now = time.monotonic()
        if part.is_up:
            # One that is held down for ever was just told to end, and may still be at it.
            if now - part.started > CALM_SECONDS and part.pause <= LONGEST_PAUSE:
                part.pause = FIRST_PAUSE
            return
        if part.process is not None:
            ended = part.process
            kill_group(ended.pid)
            part.process = None
            self._put_off(part)
            self._make_known()
            with suppress(OSError):
                reason = _reason(ended.returncode)
                self.said(f"The part “{part.name}” ended ({reason}); it is started again.")
        if now >= part.not_before:
            part.restarts += 1
            try:
                self._spawn(part)
            except OSError:
                self._put_off(part)
                raise
            self._make_known()

    @staticmethod
    def _put_off(part: Part) -> None:
        part.not_before = time.monotonic() + part.pause
        part.pause = min(part.pause * 2, LONGEST_PAUSE)

    def _make_known(self) -> None:
        """Say what runs now; where that can't be written, it is said later."""
        try:
            self.changed()
            self.is_known = True
        except OSError:
            self.is_known = False

    def _spawn(self, part: Part) -> None:
        if part.before is not None:
            part.before()
        log = self._log(part)
        with open_log(log) as output:
            part.log_from = output.tell()
            part.process = subprocess.Popen(
                part.command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env=None if part.env is None else dict(part.env),
                cwd=part.cwd,
                start_new_session=True,
                preexec_fn=dies_with_us(part.stop_signal),
                umask=PRIVATE,
                **dropped(part.user),
            )
        part.started = time.monotonic()

    def stop(self) -> None:
        """Stop the parts wave by wave; one that does not go in time, or a second Ctrl-C, is killed,
        children and all.
        """
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
                    with suppress(subprocess.TimeoutExpired):
                        part.process.wait(5)

    def _wait(self, part: Part, until: float, *, hurry: bool = True) -> None:
        while part.is_up and time.monotonic() < until and not (hurry and self.told > 1):
            time.sleep(0.02)

    @staticmethod
    def _signal(part: Part, number: int) -> None:
        if part.process is not None:
            with suppress(ProcessLookupError):
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
            former = log.with_suffix(".log.1")
            try:
                if log.stat().st_size > LOG_LIMIT:
                    # What was put aside before makes room for what is put aside now.
                    former.unlink(missing_ok=True)
                    with open_log(former) as aside:
                        aside.write(log.read_bytes())
                    log.open("r+").truncate(0)
            except OSError:
                continue


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
