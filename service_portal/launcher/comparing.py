"""`./portal bench --against CHECKOUT`: two releases measured in turns, on servers of their own."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.product import BENCH, COMMANDS, Product
from service_portal.launcher.steps import Trouble, say, step
from service_portal.launcher.supervisor import Supervisor

PARTS = ("pages", "filing", "rounds")


@dataclass
class Release:
    """A checkout with servers of its own, and what was measured of it: values by size and name."""

    name: str
    root: Path
    python: Path
    product: Product
    measured: dict[tuple[int, str], list[float]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> None:
        """Run one of its own commands on its own database. Raises Trouble when it fails."""
        commands = BENCH if (self.root / "tests" / "bench").exists() else COMMANDS
        known = self.product.environment_of("bench") | {"PYTHONPATH": str(self.root)}
        command = [str(self.python), "-m", "flask", "--app", commands, "portal", *arguments]
        ran = subprocess.run(
            command,
            cwd=self.root,
            env=known,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise Trouble(f"{self.name}: {' '.join(arguments)} failed:\n{ran.stderr[-2000:]}")

    def measure(self, part: str, size: int, seconds: str) -> None:
        """Measure one part once and keep its figures."""
        self.run("bench", "--only", part, "--tickets", str(size), "--seconds", seconds)
        reports = self.product.files / "reports"
        newest = max(reports.glob("bench-*.json"), key=lambda path: path.stat().st_mtime)
        for figure in json.loads(newest.read_text(encoding="utf-8"))["figures"]:
            if figure["value"] is not None:
                self.units[figure["name"]] = figure["unit"]
                self.measured.setdefault((size, figure["name"]), []).append(figure["value"])


def compare(place: Place, arguments: list[str]) -> int:
    """Load both releases with the same tickets, measure each part in turns, print the ratios."""
    asked = _asked(arguments)
    root = Path(asked.against).resolve()
    python = root / ".venv" / "bin" / "python"
    if not python.exists():
        raise Trouble(f"Nothing is set up in {root}. Start it there once: ./portal up")
    folder = place.home / "bench"
    sides = [("this release", ROOT, place.python), ("the other one", root, python)]
    releases = [
        Release(name, where, what, Product(place, apart=folder / f"side-{n}"))
        for n, (name, where, what) in enumerate(sides)
    ]
    supervisors = [Supervisor(place.logs) for _ in releases]
    try:
        for release, supervisor in zip(releases, supervisors, strict=True):
            _prepare(release, supervisor)
        for size in sorted(int(one) for one in asked.tickets.split(",")):
            _measure(releases, size, asked)
    finally:
        for release, supervisor in zip(releases, supervisors, strict=True):
            supervisor.heed_signals()
            supervisor.stop()
            shutil.rmtree(release.product.shelter / "postgres", ignore_errors=True)
    print("\n".join(_table(*releases)))
    path = folder / "reports" / "against.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(_rows(*releases)), indent=1), encoding="utf-8")
    print(f"\nSaved as {path}")
    return 0


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./portal bench")
    parser.add_argument("--against", required=True)
    parser.add_argument("--tickets", default="50000")
    parser.add_argument("--seconds", default="3.0")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", action="append", choices=PARTS)
    return parser.parse_args(arguments[1:])


def _prepare(release: Release, supervisor: Supervisor) -> None:
    shutil.rmtree(release.product.shelter / "postgres", ignore_errors=True)
    release.product.start_servers(supervisor)
    with step(f"making a zone with {release.name}"):
        release.run("migrate")
        release.run("seed-demo")


def _measure(releases: list[Release], size: int, asked: argparse.Namespace) -> None:
    for release in releases:
        with step(f"loading up to {size:,} tickets into {release.name}"):
            release.run("bench", "--only", "floors", "--tickets", str(size))
    for turn in range(asked.turns):
        for part in asked.only or PARTS:
            say(f"  turn {turn + 1} of {asked.turns}: {part}")
            # Whoever comes second finds a warmer machine: they change places.
            for release in releases if turn % 2 == 0 else reversed(releases):
                release.measure(part, size, asked.seconds)


def _rows(ours: Release, theirs: Release) -> Iterator[dict[str, Any]]:
    for (size, name), values in ours.measured.items():
        others = theirs.measured.get((size, name))
        if others:
            one, other = median(values), median(others)
            yield {
                "tickets": size,
                "figure": name,
                "unit": ours.units[name],
                "ours": one,
                "theirs": other,
                "ratio": round(one / other, 3) if other else None,
                "all_ours": values,
                "all_theirs": others,
            }


def _table(ours: Release, theirs: Release) -> Iterator[str]:
    yield f"{'tickets':>9}  {'figure':<44} {'ours':>12} {'theirs':>12}  ratio"
    for row in _rows(ours, theirs):
        figures = f"{row['ours']:>12,.2f} {row['theirs']:>12,.2f}"
        name = f"{row['figure']}, {row['unit']}"
        yield f"{row['tickets']:>9,}  {name:<44} {figures}  {row['ratio']}"
