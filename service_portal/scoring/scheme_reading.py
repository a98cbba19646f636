"""Makes a scheme from its JSON, or names everything that is wrong with it, each with its place, so
that what can be published can be computed. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import pairwise
from typing import Any

from service_portal.facts.expressions import Expression, Malformed, parse
from service_portal.kernel.words import Words
from service_portal.scoring.normalising import (
    Choice,
    Falling,
    Linear,
    Normalisation,
    Percentile,
    Rising,
    Tier,
)
from service_portal.scoring.schemes import (
    Board,
    Category,
    Condition,
    Indicator,
    Scheme,
    Stage,
    Way,
)

GROUPS = ("stage", "industry")
MOST_INDICATORS, MOST_TIERS = 120, 30


class Wrong(StrEnum):
    """What can be wrong with a part of a scheme."""

    FORMULA = "formula"
    NO_TEXT = "no_text"
    NO_NUMBER = "no_number"
    NO_KIND = "no_kind"
    NO_TIERS = "no_tiers"
    NO_STAGES = "no_stages"
    TOO_MANY = "too_many"
    NOT_RISING = "not_rising"
    SAME_BOUNDS = "same_bounds"
    WORSE_FOR_BETTER = "worse_for_better"
    CODE_TWICE = "code_twice"
    UNKNOWN_STAGE = "unknown_stage"
    UNKNOWN_CATEGORY = "unknown_category"
    UNKNOWN_INDICATOR = "unknown_indicator"
    STAGE_FOR_ALL = "stage_for_all"
    UNKNOWN_FACT = "unknown_fact"
    NEEDS_NUMBER = "needs_number"
    NEEDS_CONDITION = "needs_condition"
    NEEDS_TEXT = "needs_text"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, what, and the text it is about."""

    place: str
    wrong: Wrong
    about: str = ""


