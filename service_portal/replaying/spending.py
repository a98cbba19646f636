"""Measures what each act of a replay costs, one by one, beside what the replay costs in all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

# How much more than its acts a replay may cost.
MOST_RATIO = 1.3


@dataclass(slots=True)
class Spending:
    """Seconds by kind of act, and how many there were.

    A round that found nothing to do is no act.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    total: float = 0.0

    @contextmanager
    def on(self, kind: str) -> Iterator[None]:
        """Measure one act."""
        begun = perf_counter()
        yield
        self._add(kind, perf_counter() - begun, 1)

    def round(self, kind: str, work: Callable[[], int]) -> int:
        """Measure a round of the portal, which is an act when it did something."""
        begun = perf_counter()
        done = work()
        if done:
            self._add(kind, perf_counter() - begun, done)
        return done

    @contextmanager
    def all(self) -> Iterator[None]:
        """Measure the whole."""
        begun = perf_counter()
        yield
        self.total += perf_counter() - begun

    def _add(self, kind: str, seconds: float, times: int) -> None:
        self.seconds[kind] = self.seconds.get(kind, 0.0) + seconds
        self.times[kind] = self.times.get(kind, 0) + times

    @property
    def acts(self) -> float:
        """Give the seconds of all acts together."""
        return sum(self.seconds.values())

    @property
    def ratio(self) -> float:
        """Say how many times its acts the whole cost."""
        return round(self.total / self.acts, 3) if self.acts else 1.0
