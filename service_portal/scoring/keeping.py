"""What of a computed score is kept, as JSON: each line with the facts it is made of. Pure.

Values and shares are kept with twelve decimals; points are exact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any

from service_portal.facts.expressions import EXACT, Facts, Value
from service_portal.scoring.rules import Earned, Met, Score, what_would_help
from service_portal.scoring.schemes import Indicator, Scheme

KEPT = Decimal("0.000000000001")
Sources = Mapping[tuple[str, int], str]


def written(value: Value | None) -> Any:
    """Write a value so that JSON keeps it: numbers as text, yes and no as they are."""
    return _number(value) if isinstance(value, Decimal) else value


# Weights, bounds and points are the same for everybody.
@lru_cache(maxsize=10_000)
def _number(value: Decimal) -> str:
    if value == value.to_integral_value():
        return f"{value:f}".partition(".")[0]
    kept = f"{value.quantize(KEPT, ROUND_HALF_UP, EXACT):f}"
    return kept.rstrip("0").rstrip(".")


def content_of(scheme: Scheme, made: Score, facts: Facts, sources: Sources) -> dict[str, Any]:
    """Give the columns of a score but those that say whose it is and when it was computed."""
    indicators = {one.code: one for one in scheme.indicators}
    return {
        "stage_code": made.stage,
        "total": f"{made.total:f}",
        "passes": made.passes,
        "by_code": made.by,
        "by_category": {code: written(points) for code, points in made.by_category.items()},
        "lines": [
            _line(indicators[one.indicator], one, made.stage or "", facts, sources)
            for one in made.earned
        ],
        "conditions": {
            "hard": [_condition(one) for one in made.hard],
            "alternatives": [_condition(one) for one in made.alternatives],
        },
        "steps": [
            {
                "indicator": one.indicator,
                "fact": one.fact,
                "amount": written(one.amount),
                "gain": written(one.gain),
            }
            for one in what_would_help(scheme, made, facts)
        ],
        "missing": [list(name) for name in made.missing],
    }


def _line(
    indicator: Indicator, one: Earned, stage: str, facts: Facts, sources: Sources
) -> dict[str, Any]:
    step, ways = one.step, indicator.ways
    used = ways if one.way is None else (ways[one.way],)
    names = sorted({name for way in used for name in way.formula.names})
    line = {
        "indicator": one.indicator,
        "category": one.category,
        "way": one.way,
        "value": written(one.value),
        "step_points": written(step.points),
        "low": written(step.low),
        "high": written(step.high),
        "next_bound": written(step.next_bound),
        "next_points": written(step.next_points),
        "weight": written(one.weight),
        "points": written(one.points),
        "most": written(indicator.most(stage)),
        "facts": [
            [code, years, written(facts[code, years]), sources.get((code, years), "")]
            for code, years in names
            if (code, years) in facts
        ],
        "missing": [list(name) for name in one.missing],
        "undefined": list(one.undefined),
    }
    if step.among is not None:
        line["among"] = {
            "others": step.among.others,
            "below": step.among.below,
            "same": step.among.same,
        }
    return line


def _condition(one: Met) -> dict[str, Any]:
    return {"code": one.code, "holds": one.holds, "missing": [list(name) for name in one.missing]}


def written_content(content: Mapping[str, Any]) -> dict[str, str]:
    """Write each column of a content as JSON, once for its digest and for the database."""
    return {
        name: json.dumps(value, ensure_ascii=False, sort_keys=True)
        for name, value in content.items()
    }


def digest_of(version_id: int, columns: Mapping[str, str]) -> str:
    """Give a digest of a content whose columns are written: the same facts by the same version give
    the same.
    """
    inside = ", ".join(f'"{name}": {columns[name]}' for name in sorted(columns))
    return sha256(f"[{version_id}, {{{inside}}}]".encode()).hexdigest()


def codes_of(scheme: Scheme) -> frozenset[str]:
    """Name the kinds of facts that a scheme asks for."""
    return frozenset(code for code, _years in scheme.names)
