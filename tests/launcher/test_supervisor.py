"""Parts are started in order, started again when they die, and stopped wave by wave, children and
all. With real processes.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from service_portal.launcher.processes import born, children_of, family, is_alive, memory
from service_portal.launcher.steps import Trouble
from service_portal.launcher.supervisor import Part, Supervisor


def python(code: str) -> list[str]:
    """Give the command that runs some code without site-packages, which is fast."""
    return [sys.executable, "-S", "-c", code]


SLEEP = python("import time; time.sleep(60)")
STUBBORN = python(
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True);"
    " time.sleep(60)"
)
PARENT = python(
    "import subprocess, sys, time; c = subprocess.Popen([sys.executable, '-S', '-c', 'import time;"
    " time.sleep(60)']); print(c.pid, flush=True); time.sleep(60)"
)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor whose parts are gone after the test."""
    made = Supervisor(tmp_path)
    yield made
    made.told = 2
    made.stop()


def until(happens: Callable[[], object], *, seconds: float = 10) -> None:
    """Wait for something to happen."""
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def pid_of(part: Part) -> int:
    """Give the process of a part that runs."""
    assert part.process is not None
    return part.process.pid


def log_has(supervisor: Supervisor, part: Part, words: str) -> Callable[[], bool]:
    """Give the question whether a part has said something."""
    return lambda: words in (supervisor.logs / f"{part.name}.log").read_text()


def test_what_dies_is_started_again_and_said(supervisor: Supervisor) -> None:
    said: list[str] = []
    supervisor.said = said.append
    part = Part("web", SLEEP)
    supervisor.start(part)
    first = pid_of(part)
    thread = Thread(target=supervisor.watch)
    thread.start()
    os.kill(first, signal.SIGKILL)
    until(lambda: part.restarts == 1 and part.is_up)
    # Asked before the thread ends, because a part dies with the thread that started it.
    state = supervisor.state()["web"]
    assert (
        state == {"pid": pid_of(part), "born": born(pid_of(part)), "restarts": 1} and state["born"]
    )
    supervisor.told = 1
    thread.join()
    assert pid_of(part) != first
    assert said == ["The part “web” ended (signal SIGKILL); it is started again."]


def test_what_dies_at_once_is_started_with_growing_pauses(supervisor: Supervisor) -> None:
    part = Part("relay", python("raise SystemExit(3)"))
    supervisor.start(part)
    thread = Thread(target=supervisor.watch)
    thread.start()
    until(lambda: part.restarts >= 2)
    supervisor.told = 1
    thread.join()
    assert part.pause >= 0.8


def test_what_does_not_come_up_shows_the_end_of_its_log(supervisor: Supervisor) -> None:
    with pytest.raises(
        Trouble,
        match=r"(?s)The part “web” does not come up\. The end of .*web\.log:\nno such module",
    ):
        supervisor.start(
            Part("web", python("raise SystemExit('no such module')"), ready=lambda _pid: False)
        )
    with pytest.raises(Trouble, match="does not come up"):
        supervisor.start(Part("deaf", SLEEP, ready=lambda _pid: False), wait=0.2)


def test_a_full_disk_stops_nobody_and_what_could_not_be_said_is_said_later(
    supervisor: Supervisor,
) -> None:
    is_full = True
    known: list[Any] = []

    def write(what: object) -> None:
        if is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        known.append(what)

    (supervisor.logs / "web.log").symlink_to("/dev/full")
    part, other = Part("web", SLEEP), Part("relay", SLEEP)
    supervisor.start(part)
    supervisor.start(other)
    first = pid_of(part)
    supervisor.changed = lambda: write(supervisor.state())
    supervisor.said = write
    thread = Thread(target=supervisor.watch)
    thread.start()
    os.kill(first, signal.SIGKILL)
    until(lambda: part.restarts == 1 and part.is_up)
    assert thread.is_alive() and other.is_up and known == []
    is_full = False
    until(lambda: known)
    assert known[-1]["web"]["pid"] == pid_of(part)
    supervisor.told = 1
    thread.join()


def test_what_can_not_be_started_now_is_started_later(supervisor: Supervisor) -> None:
    part = Part("web", SLEEP)
    supervisor.start(part)
    refusals = [OSError(errno.ENOSPC, "No space left on device")]

    def refuse_once() -> None:
        if refusals:
            raise refusals.pop()

    part.before = refuse_once
    thread = Thread(target=supervisor.watch)
    thread.start()
    os.kill(pid_of(part), signal.SIGKILL)
    until(lambda: not refusals and part.is_up)
    supervisor.told = 1
    thread.join()


def test_parts_stop_in_waves(supervisor: Supervisor, tmp_path: Path) -> None:
    last = python(
        "import signal, time; signal.signal(signal.SIGTERM, lambda *_:"
        f" (open({str(tmp_path / 'order')!r}, 'a').write('worker '), exit())); print('up',"
        " flush=True); time.sleep(60)"
    )
    first = python(
        "import signal, time; signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.3),"
        f" open({str(tmp_path / 'order')!r}, 'a').write('web '), exit())); print('up', flush=True);"
        " time.sleep(60)"
    )
    for part in (Part("worker", last, wave=1), Part("web", first, wave=0)):
        supervisor.start(part)
        until(log_has(supervisor, part, "up"))
    supervisor.stop()
    assert (tmp_path / "order").read_text() == "web worker "


def test_what_does_not_listen_is_killed_after_its_patience(supervisor: Supervisor) -> None:
    part = Part("worker", STUBBORN, patience=0.3)
    supervisor.start(part)
    until(log_has(supervisor, part, "deaf"))
    supervisor.stop()
    assert part.process is not None and part.process.returncode == -signal.SIGKILL


def test_a_second_word_stops_at_once(supervisor: Supervisor) -> None:
    part = Part("worker", STUBBORN, patience=60)
    supervisor.start(part)
    until(log_has(supervisor, part, "deaf"))
    supervisor.told = 2
    begun = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - begun < 5


def test_children_go_with_their_part(supervisor: Supervisor) -> None:
    part = Part("worker", PARENT)
    supervisor.start(part)
    until(log_has(supervisor, part, "\n"))
    child = int((supervisor.logs / "worker.log").read_text())
    assert family(pid_of(part), children_of()) == [pid_of(part), child]
    supervisor.stop()
    until(lambda: not is_alive(child))


def test_memory_that_is_shared_is_counted_once() -> None:
    shared, resident = memory([os.getpid()])
    assert 1 < shared <= resident


def test_a_long_log_is_put_aside(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service_portal.launcher.supervisor.LOG_LIMIT", 10)
    part = Part("web", SLEEP)
    supervisor.start(part)
    log = supervisor.logs / "web.log"
    log.write_text("more than ten signs\n")
    supervisor._limit_logs()
    assert (
        log.read_text() == ""
        and (supervisor.logs / "web.log.1").read_text() == "more than ten signs\n"
    )
