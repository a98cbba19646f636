"""Says a kept score: each line as a sentence, with what would give more."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from service_portal.facts import words
from service_portal.facts.kinds import KINDS
from service_portal.facts.saying import SIGNS
from service_portal.facts.words import fact_name, kind_name, say_money, say_share, say_value
from service_portal.scoring.normalising import Choice, Falling, Linear, Percentile, Rising
from service_portal.scoring.places import say_place
from service_portal.scoring.schemes import Indicator, Scheme, Way
from service_portal.web.formatting import listed, localized, number
from service_portal.web.translations import gettext as _

Kept = Mapping[str, Any]


class Used(NamedTuple):
    """A figure that a line is made of: as it is said, and where it is found."""

    name: str
    value: str
    source: str
    code: str
    year: int


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator of a score as a page shows it.

    `sentence` goes from the facts to the points, `place` says among whom a place was taken, where
    one was; `more` says what the next step takes, `rank` how cheap it is among all, 0 being the
    cheapest.
    """

    code: str
    name: str
    category: str
    points: Decimal
    most: Decimal
    sentence: str
    place: str
    more: str
    gain: Decimal
    rank: int
    missing: tuple[str, ...]
    facts: tuple[Used, ...]
    codes: tuple[str, ...]

    @property
    def part(self) -> int:
        """Give the points as a percentage of the most."""
        return int(self.points * 100 / self.most) if self.most else 0


def lines_of(scheme: Scheme, kept: Any) -> list[Line]:
    """Say every line of a kept score."""
    indicators = {one.code: one for one in scheme.indicators}
    steps = {step["indicator"]: step | {"rank": n} for n, step in enumerate(kept.steps)}
    return [
        _line(
            indicators[raw["indicator"]],
            raw,
            steps.get(raw["indicator"]),
            kept.year,
            say_place(indicators[raw["indicator"]], raw, scheme, kept) if "among" in raw else "",
        )
        for raw in kept.lines
        if raw["indicator"] in indicators
    ]


def _line(indicator: Indicator, raw: Kept, step: Kept | None, year: int, place: str) -> Line:
    points, most = Decimal(raw["points"]), Decimal(raw["most"])
    facts = {(code, years): _value(code, value) for code, years, value, _source in raw["facts"]}
    missing = tuple(fact_name(code, years, year) for code, years in raw["missing"])
    return Line(
        code=indicator.code,
        name=localized(indicator.name),
        category=indicator.category,
        points=points,
        most=most,
        sentence=_sentence(indicator, raw, facts, missing, year),
        place=place,
        more=_more(step, points) if step else "",
        gain=Decimal(step["gain"]) if step else Decimal(0),
        rank=step["rank"] if step else 0,
        missing=missing if raw["way"] is None else (),
        facts=tuple(
            Used(
                fact_name(code, years, year),
                say_value(code, facts[code, years]),
                source,
                code,
                year - years,
            )
            for code, years, _value_of, source in raw["facts"]
        ),
        codes=tuple(sorted({code for code, *_rest in [*raw["facts"], *raw["missing"]]})),
    )


def _value(code: str, value: Any) -> Decimal | str | bool:
    if isinstance(value, bool):
        return value
    return value if code in KINDS and KINDS[code].options else Decimal(value)


def _sentence(
    indicator: Indicator,
    raw: Kept,
    facts: Mapping[tuple[str, int], Any],
    missing: tuple[str, ...],
    year: int,
) -> str:
    points = say_points(Decimal(raw["points"]), Decimal(raw["most"]))
    if raw["way"] is None:
        if missing:
            return _("Missing: %(names)s → no points yet", names=listed(missing))
        zero = listed(_formula_name(text) for text in raw["undefined"])
        return _("Can't be computed, because this is zero: %(names)s → no points", names=zero)
    way = indicator.ways[raw["way"]]
    value = say_of(indicator, raw["value"])
    formula = _said(way.formula.tree, facts, year)
    parts = [formula if formula.endswith(value) else f"{formula} = {value}"]
    if reached := _reached(way, indicator, raw):
        parts.append(reached)
    if Decimal(raw["weight"]) != 1:
        parts.append(
            _(
                "%(step)s × weight %(weight)s",
                step=say_points(Decimal(raw["step_points"])),
                weight=number(Decimal(raw["weight"])),
            )
        )
    return " → ".join([*parts, points])


def say_points(points: Decimal, most: Decimal | None = None) -> str:
    """Say points with two decimals, of how many if one knows."""
    said = words.say_points(points)
    return said if most is None else _("%(points)s of %(most)s", points=said, most=say_mark(most))