class Unusable(Exception):
    """A scheme can't be used; `faults` names everything that is wrong."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


def read(raw: Mapping[str, Any]) -> Scheme:
    """Make a scheme of its JSON. Raises Unusable with every fault."""
    reader = _Reader()
    scheme = reader.scheme(raw)
    if scheme is not None:
        reader.faults += _faults_across(scheme)
    if reader.faults or scheme is None:
        raise Unusable(reader.faults)
    return scheme


class _Reader:
    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, place: str, wrong: Wrong, about: str = "") -> None:
        self.faults.append(Fault(place, wrong, about))

    def scheme(self, raw: Mapping[str, Any]) -> Scheme | None:
        stages = self.stages(raw.get("stages") or [])
        categories = tuple(
            Category(
                str(one.get("code", "")),
                self.words(one.get("name"), f"categories.{n}.name"),
                self.optional(one.get("least"), f"categories.{n}.least"),
                self.optional(one.get("most"), f"categories.{n}.most"),
                bool(one.get("bonus", False)),
            )
            for n, one in enumerate(raw.get("categories") or [])
        )
        indicators = tuple(
            self.indicator(one, f"indicators.{n}")
            for n, one in enumerate(self.some(raw, "indicators", MOST_INDICATORS))
        )
        return Scheme(
            str(raw.get("code", "")),
            self.words(raw.get("name"), "name"),
            self.words(raw.get("source"), "source"),
            bool(raw.get("demonstration", False)),
            stages,
            categories,
            indicators,
            self.optional(raw.get("pass_mark"), "pass_mark"),
            tuple(map(str, raw.get("needed") or [])),
            self.conditions(raw.get("hard") or [], "hard"),
            self.conditions(raw.get("alternatives") or [], "alternatives"),
            tuple(
                Board(
                    str(one.get("code", "")),
                    self.words(one.get("name"), f"boards.{n}.name"),
                    self.number(one.get("part"), f"boards.{n}.part"),
                )
                for n, one in enumerate(raw.get("boards") or [])
            ),
        )

    def stages(self, raw: list[Any]) -> tuple[Stage, ...]:
        if not raw:
            self.fault("stages", Wrong.NO_STAGES)
            return ()
        stages = tuple(
            Stage(
                str(one.get("code", "")),
                self.words(one.get("name"), f"stages.{n}.name"),
                self.expression(one.get("condition"), f"stages.{n}.condition"),
            )
            for n, one in enumerate(raw)
        )
        if stages[-1].condition.text.strip() != "True":
            self.fault(f"stages.{len(stages) - 1}.condition", Wrong.STAGE_FOR_ALL)
        return stages

    def conditions(self, raw: list[Any], place: str) -> tuple[Condition, ...]:
        return tuple(
            Condition(
                str(one.get("code", "")),
                self.words(one.get("name"), f"{place}.{n}.name"),
                self.expression(one.get("condition"), f"{place}.{n}.condition"),
            )
            for n, one in enumerate(raw)
        )

    def indicator(self, raw: Mapping[str, Any], place: str) -> Indicator:
        ways = raw.get("ways") or [raw]
        return Indicator(
            str(raw.get("code", "")),
            self.words(raw.get("name"), f"{place}.name"),
            str(raw.get("category", "")),
            str(raw.get("unit", "")),
            tuple(
                Way(
                    self.expression(one.get("formula"), f"{place}.ways.{n}.formula"),
                    self.points(one.get("points") or {}, f"{place}.ways.{n}.points"),
                )
                for n, one in enumerate(ways)
            ),
            {
                str(stage): self.number(weight, f"{place}.weights.{stage}")
                for stage, weight in (raw.get("weights") or {}).items()
            },
            self.optional(raw.get("cap"), f"{place}.cap"),
        )

    def points(self, raw: Mapping[str, Any], place: str) -> Normalisation:
        kind = raw.get("kind")
        otherwise = self.number(raw.get("otherwise", 0), f"{place}.otherwise")
        if kind in {"rising", "falling"}:
            tiers = self.tiers(raw.get("tiers") or [], place)
            points = [otherwise, *(tier.points for tier in tiers)]
            if kind == "falling":
                points = [*points[1:], otherwise][::-1]
            if any(one > other for one, other in pairwise(points)):
                self.fault(f"{place}.tiers", Wrong.WORSE_FOR_BETTER)
            return Rising(tiers, otherwise) if kind == "rising" else Falling(tiers, otherwise)
        if kind == "linear":
            low, high = (
                Tier(
                    self.number((raw.get(end) or [None])[0], f"{place}.{end}"),
                    self.number((raw.get(end) or [None])[-1], f"{place}.{end}"),
                )
                for end in ("low", "high")
            )
            if low.bound >= high.bound:
                self.fault(
                    place, Wrong.SAME_BOUNDS if low.bound == high.bound else Wrong.NOT_RISING
                )
            return Linear(low, high)
        if kind == "choice":
            options = tuple(
                (str(option), self.number(points, f"{place}.options.{option}"))
                for option, points in (raw.get("options") or {}).items()
            )
            if not options:
                self.fault(place, Wrong.NO_TIERS)
            return Choice(options, otherwise)
        if kind == "percentile" and raw.get("group", "stage") in GROUPS:
            most = self.number(raw.get("most"), f"{place}.most")
            return Percentile(most, raw.get("group", "stage"))
        self.fault(place, Wrong.NO_KIND)
        return Choice(())

    def some(self, raw: Mapping[str, Any], name: str, most: int) -> list[Any]:
        given = raw.get(name) or []
        if len(given) > most:
            self.fault(name, Wrong.TOO_MANY, str(most))
        return list(given[:most])

    def tiers(self, raw: list[Any], place: str) -> tuple[Tier, ...]:
        tiers = tuple(
            Tier(
                self.number(bound, f"{place}.tiers.{n}"),
                self.number(points, f"{place}.tiers.{n}"),
            )
            for n, (bound, points) in enumerate(raw[:MOST_TIERS])
        )
        if not tiers:
            self.fault(place, Wrong.NO_TIERS)
        if len(raw) > MOST_TIERS:
            self.fault(f"{place}.tiers", Wrong.TOO_MANY, str(MOST_TIERS))
        bounds = [tier.bound for tier in tiers]
        for n, (one, other) in enumerate(pairwise(bounds), start=1):
            if one >= other:
                self.fault(f"{place}.tiers.{n}", Wrong.NOT_RISING)
        return tiers

    def expression(self, raw: Any, place: str) -> Expression:
        try:
            return parse(str(raw or ""))
        except Malformed as error:
            self.fault(place, Wrong.FORMULA, str(error.args[-1]))
            return parse("False")

    def words(self, raw: Any, place: str) -> Words:
        given = raw if isinstance(raw, Mapping) else {}
        words = Words(str(given.get("en") or ""), str(given.get("zh") or ""))
        if not (words.en and words.zh):
            self.fault(place, Wrong.NO_TEXT)
        return words

    def number(self, raw: Any, place: str) -> Decimal:
        try:
            value = Decimal(str(raw))
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            self.fault(place, Wrong.NO_NUMBER)
            return Decimal(0)
        return value

    def optional(self, raw: Any, place: str) -> Decimal | None:
        return None if raw is None else self.number(raw, place)


def _faults_across(scheme: Scheme) -> Iterator[Fault]:
    """Give what is wrong between the parts: codes used twice, and those that name nothing."""
    named = {
        "stages": [one.code for one in scheme.stages],
        "categories": [one.code for one in scheme.categories],
        "indicators": [one.code for one in scheme.indicators],
    }
    for place, codes in named.items():
        for n, code in enumerate(codes):
            if code in codes[:n]:
                yield Fault(f"{place}.{n}.code", Wrong.CODE_TWICE, code)
    for n, one in enumerate(scheme.indicators):
        if one.category not in named["categories"]:
            yield Fault(f"indicators.{n}.category", Wrong.UNKNOWN_CATEGORY, one.category)
        for stage in sorted(one.weights.keys() - set(named["stages"])):
            yield Fault(f"indicators.{n}.weights.{stage}", Wrong.UNKNOWN_STAGE, stage)
    for n, code in enumerate(scheme.needed):
        if code not in named["indicators"]:
            yield Fault(f"needed.{n}", Wrong.UNKNOWN_INDICATOR, code)
