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


def test_a_log_that_can_not_be_played_makes_no_zone(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("a,b\n1,2\n")
    said = portal(tmp_path / "home", "replay", str(log), "--format", "uci")
    assert said.returncode == 1
    assert "log.csv has no column 'accepted_at', so it is no log of the format uci." in said.stderr
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "home" / "replay" / "postgres").exists()
