"""A scheme: stages, indicators with their steps and weights, and what passes. Pure.

A scheme is data of administrators; `scheme_reading.py` makes it from its JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from service_portal.facts.expressions import Expression
from service_portal.kernel.words import Words
from service_portal.scoring.normalising import Normalisation


@dataclass(frozen=True, slots=True)
class Way:
    """One way to earn an indicator's points: a formula and how its value is turned into points."""

    formula: Expression
    points: Normalisation


@dataclass(frozen=True, slots=True)
class Indicator:
    """What is measured. Of several ways the one that gives most counts."""

    code: str
    name: Words
    category: str
    unit: str
    ways: tuple[Way, ...]
    weights: Mapping[str, Decimal] = field(default_factory=dict)
    cap: Decimal | None = None

    def weight(self, stage: str) -> Decimal:
        """Give its weight in a stage; 1 where none is set."""
        return self.weights.get(stage, Decimal(1))

    def most(self, stage: str) -> Decimal:
        """Give the most points that it can bring in a stage."""
        best = max(way.points.most for way in self.ways) * self.weight(stage)
        return best if self.cap is None else min(best, self.cap)


@dataclass(frozen=True, slots=True)
class Stage:
    """A group of enterprises that is measured by weights of its own: the first one that fits."""

    code: str
    name: Words
    condition: Expression


@dataclass(frozen=True, slots=True)
class Category:
    """A part of the scheme: the least and the most points of it; a bonus counts beyond the sum."""

    code: str
    name: Words
    least: Decimal | None = None
    most: Decimal | None = None
    is_bonus: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that holds or does not, in words."""

    code: str
    name: Words
    condition: Expression


@dataclass(frozen=True, slots=True)
class Board:
    """A list of the best of each stage: those within a part of it, from the top."""

    code: str
    name: Words
    part: Decimal


@dataclass(frozen=True, slots=True)
class Scheme:
    """All of it. Who passes reaches the pass mark, each category's least, every indicator that must
    be more than nothing; or fulfils one of the alternatives. The hard conditions hold for both.
    """

    code: str
    name: Words
    source: Words
    is_demonstration: bool
    stages: tuple[Stage, ...]
    categories: tuple[Category, ...]
    indicators: tuple[Indicator, ...]
    pass_mark: Decimal | None
    needed: tuple[str, ...]
    hard: tuple[Condition, ...]
    alternatives: tuple[Condition, ...]
    boards: tuple[Board, ...]

    @property
    def names(self) -> frozenset[tuple[str, int]]:
        """Give every fact it asks for."""
        parts = [stage.condition for stage in self.stages]
        parts += [one.condition for one in (*self.hard, *self.alternatives)]
        parts += [way.formula for one in self.indicators for way in one.ways]
        return frozenset(name for part in parts for name in part.names)
