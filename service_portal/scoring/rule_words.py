"""Says the rules of a published version, as whoever is scored by them reads them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from service_portal.facts.saying import say_condition
from service_portal.scoring.normalising import Choice, Falling, Linear, Percentile, Rising
from service_portal.scoring.schemes import Indicator, Scheme, Way
from service_portal.scoring.wording import say_mark, say_of
from service_portal.scoring.words import STEP_WORDS
from service_portal.web.formatting import localized, number
from service_portal.web.translations import gettext as _


@dataclass(frozen=True, slots=True)
class SaidWay:
    """One way to earn points: its formula in words and as it is written, how its value becomes
    points, and each step with its points.
    """

    formula: str
    text: str
    kind: str
    steps: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SaidIndicator:
    """An indicator with its ways, its weight in each stage and the most points it can bring."""

    code: str
    name: str
    category: str
    ways: list[SaidWay]
    weights: list[tuple[str, str]]
    cap: str


def rules_in_words(scheme: Scheme) -> dict[str, Any]:
    """Give what a page needs to say the rules of a version."""
    return {"rules": scheme, "indicators": _indicators(scheme)}


def _indicators(scheme: Scheme) -> list[SaidIndicator]:
    return [
        SaidIndicator(
            one.code,
            localized(one.name),
            one.category,
            [_way(one, way) for way in one.ways],
            [
                (localized(stage.name), number(one.weight(stage.code)))
                for stage in scheme.stages
                if one.weights
            ],
            "" if one.cap is None else say_mark(one.cap),
        )
        for one in scheme.indicators
    ]


def _way(one: Indicator, way: Way) -> SaidWay:
    kind = type(way.points).__name__.lower()
    return SaidWay(
        say_condition(way.formula.text),
        way.formula.text,
        str(STEP_WORDS[kind]),
        [(said, say_mark(points)) for said, points in _steps(one, way)],
    )


def _steps(one: Indicator, way: Way) -> list[tuple[str, Decimal]]:
    match way.points:
        case Rising(tiers=tiers, below=below):
            steps = [(_("%(low)s or more", low=say_of(one, tier.bound)), tier) for tier in tiers]
            return [(_("less"), below), *((said, tier.points) for said, tier in steps)]
        case Falling(tiers=tiers, above=above):
            steps = [(_("at most %(high)s", high=say_of(one, tier.bound)), tier) for tier in tiers]
            return [*((said, tier.points) for said, tier in steps), (_("more"), above)]
        case Linear(low=low, high=high):
            return [(say_of(one, end.bound), end.points) for end in (low, high)]
        case Choice(options=options, otherwise=otherwise):
            chosen = [(_option(one, option), points) for option, points in options]
            return [*chosen, (_("anything else"), otherwise)]
        case Percentile(group="industry", most=most):
            return [(_("the best of the industry"), most)]
        case Percentile(most=most):
            return [(_("the best of the stage"), most)]
    return []


def _option(one: Indicator, option: str) -> str:
    if option in {"yes", "no"}:
        return _("yes") if option == "yes" else _("no")
    return say_of(one, option) if one.unit == "choice" else option
