"""From a raw value to points: by tiers, a line, a choice, or a place among peers. Pure.

Every kind gives the points, and says which step was reached and which one comes next.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from service_portal.facts.expressions import EXACT, Value

HALF = Decimal("0.5")
# A smaller group would tell the others' values.
FEWEST = 5
Peers = Sequence[Decimal]
"""The values of everybody in the group, sorted, one's own among them."""


@dataclass(frozen=True, slots=True)
class Among:
    """A place among others: how many they are, how many have less, and how many the same."""

    others: int
    below: int
    same: int

    @property
    def is_told(self) -> bool:
        """Say whether the group is large enough to say where one is in it."""
        return self.others + 1 >= FEWEST

    @property
    def place(self) -> Decimal:
        """Give the part of the others who have less, those with the same counted half; in a group
        of fewer than five it is the middle.
        """
        if not self.is_told:
            return HALF
        return EXACT.divide(self.below + self.same * HALF, Decimal(self.others))


@dataclass(frozen=True, slots=True)
class Step:
    """What a value reached: points, the bounds it lies between, and the next better step.

    `next_bound` is None at the top, and where there is no value that would give more. `among` says
    of a place among whom it is.
    """

    points: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    next_bound: Decimal | None = None
    next_points: Decimal | None = None
    among: Among | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """A bound and the points of whoever reaches it."""

    bound: Decimal
    points: Decimal


@dataclass(frozen=True, slots=True)
class Rising:
    """More is better: tiers with the lowest bound first; a bound belongs to the higher tier."""

    tiers: tuple[Tier, ...]
    below: Decimal = Decimal(0)
    most: Decimal = field(init=False)
    bounds: tuple[Decimal, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Look once what the most points and the bounds are."""
        object.__setattr__(self, "most", max([self.below, *(one.points for one in self.tiers)]))
        object.__setattr__(self, "bounds", tuple(one.bound for one in self.tiers))

    def step(self, value: Value, _peers: Peers = ()) -> Step:
        """Give the tier of a number."""
        assert isinstance(value, Decimal)
        reached = bisect_right(self.bounds, value)
        higher = self.tiers[reached] if reached < len(self.tiers) else None
        return Step(
            self.tiers[reached - 1].points if reached else self.below,
            self.tiers[reached - 1].bound if reached else None,
            higher.bound if higher else None,
            higher.bound if higher else None,
            higher.points if higher else None,
        )


@dataclass(frozen=True, slots=True)
class Falling:
    """Less is better: tiers with the lowest bound first; a bound belongs to the better tier."""

    tiers: tuple[Tier, ...]
    above: Decimal = Decimal(0)
    most: Decimal = field(init=False)
    bounds: tuple[Decimal, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Look once what the most points and the bounds are."""
        object.__setattr__(self, "most", max([self.above, *(one.points for one in self.tiers)]))
        object.__setattr__(self, "bounds", tuple(one.bound for one in self.tiers))

    def step(self, value: Value, _peers: Peers = ()) -> Step:
        """Give the tier of a number."""
        assert isinstance(value, Decimal)
        bounds, reached = self.bounds, bisect_left(self.bounds, value)
        better = self.tiers[reached - 1] if reached else None
        return Step(
            self.tiers[reached].points if reached < len(bounds) else self.above,
            better.bound if better else None,
            bounds[reached] if reached < len(bounds) else None,
            better.bound if better else None,
            better.points if better else None,
        )


@dataclass(frozen=True, slots=True)
class Linear:
    """Points on a line between two bounds, and the bounds' own beyond them."""

    low: Tier
    high: Tier

    @property
    def most(self) -> Decimal:
        """Give the most points there are."""
        return max(self.low.points, self.high.points)

    def step(self, value: Value, _peers: Peers = ()) -> Step:
        """Give the points of a number; the next step is the better end of the line."""
        assert isinstance(value, Decimal)
        inside = min(max(value, self.low.bound), self.high.bound)
        part = EXACT.divide(inside - self.low.bound, self.high.bound - self.low.bound)
        more = EXACT.multiply(part, self.high.points - self.low.points)
        points = EXACT.add(self.low.points, more)
        best = max(self.low, self.high, key=lambda tier: tier.points)
        is_best = points == best.points
        return Step(
            points,
            self.low.bound,
            self.high.bound,
            None if is_best else best.bound,
            None if is_best else best.points,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """Points of each of some texts."""

    options: tuple[tuple[str, Decimal], ...]
    otherwise: Decimal = Decimal(0)

    @property
    def most(self) -> Decimal:
        """Give the most points there are."""
        return max([self.otherwise, *(points for _option, points in self.options)])

    def step(self, value: Value, _peers: Peers = ()) -> Step:
        """Give the points of a text, or of yes and no; the next step is the next better one."""
        said = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        points = dict(self.options).get(said, self.otherwise)
        better = [more for _option, more in self.options if more > points]
        return Step(points, next_points=min(better, default=None))


@dataclass(frozen=True, slots=True)
class Percentile:
    """Points by the place in a group: the part of the others who have less, those with the same
    counted half.
    """

    most: Decimal
    group: str = "stage"

    def step(self, value: Value, peers: Peers = ()) -> Step:
        """Give the points among peers, and among whom they are."""
        assert isinstance(value, Decimal)
        below, upto = bisect_left(peers, value), bisect_right(peers, value)
        # One's own value is among them, unless one is scored apart from the others.
        own = 1 if upto > below else 0
        among = Among(len(peers) - own, below, upto - below - own)
        higher = peers[upto] if upto < len(peers) and among.is_told else None
        return Step(EXACT.multiply(self.most, among.place), next_bound=higher, among=among)


Normalisation = Rising | Falling | Linear | Choice | Percentile
