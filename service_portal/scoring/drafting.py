"""A draft as a page's fields, and back: steps are lines, shares may be in per cent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

WAYS = 3
UNITS = ("%", "money", "count", "choice", "yesno")
KINDS = ("rising", "falling", "linear", "choice", "percentile")


def indicator_fields(indicator: Mapping[str, Any], stages: list[str]) -> dict[str, str]:
    """Give an indicator as the texts of its form."""
    name, weights = indicator.get("name") or {}, indicator.get("weights") or {}
    fields = {
        "code": str(indicator.get("code", "")),
        "name_en": str(name.get("en", "")),
        "name_zh": str(name.get("zh", "")),
        "category": str(indicator.get("category", "")),
        "unit": str(indicator.get("unit", "%")),
        "cap": "" if indicator.get("cap") is None else str(indicator["cap"]),
    }
    fields |= {f"weight_{stage}": str(weights.get(stage, "")) for stage in stages}
    ways = indicator.get("ways") or [indicator]
    for n in range(WAYS):
        way = ways[n] if n < len(ways) else {}
        points = way.get("points") or {}
        fields[f"formula_{n}"] = str(way.get("formula", ""))
        fields[f"kind_{n}"] = str(points.get("kind", "rising"))
        fields[f"steps_{n}"] = steps_text(points)
        fields[f"otherwise_{n}"] = str(points.get("otherwise", "0"))
    return fields


def steps_text(points: Mapping[str, Any]) -> str:
    """Write steps one a line: “0.05 | 20”."""
    kind = points.get("kind")
    if kind == "linear":
        pairs = [points.get("low") or ["", ""], points.get("high") or ["", ""]]
    elif kind == "choice":
        pairs = [list(pair) for pair in (points.get("options") or {}).items()]
    elif kind == "percentile":
        pairs = [[points.get("group", "stage"), points.get("most", "")]]
    else:
        pairs = points.get("tiers") or []
    return "\n".join(f"{one} | {other}" for one, other in pairs)


def indicator_of(fields: Mapping[str, str], stages: list[str]) -> dict[str, Any]:
    """Make an indicator of the texts of its form; what can't be read stays as it is typed, so that
    the draft's faults name it.
    """

    def said(name: str) -> str:
        return fields.get(name, "").strip()

    ways = [
        {
            "formula": said(f"formula_{n}"),
            "points": points_of(said(f"kind_{n}"), fields.get(f"steps_{n}", ""))
            | ({"otherwise": said(f"otherwise_{n}")} if said(f"otherwise_{n}") else {}),
        }
        for n in range(WAYS)
        if said(f"formula_{n}")
    ]
    made: dict[str, Any] = {
        "code": said("code"),
        "name": {"en": said("name_en"), "zh": said("name_zh")},
        "category": said("category"),
        "unit": said("unit"),
        "ways": ways or [{"formula": "", "points": points_of("rising", "")}],
        "weights": {stage: said(f"weight_{stage}") for stage in stages if said(f"weight_{stage}")},
    }
    return made | ({"cap": said("cap")} if said("cap") else {})


def points_of(kind: str, text: str) -> dict[str, Any]:
    """Read steps from their lines."""
    pairs = [
        [side.strip() for side in line.replace("｜", "|").split("|", 1)]
        for line in text.splitlines()
        if line.strip()
    ]
    pairs = [pair if len(pair) == 2 else [pair[0], ""] for pair in pairs]
    if kind == "linear":
        first, second = [*pairs, ["", ""], ["", ""]][:2]
        return {"kind": kind, "low": _numbers(first), "high": _numbers(second)}
    if kind == "choice":
        return {"kind": kind, "options": dict(pairs)}
    if kind == "percentile":
        group, most = pairs[0] if pairs else ("stage", "")
        return {"kind": kind, "group": group, "most": most}
    return {"kind": kind, "tiers": [_numbers(pair) for pair in pairs]}


def _numbers(pair: list[str]) -> list[str]:
    return [number_of(pair[0]), pair[1]]


def number_of(text: str) -> str:
    """Read “5 %” as 0.05; anything else stays as it is."""
    said = text.strip().removesuffix("%").strip()
    if said == text.strip():
        return said
    try:
        return f"{(Decimal(said) / 100).normalize():f}"
    except InvalidOperation:
        return text.strip()


def parts_text(parts: list[Mapping[str, Any]], last: tuple[str, ...]) -> str:
    """Write stages, conditions, categories or boards one a line: “code | English | 中文 | …”."""
    lines = []
    for one in parts:
        name = one.get("name") or {}
        rest = [str(one.get(key, "") if one.get(key) is not None else "") for key in last]
        lines.append(
            " | ".join([one.get("code", ""), name.get("en", ""), name.get("zh", ""), *rest])
        )
    return "\n".join(lines)


def parts_of(text: str, last: tuple[str, ...]) -> list[dict[str, Any]]:
    """Read stages, conditions, categories or boards from their lines."""
    made = []
    for line in text.splitlines():
        if not line.strip():
            continue
        code, english, chinese, *rest = [
            side.strip() for side in [*line.replace("｜", "|").split("|"), "", ""]
        ][: 3 + len(last)]
        one: dict[str, Any] = {"code": code, "name": {"en": english, "zh": chinese}}
        for key, value in zip(last, rest, strict=False):
            if key == "bonus":
                if value:
                    one[key] = True
            elif value:
                one[key] = number_of(value) if key == "part" else value
        made.append(one)
    return made
