"""Test servers that stay between runs: one run at a time has them, and they end by themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from service_portal.launcher import resident, testing
from service_portal.launcher.place import ROOT
from service_portal.launcher.processes import children_of, is_alive

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("resident")]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for test servers of their own; they are stopped in the end."""
    with tempfile.TemporaryDirectory(prefix="portal-kept-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)
        resident.stop(Path(name))


def until(happens: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait for something to happen; whether it has is the caller's to say."""
    end = time.monotonic() + seconds
    while not happens() and time.monotonic() < end:
        time.sleep(0.05)


def databases(addresses: dict[str, str]) -> set[str]:
    """List the databases of a server."""
    with psycopg.connect(addresses["PORTAL_TEST_SERVER"]) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def test_a_second_run_finds_what_the_first_has_made(folder: Path) -> None:
    with resident.borrowed(folder) as first:
        assert first
        with psycopg.connect(first["PORTAL_TEST_SERVER"], autocommit=True) as connection:
            connection.execute("CREATE DATABASE made_by_the_first_run")
    with resident.borrowed(folder) as second:
        assert second == first
        assert "made_by_the_first_run" in databases(second)


def test_two_runs_at_once_do_not_share_them(folder: Path) -> None:
    with resident.borrowed(folder) as first, resident.borrowed(folder) as second:
        assert first and second is None


def test_they_are_started_anew_when_they_were_made_by_other_code(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with resident.borrowed(folder):
        former = resident.state(folder)["pid"]
    monkeypatch.setattr(resident, "_made_by", lambda: "other code")
    with resident.borrowed(folder) as addresses:
        assert addresses and databases(addresses) == {"postgres", "template0", "template1"}
        assert not is_alive(former) and resident.state(folder)["pid"] != former


def test_they_are_started_anew_after_their_keeper_was_killed(folder: Path) -> None:
    with resident.borrowed(folder):
        former = resident.state(folder)["pid"]
    servers = children_of()[former]
    os.kill(former, signal.SIGKILL)
    until(lambda: not is_alive(former))
    with resident.borrowed(folder) as addresses:
        assert addresses and databases(addresses)
    until(lambda: not any(is_alive(pid) for pid in servers))
    assert not any(is_alive(pid) for pid in servers)


def test_they_end_when_nobody_has_used_them_for_long(folder: Path) -> None:
    resident.stop(folder)
    (folder / "turn").touch()
    keeper = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from service_portal.launcher import resident;"
            " from service_portal.launcher.place import find_place;"
            " resident.keep(find_place(), Path(sys.argv[1]), idle_seconds=1)",
            str(folder),
        ],
        cwd=ROOT,
    )
    assert keeper.wait(60) == 0
    assert resident.state(folder) == {} and not (folder / "postgres").exists()


def test_a_run_that_must_prove_something_gets_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert testing.may_be_kept(fast=True, chosen=[])
    assert testing.may_be_kept(fast=False, chosen=["tests/services/test_journey.py"])
    assert not testing.may_be_kept(fast=False, chosen=[])
    monkeypatch.setenv("CI", "true")
    assert not testing.may_be_kept(fast=True, chosen=["tests/services/test_journey.py"])
