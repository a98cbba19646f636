"""The figures of a run: what was measured, against which target and floor, and whether it held; as
a table and as JSON.
"""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Figure:
    """One measured figure.

    `most` and `least` are its targets, `floor` what it is a ratio to; `note` says what stands in
    the way.
    """

    name: str
    value: float | None
    unit: str
    tickets: int
    most: float | None = None
    least: float | None = None
    floor: str = ""
    application_ms: float | None = None
    database_ms: float | None = None
    note: str = ""

    @property
    def held(self) -> bool | None:
        """Say whether the target was met; None when there is none, or nothing could be measured."""
        if self.value is None or (self.most is None and self.least is None):
            return None
        return (self.most is None or self.value <= self.most) and (
            self.least is None or self.value >= self.least
        )


@dataclass(slots=True)
class Report:
    """All figures of a run, with how long each load took."""

    begun_at: datetime
    figures: list[Figure] = field(default_factory=list)
    loads: list[dict[str, Any]] = field(default_factory=list)

    def compare_sizes(self, most_growth: float = 1.20) -> None:
        """Add, for everything measured in milliseconds at the smallest and the largest size, how
        much it grew.
        """
        sizes = sorted({figure.tickets for figure in self.figures})
        if len(sizes) < 2:
            return
        first = {
            figure.name: figure
            for figure in self.figures
            if figure.tickets == sizes[0] and figure.unit == "ms CPU"
        }
        for large in [figure for figure in self.figures if figure.tickets == sizes[-1]]:
            small = first.get(large.name)
            if small and small.value and large.value:
                growth = large.value / small.value
                self.figures.append(
                    Figure(
                        f"growth of {large.name}",
                        round(growth, 2),
                        "×",
                        sizes[-1],
                        most=most_growth,
                        floor=f"{small.value:.2f} ms at {sizes[0]:,}",
                    )
                )

    def table(self) -> str:
        """Give the figures as plain text."""
        head = ("tickets", "figure", "value", "target", "floor", "app ms", "db ms", "held")
        rows = [head, *(_cells(figure) for figure in self.figures)]
        widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        notes = [
            f"  {figure.name} at {figure.tickets:,}: {figure.note}"
            for figure in self.figures
            if figure.note
        ]
        return "\n".join(
            [lines[0], "-" * len(lines[0]), *lines[1:], *(["", *notes] if notes else [])]
        )

    def save(self, folder: Path) -> Path:
        """Write the report as JSON and give its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"bench-{self.begun_at:%Y%m%d-%H%M%S}.json"
        figures = [{**asdict(figure), "held": figure.held} for figure in self.figures]
        said = {
            "begun_at": self.begun_at.isoformat(),
            "machine": platform.platform(),
            "python": platform.python_version(),
            "loads": self.loads,
            "figures": figures,
        }
        path.write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
        return path


def _cells(figure: Figure) -> tuple[str, ...]:
    target = (
        f"≤ {figure.most:g}"
        if figure.most is not None
        else f"≥ {figure.least:g}"
        if figure.least is not None
        else ""
    )
    held = {True: "yes", False: "NO", None: ""}[figure.held]
    value = (
        "—"
        if figure.value is None
        else f"{figure.value:,.2f}".rstrip("0").rstrip(".") + f" {figure.unit}"
    )
    return (
        f"{figure.tickets:,}",
        figure.name,
        value,
        target,
        figure.floor,
        _ms(figure.application_ms),
        _ms(figure.database_ms),
        held,
    )


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
