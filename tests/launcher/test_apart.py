"""Commands with servers of their own: what can't be done is said before any server is made, and no
two throw each other's away.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service_portal.launcher import commands, turns
from service_portal.launcher.place import Place
from service_portal.launcher.steps import Trouble
from tests.services.test_logs import TWO

ROOT = Path(__file__).resolve().parents[2]


def portal(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the launcher in a home."""
    environment = {"PATH": "/usr/bin:/bin", "PORTAL_HOME": str(home)}
    command = [sys.executable, str(ROOT / "portal"), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_second_replay_in_a_home_is_refused_and_leaves_the_first_ones_database(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path / "home")
    place.make()
    database = place.home / "replay" / "postgres"
    database.mkdir(parents=True)
    first = turns.take(database.parent / "turn", "replay", busy=lambda _holder: None)
    try:
        with pytest.raises(
            Trouble, match=f"A replay runs in this home already .process {os.getpid()}"
        ):
            commands._apart(place, ["replay", "log.csv", "--format", "uci"])
    finally:
        os.close(first)
    assert database.exists()


GOOD = ("FILE", "--format", "uci")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (GOOD, "log.csv has no column 'accepted_at', so it is no log of the format uci."),
        (("nowhere.csv", "--format", "uci"), "There is no file nowhere.csv."),
        ((".", "--format", "uci"), "is a folder. Give the log's file."),
        (("FILE",), "--format"),
        (("--format", "uci"), "file"),
        (("FILE", "--format", "csv"), "There is no format “csv”; there are boston and uci."),
        ((*GOOD, "--speed", "fast"), "how many times faster than in the log"),
        ((*GOOD, "--limit", "0"), "whole number of cases"),
        ((*GOOD, "--unknown"), "--unknown"),
    ],
)
def test_a_replay_that_can_not_begin_is_refused_before_anything_is_made(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("a,b\n1,2\n")
    ran = portal(tmp_path / "home", "replay", *(str(log) if w == "FILE" else w for w in words))
    assert ran.returncode == 1
    assert said in ran.stderr and "Traceback" not in ran.stderr
    assert not (tmp_path / "home").exists()


def test_how_a_replay_is_called_is_said_without_making_anything(tmp_path: Path) -> None:
    ran = portal(tmp_path / "home", "replay", "--help")
    assert ran.returncode == 0 and "--format uci|boston" in ran.stdout
    assert not (tmp_path / "home").exists()


def test_a_log_that_can_be_played_lets_a_replay_begin(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_bytes(TWO)
    assert commands.check_log([str(log), "--format", "uci"]) is None
