"""Measures an operation in rounds, and gives the medians of what it took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import psycopg

from tests.bench.driving import Driven
from tests.bench.metering import Cpu, Meter
from tests.bench.reporting import Figure

ROUNDS = 3


@dataclass(slots=True)
class Bench:
    """One size's measurement: seconds per round, where files go, who owns the schema, how many
    tickets there are.
    """

    owner: psycopg.Connection[Any]
    home: Path
    tickets: int
    seconds: float
    random: Random
    said: Callable[[str], None]

    def figure(self, name: str, value: float | None, unit: str, **more: Any) -> Figure:
        """Make a figure of this size."""
        return Figure(name, None if value is None else round(value, 3), unit, self.tickets, **more)

    def backend(self) -> int:
        """Give the process id of a backend of the database server."""
        return self.owner.info.backend_pid


@dataclass(frozen=True, slots=True)
class Rounds:
    """Rounds of one operation: medians of rate and processor milliseconds, the slowest twentieth,
    and what went wrong.
    """

    rate: float
    application_ms: float
    database_ms: float
    p95_ms: float
    trouble: str

    @property
    def cpu_ms(self) -> float:
        """Give web and database together."""
        return self.application_ms + self.database_ms


def measure(meter: Meter, turn: Callable[[], Driven], *, rounds: int = ROUNDS) -> Rounds:
    """Do an operation in rounds after a warm-up and give the medians."""
    turn()
    return summary([metered(meter, turn) for _ in range(rounds)])


def metered(meter: Meter, turn: Callable[[], Driven]) -> tuple[Driven, Cpu]:
    """Do one round and give what it used."""
    before = meter.read()
    driven = turn()
    return driven, meter.read().since(before)


def summary(rounds: list[tuple[Driven, Cpu]]) -> Rounds:
    """Give the medians of some rounds."""
    trouble = next(
        (
            f"{driven.failed} unexpected answers, the first: {driven.strange[:300]}"
            for driven, _ in rounds
            if driven.failed
        ),
        "",
    )
    done = [(driven, cpu, len(driven.latencies)) for driven, cpu in rounds if driven.latencies]
    if not done:
        return Rounds(0, 0, 0, 0, trouble or "no operation was finished")
    return Rounds(
        median(driven.rate for driven, _, _ in done),
        median(1000 * cpu.application / n for _, cpu, n in done),
        median(1000 * cpu.database / n for _, cpu, n in done),
        median(driven.percentile(95) for driven, _, _ in done),
        trouble,
    )
