"""The home: what runs in it, what is kept in it, and a word when it can't be written."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from service_portal.launcher.operating import sweep
from service_portal.launcher.ownership import open_home, own, share
from service_portal.launcher.place import Place
from service_portal.launcher.privileges import service_user
from service_portal.launcher.processes import born, is_alive
from service_portal.launcher.steps import Trouble
from service_portal.launcher.supervisor import open_log

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home that was made."""
    made = Place(tmp_path / "home")
    made.make()
    return made


def test_the_state_holds_while_its_launcher_lives(place: Place) -> None:
    assert place.state() == {}
    place.write_state({"port": 8080, "parts": {}})
    assert place.state()["port"] == 8080 and place.state()["pid"] == os.getpid()
    place.forget_state()
    assert place.state() == {}


@pytest.mark.parametrize("change", [{"pid": 2**22 + 1}, {"born": "long ago"}, {"pid": "1"}])
def test_the_state_of_another_process_counts_for_nothing(
    place: Place, change: dict[str, object]
) -> None:
    place.write_state({"port": 8080})
    path = place.run / "state.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert place.state() == {} and place.last_state()["port"] == 8080


@pytest.mark.parametrize("text", ["", "{", "null"])
def test_a_broken_state_is_none(place: Place, text: str) -> None:
    (place.run / "state.json").write_text(text)
    assert place.state() == {}


def test_a_sweep_ends_what_a_killed_launcher_left_and_nothing_else(place: Place) -> None:
    left = subprocess.Popen(SLEEP, start_new_session=True)
    stranger = subprocess.Popen(SLEEP, start_new_session=True)
    try:
        parts = {
            "web": {"pid": left.pid, "born": born(left.pid)},
            "relay": {"pid": stranger.pid, "born": "of another time"},
            "beat": {"pid": None, "born": ""},
        }
        (place.run / "state.json").write_text(
            json.dumps({"pid": 2**22 + 1, "born": "", "parts": parts})
        )
        sweep(place)
        assert left.wait(10) < 0
        assert is_alive(stranger.pid) and place.last_state() == {}
    finally:
        for process in (left, stranger):
            process.kill()
            process.wait()


@pytest.mark.parametrize("broken", ["", "null", "[]"])
def test_a_sweep_of_a_broken_state_does_no_harm(place: Place, broken: str) -> None:
    (place.run / "state.json").write_text(broken)
    sweep(place)
    assert place.last_state() == {}


def test_a_secret_is_made_once_and_only_its_owner_reads_it(place: Place) -> None:
    first = place.secret("secret-key")
    assert (
        len(first) >= 32
        and place.secret("secret-key") == first
        and place.secret("password-salt") != first
    )
    assert stat.S_IMODE((place.home / "keep" / "secret-key").stat().st_mode) == 0o600
    assert stat.S_IMODE((place.home / "keep").stat().st_mode) == 0o700
    (place.home / "keep").chmod(0o755)
    place.make()
    assert stat.S_IMODE((place.home / "keep").stat().st_mode) == 0o700


def test_a_home_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        Trouble,
        match=r"file/home can't be written \(Not a directory\). Choose another: PORTAL_HOME=",
    ):
        Place(tmp_path / "file" / "home").make()


def test_a_folder_that_a_stranger_put_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(Trouble, match="belongs to somebody else"):
        own(tmp_path / "link", None)
    if os.geteuid() == 0:
        os.chown(tmp_path / "real", 4242, 4242)
        with pytest.raises(Trouble, match="belongs to somebody else"):
            own(tmp_path / "real", None)


def test_two_launchers_take_turns(place: Place) -> None:
    code = (
        "from pathlib import Path; from service_portal.launcher.place import Place\nwith"
        f" Place(Path({str(place.home)!r})).alone(): print('mine', flush=True)"
    )
    with place.alone():
        second = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert second.stdout is not None and "waiting for it to end" in second.stdout.readline()
    assert second.communicate(timeout=20)[0] == "mine\n"


def test_a_home_of_an_earlier_release_is_closed_to_others(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for folder in ("keep", "logs", "mail", "files/ab"):
        (home / folder).mkdir(parents=True)
    for name in ("logs/web.log", "mail/reset.eml", "files/ab/abc", "keep/secret-key"):
        (home / name).touch()
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    place, user = Place(home), service_user()
    place.make()
    open_home(home, user)
    share(home, user, apart={"keep", "logs"})
    with open_log(home / "logs" / "web.log"):
        pass
    open_to_others = [path for path in (home, *home.rglob("*")) if path.stat().st_mode & 0o007]
    assert [path.name for path in open_to_others if path.parent.name != "keep"] == []
    for name in ("mail", "files", "keep", "logs"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "mail" / "reset.eml").stat().st_mode) == 0o600


def test_a_folder_that_all_users_share_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    with pytest.raises(Trouble, match="is shared by all users of this machine"):
        Place(tmp_path / "shared").make()