def say_mark(mark: Decimal) -> str:
    """Say points that a scheme sets, such as the most there are, as it writes them."""
    return number(mark.normalize() if mark % 1 else mark.to_integral_value())


def say_of(indicator: Indicator, value: Any) -> str:
    """Say a value of an indicator by its unit."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if indicator.unit == "%":
        return say_share(Decimal(value))
    if indicator.unit == "money":
        return say_money(Decimal(value))
    if indicator.unit == "choice":
        return say_value(indicator.ways[0].formula.text.strip(), value)
    return number(Decimal(value))


def _reached(way: Way, indicator: Indicator, raw: Kept) -> str:
    """Say the step that a value reached."""
    low = None if raw["low"] is None else say_of(indicator, raw["low"])
    high = None if raw["high"] is None else say_of(indicator, raw["high"])
    match way.points:
        case Rising() if low is None:
            return _("below %(high)s", high=high)
        case Rising() if high is None:
            return _("%(low)s or more", low=low)
        case Rising():
            return _("tier %(low)s to below %(high)s", low=low, high=high)
        case Falling() if high is None:
            return _("above %(low)s", low=low)
        case Falling() if low is None:
            return _("at most %(high)s", high=high)
        case Falling():
            return _("tier above %(low)s up to %(high)s", low=low, high=high)
        case Linear():
            return _("on the line from %(low)s to %(high)s", low=low, high=high)
        case Percentile(group="industry"):
            return _("by the place in the industry")
        case Percentile():
            return _("by the place in the stage")
        case Choice():
            return ""
    return ""


def _said(node: ast.expr, facts: Mapping[tuple[str, int], Any], year: int, years: int = 0) -> str:
    """Say a formula with the names and values of its facts."""
    match node:
        case ast.Name(id=code):
            value = facts.get((code, years))
            return _(
                "%(name)s: %(value)s",
                name=fact_name(code, years, year),
                value=say_value(code, value),
            )
        case ast.Constant(value=value):
            return str(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"−{_said(operand, facts, year, years)}"
        case ast.BinOp(left=left, op=op, right=right):
            sides = [_said(side, facts, year, years) for side in (left, right)]
            sides = [
                f"({said})" if isinstance(side, ast.BinOp) else said
                for side, said in zip((left, right), sides, strict=True)
            ]
            return f" {SIGNS[type(op)]} ".join(sides)
        case ast.Call(func=ast.Name(id="share"), args=[part, whole]):
            return " ÷ ".join(_said(side, facts, year, years) for side in (part, whole))
        case ast.Call(func=ast.Name(id="growth"), args=[of]):
            return _(
                "growth from %(before)s to %(now)s",
                before=_said(of, facts, year, years + 1),
                now=_said(of, facts, year, years),
            )
        case ast.Call(func=ast.Name(id="last"), args=[of]):
            return _said(of, facts, year, years + 1)
        case ast.Call(func=ast.Name(id="min"), args=arguments):
            return _("the smallest of %(names)s", names=_each(arguments, facts, year, years))
        case ast.Call(func=ast.Name(id="max"), args=arguments):
            return _("the largest of %(names)s", names=_each(arguments, facts, year, years))
    names = sorted({one.id for one in ast.walk(node) if isinstance(one, ast.Name)} & KINDS.keys())
    return listed(_said(ast.Name(id=code), facts, year, years) for code in names)


def _each(
    nodes: list[ast.expr], facts: Mapping[tuple[str, int], Any], year: int, years: int
) -> str:
    return listed(_said(node, facts, year, years) for node in nodes)


def _formula_name(text: str) -> str:
    """Name the facts of a part of a formula."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return text
    found = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in KINDS]
    return " − ".join(dict.fromkeys(map(kind_name, found))) or text


def _more(step: Kept, points: Decimal) -> str:
    """Say how much more of which fact would give how many points."""
    amount, code = Decimal(step["amount"]), step["fact"]
    size = abs(amount)
    kind = KINDS.get(code)
    if kind is not None and kind.unit == "fen":
        said = say_money(size, up=True)
    else:
        said = number(size.to_integral_value("ROUND_CEILING"))
    facts = {
        "name": kind_name(code),
        "amount": said,
        "points": say_points(points + Decimal(step["gain"])),
    }
    if amount < 0:
        return _("%(name)s: %(amount)s less would give %(points)s", **facts)
    return _("%(name)s: %(amount)s more would give %(points)s", **facts)
