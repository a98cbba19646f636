"""The virtual environment and the Python libraries in it, pinned and hashed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.stamps import digest, done, is_done
from service_portal.launcher.steps import Trouble, run, step

RUNTIME, TESTS = ROOT / "requirements.txt", ROOT / "requirements-test.txt"
UV, NPM = ROOT / "requirements-uv.txt", ROOT / "requirements-npm.txt"


def make_venv(place: Place) -> None:
    """Make the virtual environment; on Debian as root, install what its Python lacks for that."""
    mark, wanted = place.venv / "made", f"{place.venv} {sys.version_info[0]}.{sys.version_info[1]}"
    # Another Python of the same machine may have made it: what counts is that it is whole and was
    # not moved.
    if (
        place.python.exists()
        and mark.exists()
        and mark.read_text().rpartition(" ")[0] == str(place.venv)
    ):
        return
    with step("making a virtual environment"):
        if (
            subprocess.run(
                [sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False
            ).returncode
            != 0
        ):
            _install_venv()
        shutil.rmtree(place.venv, ignore_errors=True)
        run(
            [sys.executable, "-m", "venv", place.venv],
            trouble="The virtual environment could not be made.",
        )
        done(mark, wanted)


def _install_venv() -> None:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update"], capture_output=True, env=env, check=False)
        run(
            ["apt-get", "install", "-y", "--no-install-recommends", "python3-venv"],
            env=env,
            trouble="This Python lacks the venv module, and python3-venv could not be installed.",
        )
        return
    raise Trouble(
        "This Python lacks the venv module. On Debian or Ubuntu: sudo apt-get install python3-venv"
        f" (or {version}), then run the command again."
    )


def install(place: Place, *, tests: bool = False) -> None:
    """Install the product's libraries, and those of the tests where asked for; what is there
    already is left alone.
    """
    _install(place, RUNTIME, "installing the Python libraries")
    if tests:
        _install(place, TESTS, "installing the tools for the tests")


def _install(place: Place, requirements: Path, what: str) -> None:
    mark, wanted = place.venv / f"installed-{requirements.stem}", digest(requirements)
    if is_done(mark, wanted):
        return
    with step(what):
        uv = place.venv / "bin" / "uv"
        if not uv.exists():
            subprocess.run(pip(place, UV), capture_output=True, check=False)
        fast: list[str | Path] = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--python",
            place.python,
            "--require-hashes",
            "-r",
            requirements,
        ]
        # uv does not read pip's own configuration: where that names the only index in reach, pip
        # still gets there.
        if (
            not uv.exists()
            or subprocess.run(fast, capture_output=True, check=False).returncode != 0
        ):
            run(pip(place, requirements), trouble="The Python libraries could not be installed.")
    done(mark, wanted)


def pip(place: Place, requirements: Path) -> list[str | Path]:
    """Give the command with which the environment's own pip installs exactly what is locked."""
    return [
        place.python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        requirements,
    ]
