"""The whole product, started and stopped as a person does: second start, two side by side, servers
of one's own, a killed launcher, nothing left.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service_portal.launcher import turns
from service_portal.launcher.place import ROOT
from service_portal.launcher.processes import children_of, family
from tests.launcher.copies import Copy, until, wait_until_gone
from tests.server import TestServer

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("launcher")]
SERVING = ("web", "relay", "worker", "beat")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that servers running as another user can reach, with a space and Chinese in its
    name.
    """
    with tempfile.TemporaryDirectory(prefix="portal 园区 ", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def first(folder: Path) -> Iterator[Copy]:
    """A copy with servers of the launcher's own, started for the first time."""
    copy = Copy(folder / "first")
    try:
        said = copy.up()
        assert (
            "making the database" in said
            and "making an empty zone" in said
            and f"http://127.0.0.1:{copy.port}" in said
        )
        yield copy
    finally:
        subprocess.run(
            [sys.executable, str(ROOT / "portal"), "down"],
            env=copy.env,
            capture_output=True,
            check=False,
        )


def test_a_first_start_serves_an_empty_zone(first: Copy) -> None:
    assert "/demo/enter/" not in first.page()
    about = first.status()
    assert set(about["parts"]) == {
        "launcher",
        "postgres",
        "valkey",
        "web",
        "relay",
        "worker",
        "beat",
    }
    assert all(part["up"] for part in about["parts"].values()) and about["health"]["status"] in {
        "green",
        "amber",
    }
    assert about["memory_mb"] <= 600
    assert "It runs already" in first.portal("up", "--detach")
    assert (first.place.logs / "launcher.log").stat().st_mode & 0o077 == 0


def test_its_database_and_its_code_are_at_hand(first: Copy) -> None:
    asked = first.portal("psql", "--no-align", "--tuples-only", "--command=SELECT current_user")
    assert asked.splitlines()[-1] == "portal_app"
    asked = first.portal("psql", "--owner", "-Atc", "SELECT current_user")
    assert asked.splitlines()[-1] == "portal_owner"
    said = first.portal("shell", typed="print(db.session.query(Station).count(), 'stations')\n")
    assert "9 stations" in said


def test_nobody_else_reads_anything_in_the_home(first: Copy) -> None:
    first.place.make()
    open_to_others, to_strangers = [], []
    for path in (first.place.home, *first.place.home.rglob("*")):
        found = path.lstat()
        if path.is_symlink() or "pgsql" in path.parts:
            continue
        if found.st_mode & 0o007 and "socket" not in path.parts:
            open_to_others.append(str(path))
        # Its folders are the service user's to pass through.
        if found.st_mode & 0o070 and (os.geteuid() != 0 or found.st_gid == 0):
            to_strangers.append(str(path))
    assert (open_to_others, to_strangers) == ([], [])


@pytest.mark.skipif(sys.platform != "linux", reason="reads the environment of processes in /proc")
def test_what_serves_knows_neither_the_owners_password_nor_the_superusers(first: Copy) -> None:
    keep = first.place.home / "keep"
    secrets = [(keep / f"{role}-password").read_text() for role in ("postgres", "portal_owner")]
    children = children_of()
    for part, about in first.place.state()["parts"].items():
        for pid in family(about["pid"], children) if part in SERVING else ():
            known = Path(f"/proc/{pid}/environ").read_text()
            # Root starts it, and another user runs it.
            assert os.geteuid() != 0 or Path(f"/proc/{pid}").stat().st_uid != 0
            assert "DATABASE_URL=" in known and "DATABASE_OWNER_URL" not in known
            assert not [one for one in secrets if one in known]


def test_a_second_copy_runs_beside_it_on_servers_of_ones_own(
    first: Copy, folder: Path, server: TestServer, template: str
) -> None:
    database = server.copy(template, f"own_{os.getpid()}")

    def ask(question: str) -> Any:
        with psycopg.connect(
            server.admin_url.set(database=database).render_as_string(hide_password=False)
        ) as connection:
            row = connection.execute(question).fetchone()
            assert row is not None
            return row[0]

    stations = ask("SELECT count(*) FROM station")
    own = {
        "DATABASE_URL": server.url(database, role="portal_app"),
        "DATABASE_OWNER_URL": server.url(database, role="portal_owner"),
        "REDIS_URL": os.environ["PORTAL_TEST_REDIS"],
        "WEB_WORKERS": "1",
        "WORKER_PROCESSES": "1",
    }
    second = Copy(folder / "second", **own)
    try:
        second.up()
        assert set(second.status()["parts"]) == {"launcher", "web", "relay", "worker", "beat"}
        assert second.page() and first.page()
        assert (
            not (second.place.home / "postgres").exists()
            and not (second.place.home / "valkey").exists()
        )
        until(lambda: ask("SELECT count(*) FROM heartbeat WHERE part = 'relay'"))
        assert ask("SELECT count(*) FROM heartbeat WHERE part = 'relay'") == 1
        assert ask("SELECT count(*) FROM station") == stations
        ran = second.processes()
        second.portal("down")
        assert wait_until_gone(ran) == [] and first.page()
    finally:
        subprocess.run(
            [sys.executable, str(ROOT / "portal"), "down"],
            env=second.env,
            capture_output=True,
            check=False,
        )
        server.drop(database)


def test_a_killed_launcher_takes_everything_with_it_and_can_be_started_again(first: Copy) -> None:
    ran = first.processes()
    os.kill(first.place.state()["pid"], signal.SIGKILL)
    assert sys.platform != "linux" or wait_until_gone(ran) == []
    said = first.up()
    # A second start makes nothing: what takes long was done by the first.
    assert "making" not in said and "bringing" not in said and "installing" not in said
    assert first.page() and not set(first.processes()) & set(ran)


def test_down_leaves_no_process_and_ctrl_c_neither(first: Copy) -> None:
    ran = first.processes()
    assert "Everything is stopped." in first.portal("down")
    assert wait_until_gone(ran) == [] and first.place.last_state() == {}
    command = [sys.executable, str(ROOT / "portal"), "up", "--port", str(first.port)]
    # What a shell runs in the background ignores Ctrl-C, and so would its children.
    running = subprocess.Popen(
        command,
        env=first.env,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert running.stdout is not None
    for line in running.stdout:
        if line.startswith("Ctrl-C stops everything"):
            break
    ran = first.processes()
    running.send_signal(signal.SIGINT)
    assert running.stdout.read().endswith("Everything is stopped.\n") and running.wait(30) == 0
    assert wait_until_gone(ran) == [] and first.place.last_state() == {}


def test_a_home_without_the_keys_of_its_database_does_not_start(first: Copy) -> None:
    first.portal("down")
    kept = first.place.secret("password-salt")
    first.place.keep("password-salt", "another-salt-0123456789")
    command = [sys.executable, str(ROOT / "portal"), "up", "--detach", "--port", str(first.port)]
    refused = subprocess.run(
        command, env=first.env, capture_output=True, text=True, check=False, timeout=120
    )
    first.place.keep("password-salt", kept)
    assert refused.returncode == 1 and first.status() == {}
    assert "Copy keep/password-salt from the home where it was made" in refused.stdout
    assert "accept-keys" in refused.stdout and "Traceback" not in refused.stdout


def test_of_two_starts_at_once_one_leaves_with_a_word_and_stays_away(first: Copy) -> None:
    first.portal("down")
    command = [sys.executable, str(ROOT / "portal"), "up", "--detach", "--port", str(first.port)]
    both = [
        subprocess.Popen(command, env=first.env, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [one.communicate(timeout=120)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sorted("Service Portal runs at" in words for words in said) == [False, True]
    loser = next(words for words in said if "Service Portal runs at" not in words)
    assert "is being started in this home already" in loser or "It runs already" in loser
    log = (first.place.logs / "launcher.log").read_text()
    assert "Service Portal runs at" in log
    ran = first.processes()
    first.portal("down")
    time.sleep(2)
    assert wait_until_gone(ran) == [] and first.status() == {}
    assert turns.holder(first.place.turn) is None


def test_down_gives_up_a_start_that_has_begun(first: Copy) -> None:
    first.portal("down")
    command = [sys.executable, str(ROOT / "portal"), "up", "--detach", "--port", str(first.port)]
    starting = subprocess.Popen(command, env=first.env, stdout=subprocess.PIPE, text=True)
    until(lambda: turns.holder(first.place.turn) is not None)
    first.portal("down")
    starting.communicate(timeout=60)
    until(lambda: turns.holder(first.place.turn) is None)
    assert first.status() == {} and starting.returncode != 0
