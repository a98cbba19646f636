"""`./portal test`: sets up all the tests need, runs the laws, the types and the tests, and says how
it went.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from service_portal.launcher import resident, setting_up
from service_portal.launcher.assets import MODULES
from service_portal.launcher.browser import find_browser
from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.product import FOREIGN
from service_portal.launcher.steps import say, step
from service_portal.launcher.supervisor import Supervisor

FAST = ("tests/rules", "tests/architecture", "tests/launcher")
BIOME = MODULES / ".bin" / "biome"
# What shares one thing stays together; tests/conftest.py says what begins first.
GROUPED = ("--dist", "loadgroup", "--no-loadscope-reorder")
# Four on two cores: many tests wait. Of the fast ones few do, and a worker takes seconds to begin.
SIDE_BY_SIDE, FAST_SIDE_BY_SIDE = ("-n", "4", *GROUPED), ("-n", "2", *GROUPED)


def test(place: Place, arguments: list[str]) -> int:
    """Run everything, or with `--fast` what takes seconds; other words go to pytest, which then
    runs alone. `--coverage` says what share of the code's lines was run.
    """
    fast, measured = "--fast" in arguments, "--coverage" in arguments
    chosen = [word for word in arguments if word not in {"--fast", "--coverage"}]
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
    with ExitStack() as stack:
        if measured:
            env |= stack.enter_context(_coverage(place))
        env |= stack.enter_context(_servers(place, kept=may_be_kept(fast=fast, chosen=chosen)))
        for name, command in _stages(place, fast=fast, chosen=chosen, measured=measured):
            say(f"\n── {name}")
            start = time.monotonic()
            with setting_up.readable():
                results[name] = (
                    subprocess.call(command, cwd=ROOT, env=env),
                    time.monotonic() - start,
                )
    return summarize(
        results,
        took=time.monotonic() - begun,
        skipped=env.get("PORTAL_BROWSER_SKIP_REASON"),
        strict=os.environ.get("CI") == "true",
    )


@contextmanager
def _coverage(place: Place) -> Iterator[dict[str, str]]:
    """Collect which lines are run, by processes of the product's own user, too; say the share."""
    with tempfile.TemporaryDirectory(prefix="portal-coverage-", dir="/tmp") as folder:
        Path(folder).chmod(0o1777)
        env = {"COVERAGE_FILE": f"{folder}/data"}
        yield env
        coverage = [str(place.python), "-m", "coverage"]
        about = {**os.environ, **env}
        subprocess.call([*coverage, "combine", "--quiet"], cwd=ROOT, env=about)
        asked = [*coverage, "report", "--format=total"]
        share = subprocess.run(
            asked, cwd=ROOT, env=about, capture_output=True, text=True, check=False
        ).stdout.strip()
        say("\n── Coverage")
        say(f"  {share or '—'} % of the lines of config.py, service_portal and workers")


def may_be_kept(*, fast: bool, chosen: list[str]) -> bool:
    """Say whether a run may use servers that stay: one that proves something gets new ones."""
    return (fast or bool(chosen)) and os.environ.get("CI") != "true"


@contextmanager
def _servers(place: Place, *, kept: bool) -> Iterator[dict[str, str]]:
    """Give the addresses of a PostgreSQL and a Valkey for one run.

    They are those that stay between runs where `kept` is asked for and no other run has them, else
    new ones.
    """
    with ExitStack() as stack:
        lent = None
        if kept:
            with step("looking for the test servers"):
                lent = stack.enter_context(resident.borrowed(resident.folder_of(ROOT)))
        yield lent or stack.enter_context(_new_servers(place))


@contextmanager
def _new_servers(place: Place) -> Iterator[dict[str, str]]:
    folder = Path(tempfile.mkdtemp(prefix="portal-test-", dir="/tmp"))
    folder.chmod(0o755)
    supervisor = Supervisor(folder)
    try:
        with step("starting a PostgreSQL and a Valkey for the tests"):
            addresses = resident.start_servers(place, folder, supervisor)
        yield addresses
    finally:
        supervisor.heed_signals()
        supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)


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


def _stages(
    place: Place, *, fast: bool, chosen: list[str], measured: bool = False
) -> list[tuple[str, list[str]]]:
    tools = place.venv / "bin"
    measuring = ["coverage", "run", "-m"] if measured else []
    pytest = [str(place.python), "-m", *measuring, "pytest", "-q"]
    if chosen:
        return [("tests", [*pytest, *(["-m", "fast"] if fast else []), *chosen])]
    laws = [
        ("format (ruff)", [str(tools / "ruff"), "format", "--check", "--quiet", "."]),
        ("style (ruff)", [str(tools / "ruff"), "check", "."]),
        ("format of templates (djangofmt)", [str(tools / "djangofmt"), "--check", "templates"]),
        ("style of templates (djangofmt)", [str(tools / "djangofmt"), "check", "templates"]),
        ("CSS and JavaScript (biome)", [str(BIOME), "ci", "service_portal/static"]),
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
                    *FAST_SIDE_BY_SIDE,
                    "-m",
                    "not slow",
                    *(name for name in FAST if (ROOT / name).exists()),
                ],
            ),
            *more,
        ]
    types = ("types (mypy)", [str(place.python), "-m", "mypy"])
    return [*laws, types, ("tests", [*pytest, *SIDE_BY_SIDE, "tests"])]
