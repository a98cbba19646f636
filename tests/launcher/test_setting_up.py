"""What set-up says when a machine lacks something, and what `./portal test`
does without a browser.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from service_portal.launcher import assets, browser, libraries
from service_portal.launcher.place import ROOT
from service_portal.launcher.steps import Trouble
from service_portal.launcher.testing import summarize


def test_a_python_without_ensurepip_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "broken" / "ensurepip").mkdir(parents=True)
    (tmp_path / "broken" / "ensurepip" / "__init__.py").write_text("raise ImportError\n")
    code = (
        "import os, sys; os.geteuid = lambda: 1000; from pathlib import Path; from"
        " service_portal.launcher import libraries, place, steps\nplace.ROOT ="
        f" Path('/nowhere')\ntry: libraries.make_venv(place.Place(Path({str(tmp_path)!r})))\nexcept"
        " steps.Trouble as trouble: print(trouble)"
    )
    env = {**os.environ, "PYTHONPATH": f"{tmp_path / 'broken'}{os.pathsep}{ROOT}"}
    said = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
    )
    assert (
        "This Python lacks the venv module. On Debian or Ubuntu: sudo apt-get install python3-venv"
        in said.stdout
    ), said.stderr


@pytest.mark.parametrize(
    "lock",
    ["requirements.txt", "requirements-test.txt", "requirements-uv.txt", "requirements-npm.txt"],
)
def test_every_library_is_pinned_and_hashed(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = [entry for entry in re.split(r"\n(?=[a-z0-9])", text) if not entry.startswith("#")]
    assert entries and all(
        re.match(r"[A-Za-z0-9._\[\],-]+==\S+", entry) and "--hash=sha256:" in entry
        for entry in entries
    )


def test_what_is_wanted_by_name_is_locked() -> None:
    for wanted, lock in (
        ("requirements.in", "requirements.txt"),
        ("requirements-test.in", "requirements-test.txt"),
    ):
        locked = {
            name.lower().replace("_", "-")
            for name in re.findall(
                r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", (ROOT / lock).read_text(), flags=re.MULTILINE
            )
        }
        names = {
            re.split(r"[=\[<>; ]", line)[0].lower()
            for line in (ROOT / wanted).read_text().split("\n")
            if line and not line.startswith(("-r", "#"))
        }
        assert names <= locked


def test_front_end_libraries_are_locked_exactly() -> None:
    package, lock = (
        json.loads((ROOT / name).read_text()) for name in ("package.json", "package-lock.json")
    )
    wanted = {**package["dependencies"], **package["devDependencies"]}
    for name, version in wanted.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert all("integrity" in entry for path, entry in lock["packages"].items() if path)
    assert {
        "/".join(source.split("/")[: 2 if source.startswith("@") else 1])
        for source in assets.COPIES
    } <= set(wanted)


def test_an_icon_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (tmp_path / "check.svg").write_text('<!-- made -->\n<svg width="24"><path d="M1 1"/></svg>')
    assert (
        assets.sprite(tmp_path, ["check", "check"]).count(
            '<symbol id="check" viewBox="0 0 24 24"><path d="M1 1"/></symbol>'
        )
        == 1
    )
    with pytest.raises(Trouble, match="There is no icon called “chek”"):
        assets.sprite(tmp_path, ["chek"])


def test_without_a_browser_its_tests_are_skipped_loudly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = browser.find_browser()
    assert (
        "sudo apt-get install chromium" in found["PORTAL_BROWSER_SKIP_REASON"]
        and "PORTAL_BROWSER" not in found
    )
    assert "The browser tests are SKIPPED" in capsys.readouterr().out


def test_skipped_browser_tests_are_a_failure_only_where_that_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = {"tests": (0, 1.0)}
    assert summarize(good, took=1, skipped=None, strict=True) == 0
    assert summarize(good, took=1, skipped="no chromium", strict=False) == 0
    assert "SKIPPED  browser tests: no chromium" in capsys.readouterr().out
    assert summarize(good, took=1, skipped="no chromium", strict=True) == 1
    assert "FAILED   browser (CI=true requires one)" in capsys.readouterr().out
    assert summarize({"tests": (2, 1.0)}, took=1, skipped=None, strict=False) == 1


def test_only_the_locked_files_are_installed() -> None:
    assert libraries.RUNTIME.name == "requirements.txt" and all(
        lock.exists() for lock in (libraries.RUNTIME, libraries.TESTS, libraries.UV, libraries.NPM)
    )
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith(
        'exec ./portal test "$@"'
    ) and os.access(ROOT / ".ci" / "run", os.X_OK)
