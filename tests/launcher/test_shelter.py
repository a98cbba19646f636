"""Started by root from a closed folder, the product still runs as a user that
may do nothing else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service_portal.launcher import shelter
from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.privileges import can_reach, dropped, service_user
from service_portal.launcher.shelter import Reach

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user"),
    pytest.mark.xdist_group("shelter"),
]


@contextmanager
def closed_checkout() -> Iterator[Path]:
    """Give a folder for a checkout that nobody but root can reach, with a place for shelters."""
    with tempfile.TemporaryDirectory(prefix="portal-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        checkout = Path(name) / "closed"
        checkout.mkdir(mode=0o700)
        yield checkout


def settle_in(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the launcher take this checkout, and the shelters beside it, for its own."""
    monkeypatch.setattr(shelter, "ROOT", checkout)
    monkeypatch.setattr(shelter, "SHELTERS", checkout.parent / "shelters")
    monkeypatch.delenv("PORTAL_HOME", raising=False)


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout that nobody but root can reach; nothing is in it yet."""
    with closed_checkout() as checkout:
        settle_in(checkout, monkeypatch)
        yield checkout


@pytest.fixture(scope="module")
def sheltered() -> Iterator[tuple[Path, Reach]]:
    """A whole closed checkout with a file that everybody may change, and its copy elsewhere."""
    with closed_checkout() as checkout, pytest.MonkeyPatch.context() as patch:
        for part in shelter.CODE:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            copy(ROOT / part, checkout / part)
        (checkout / "wsgi.py").chmod(0o666)
        settle_in(checkout, patch)
        found = shelter.reach(Place(ROOT / "var"), service_user())
        assert found is not None
        yield checkout, found


@pytest.mark.slow
def test_code_and_python_that_are_closed_are_copied_to_where_the_user_reaches_them(
    sheltered: tuple[Path, Reach],
) -> None:
    (checkout, copied), user = sheltered, service_user()
    assert copied.user == user and copied.code != checkout
    # Another user can't be helped: it has no place in the shelter.
    assert (copied.code.parent.stat().st_mode & 0o007) == 0
    ask = "import os, sys, service_portal.app as app; print(os.getuid(), app.__file__)"
    ran = subprocess.run(
        [str(copied.python), "-c", ask],
        cwd="/",
        env={"PYTHONPATH": str(copied.code), "LANG": "C.UTF-8", **copied.env},
        capture_output=True,
        text=True,
        check=True,
        **dropped(user),
    )
    assert ran.stdout.split()[1] == f"{copied.code}/service_portal/app.py"
    assert ran.stdout.split()[0] == str(user.pw_uid if user else 0)


def test_code_that_has_changed_is_copied_again(sheltered: tuple[Path, Reach]) -> None:
    checkout, first = sheltered
    text = (checkout / "wsgi.py").read_text() + "# changed\n"
    assert (first.code / "wsgi.py").read_text() != text
    (checkout / "wsgi.py").write_text(text)
    second = shelter.reach(Place(ROOT / "var"), service_user())
    assert second is not None
    assert (second.code / "wsgi.py").read_text() == text


def test_the_state_of_a_closed_checkout_lies_where_the_user_reaches_it(
    closed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelter.settle()
    home = (closed / "var").resolve()
    assert f"lies in {home}" in capsys.readouterr().out
    assert can_reach(home, service_user())
    shelter.settle()
    assert (closed / "var").resolve() == home and capsys.readouterr().out == ""


def test_a_home_that_was_chosen_or_is_there_stays_where_it_is(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_HOME", "/srv/zone")
    shelter.settle()
    assert not (closed / "var").exists()
    monkeypatch.delenv("PORTAL_HOME")
    (closed / "var").mkdir()
    shelter.settle()
    assert not (closed / "var").is_symlink()


def shelter_named(name: str, source: Path) -> Path:
    """A folder below the shelters that says for what it was made."""
    folder = shelter.SHELTERS / name
    folder.mkdir(parents=True)
    shelter.name_source(folder, source)
    return folder


def test_the_copy_of_a_checkout_that_is_gone_goes(
    sheltered: tuple[Path, Reach],
) -> None:
    checkout, copied = sheltered
    gone = shelter_named("code-gone", checkout / "no-more")
    nameless = shelter.SHELTERS / "code-nameless"
    nameless.mkdir()
    shelter.clear_away()
    assert copied.code.exists()
    assert not gone.exists() and nameless.exists()


def test_a_copy_from_which_something_runs_stays(closed: Path) -> None:
    used = shelter_named("code-used", closed / "no-more")
    running = subprocess.Popen(["sleep", "60"], cwd=used)
    try:
        shelter.clear_away()
        assert used.exists()
    finally:
        running.kill()
        running.wait()
    shelter.clear_away()
    assert not used.exists()


def test_the_database_of_a_home_that_is_away_stays(closed: Path) -> None:
    empty = shelter_named("0123", closed / "no-home")
    full = shelter_named("4567", closed / "no-home-either")
    (full / "postgres" / "data").mkdir(parents=True)
    (full / "postgres" / "data" / "PG_VERSION").touch()
    shelter.clear_away()
    assert full.exists() and not empty.exists()


def test_nobody_but_root_can_change_the_copied_code(sheltered: tuple[Path, Reach]) -> None:
    checkout, copied = sheltered
    assert (checkout / "wsgi.py").stat().st_mode & 0o002
    changeable = [path for path in copied.code.rglob("*") if path.stat().st_mode & 0o022]
    assert changeable == [] and {path.stat().st_uid for path in copied.code.rglob("*")} == {0}
