"""`./portal test`: sets up all the tests need, runs the laws, the types and the tests, and says how
it went.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from service_portal.launcher import setting_up
from service_portal.launcher.browser import find_browser
from service_portal.launcher.place import ROOT, Place, free_port
from service_portal.launcher.postgres import SUPERUSER, Postgres
from service_portal.launcher.privileges import service_user
from service_portal.launcher.product import FOREIGN
from service_portal.launcher.steps import say, step
from service_portal.launcher.supervisor import Supervisor
from service_portal.launcher.valkey import Valkey

FAST = ("tests/rules", "tests/architecture", "tests/launcher")
CONNECTIONS = 150
# On two cores at once; what shares one thing stays together.
BOTH = ("-n", "2", "--dist", "loadgroup")


def test(place: Place, arguments: list[str]) -> int:
    """Run everything, or with `--fast` what takes seconds; other words go to pytest, which then
    runs alone.
    """
    fast, chosen = "--fast" in arguments, [word for word in arguments if word != "--fast"]
    begun = time.monotonic()
    setting_up.set_up(place, tests=True)
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN)
        and name not in {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BASE_URL"}
    }
    env |= {"PYTHONPATH": str(ROOT), "PORTAL_PYTHON": str(place.python)}
    if not fast:
        env |= find_browser()
    results: dict[str, tuple[int, float]] = {}
    folder = Path(tempfile.mkdtemp(prefix="portal-test-", dir="/tmp"))
    folder.chmod(0o755)
    supervisor = Supervisor(folder)
    try:
        with step("starting a PostgreSQL and a Valkey for the tests"):
            env |= _start(place, folder, supervisor)
        for name, command in _stages(place, fast=fast, chosen=chosen):
            say(f"\n── {name}")
            start = time.monotonic()
            with setting_up.readable():
                results[name] = (
                    subprocess.call(command, cwd=ROOT, env=env),
                    time.monotonic() - start,
                )
    finally:
        supervisor.heed_signals()
        supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return summarize(
        results,
        took=time.monotonic() - begun,
        skipped=env.get("PORTAL_BROWSER_SKIP_REASON"),
        strict=os.environ.get("CI") == "true",
    )


def summarize(
    results: dict[str, tuple[int, float]], *, took: float, skipped: str | None, strict: bool
) -> int:
    """Print how each stage went and how long it took; give 1 when any failed, or when the browser
    tests were skipped where that is not allowed.
    """
    say("\n── Summary")
    if skipped and strict:
        results = {**results, "browser (CI=true requires one)": (1, 0.0)}
    for name, (status, seconds) in results.items():
        say(f"  {'passed' if status == 0 else 'FAILED':<8} {name:<34} {seconds:6.1f} s")
    if skipped:
        say(f"  SKIPPED  browser tests: {skipped}")
    say(f"  {'together, with set-up':<43} {took:6.1f} s")
    return 1 if any(status for status, _ in results.values()) else 0


def _stages(place: Place, *, fast: bool, chosen: list[str]) -> list[tuple[str, list[str]]]:
    tools = place.venv / "bin"
    pytest = [str(place.python), "-m", "pytest", "-q"]
    if chosen:
        return [("tests", [*pytest, *(["-m", "fast"] if fast else []), *chosen])]
    laws = [
        ("format (ruff)", [str(tools / "ruff"), "format", "--check", "--quiet", "."]),
        ("style (ruff)", [str(tools / "ruff"), "check", "."]),
        ("floors (import-linter)", [str(tools / "lint-imports")]),
    ]
    if fast:
        marked = [
            str(path.relative_to(ROOT))
            for path in sorted((ROOT / "tests").rglob("test_*.py"))
            if "mark.fast" in path.read_text()
        ]
        others = [name for name in marked if not name.startswith(FAST)]
        more = [("tests marked fast", [*pytest, "-m", "fast", *others])] if others else []
        return [
            *laws,
            (
                "fast tests",
                [
                    *pytest,
                    *BOTH,
                    "-m",
                    "not slow",
                    *(name for name in FAST if (ROOT / name).exists()),
                ],
            ),
            *more,
        ]
    types = ("types (mypy)", [str(place.python), "-m", "mypy"])
    return [*laws, types, ("tests", [*pytest, *BOTH, "tests"])]


def _start(place: Place, folder: Path, supervisor: Supervisor) -> dict[str, str]:
    """Start throw-away servers and give their addresses."""
    user = service_user()
    postgres = Postgres(
        folder / "postgres", place.packages, user=user, passwords={SUPERUSER: "test"}, reckless=True
    )
    valkey = Valkey(
        folder / "valkey",
        place.packages,
        user=user,
        port=free_port() or 16380,
        password="test",
        reckless=True,
    )
    postgres.make()
    supervisor.start(postgres.part(connections=CONNECTIONS))
    supervisor.start(valkey.part())
    return {
        "PORTAL_TEST_SERVER": postgres.url(database="postgres"),
        "PORTAL_TEST_REDIS": valkey.url,
    }
