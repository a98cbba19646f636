"""Help names every command there is, the README no other; troubles are sentences,
not tracebacks.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from service_portal.launcher import commands
from service_portal.launcher.steps import Trouble, run, sentence_of, step, way_out

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {*commands.OURS, *commands.PASSED_ON}


def portal(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the launcher as a person does, with nothing in the environment but a home."""
    return subprocess.run(
        [sys.executable, str(ROOT / "portal"), *words],
        env={"PATH": "/usr/bin:/bin", **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_every_command_of_the_readme() -> None:
    said = portal("help")
    assert said.returncode == 0
    listed = set(re.findall(r"^  ./portal ([a-z-]+)", said.stdout, flags=re.MULTILINE))
    assert listed == COMMANDS
    named = set(
        re.findall(r"\./portal ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    )
    assert named - {"help"} <= listed
    assert listed <= named | set(re.findall(r"\./portal ([a-z-]+)", said.stdout))


def test_a_word_that_is_no_command_is_named() -> None:
    said = portal("upp")
    assert said.returncode == 2 and said.stdout.startswith("There is no command “upp”.")


def test_what_does_not_run_says_so(tmp_path: Path) -> None:
    home = str(tmp_path)
    assert portal("status", PORTAL_HOME=home).returncode == 3
    assert portal("status", "--json", PORTAL_HOME=home).stdout == "{}\n"
    assert portal("down", PORTAL_HOME=home).stdout == "It does not run.\n"
    assert "There are no logs yet" in portal("logs", PORTAL_HOME=home).stdout


def test_wrong_settings_stop_the_start_before_anything_is_made(tmp_path: Path) -> None:
    said = portal("up", PORTAL_HOME=str(tmp_path / "home"), WEB_WORKERS="0", REDIS_URL="nonsense")
    assert (
        said.returncode == 1
        and "WEB_WORKERS='0'" in said.stdout
        and "REDIS_URL='nonsense'" in said.stdout
    )
    assert not (tmp_path / "home").exists()


def test_a_log_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "web.log").write_text("one\ntwo\nthree\n")
    assert (
        "There is no such log. There are: web"
        in portal("logs", "wep", PORTAL_HOME=str(tmp_path)).stdout
    )
    assert portal("logs", "web", "-n", "2", PORTAL_HOME=str(tmp_path)).stdout.splitlines()[1:] == [
        "two",
        "three",
    ]


@pytest.mark.parametrize(
    ("said", "way"),
    [
        ("ConnectionRefusedError: [Errno 111] Connection refused", "network can't be reached"),
        (
            "error: Failed to fetch: `https://index.example/simple/flask/`",
            "network can't be reached",
        ),
        ("npm error code ENOTFOUND", "network can't be reached"),
        ("curl: (6) Could not resolve host: deb.debian.org", "network can't be reached"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("error: [Errno 13] Permission denied: '/srv'", "PORTAL_HOME="),
        ("Hash mismatch for flask", "not the one that was locked"),
        ("a bug of our own", ""),
    ],
)
def test_the_last_words_of_a_command_lead_to_a_way_out(said: str, way: str) -> None:
    with pytest.raises(Trouble) as trouble:
        run(
            [sys.executable, "-c", f"import sys; sys.exit({said!r})"],
            trouble="It could not be installed.",
        )
    assert str(trouble.value).startswith(f"It could not be installed.\n{said}")
    assert way in way_out(said) and way_out(said) in str(trouble.value)
    assert bool(way) == bool(way_out(said))


def test_a_command_that_is_not_there_is_named() -> None:
    with pytest.raises(Trouble, match="no-such-program could not be started"):
        run(["no-such-program"], trouble="It did not work.")


def test_a_full_disk_and_a_closed_folder_are_sentences() -> None:
    assert "disk is full (/srv/x)" in str(
        sentence_of(OSError(28, "No space left on device", "/srv/x"))
    )
    assert "PORTAL_HOME=" in str(sentence_of(PermissionError(13, "Permission denied", "/srv/x")))
    assert sentence_of(OSError(5, "Input/output error")) is None


def test_a_step_says_what_it_does_and_that_it_failed(capsys: pytest.CaptureFixture[str]) -> None:
    with step("making it"):
        pass
    with pytest.raises(Trouble), step("breaking it"):
        raise Trouble("broken")
    assert capsys.readouterr().out == "  making it … done\n  breaking it … failed\n"
