"""A service's definition as the texts of a page and back: the same texts give the same definition,
and nothing typed is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service_portal.catalogue.definition_rules import EXTENSION, LIMIT_KINDS, MOST_FIELDS

BILINGUAL = ("name", "summary", "evidence", "providers")
ROW = (
    "key",
    "type",
    "label_zh",
    "label_en",
    "help_zh",
    "help_en",
    "choices",
    "min",
    "max",
    "place",
)
LONGEST = 20_000
_BETWEEN, _PARTS = re.compile(r"[,，、;；\n]+"), re.compile(r"\s*[|｜]\s*")


@dataclass
class Draft:
    """What stands on the page: single texts, and a row of texts for each question.

    `amount_row` is the row that asks for the sum of money.
    """

    texts: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)
    amount_row: str = ""


def draft_of(raw: Mapping[str, Any]) -> Draft:
    """Give a definition as the texts of its page."""
    texts = {
        f"{part}_{language}": raw[part][language] for part in BILINGUAL for language in ("zh", "en")
    }
    texts |= {
        f"keywords_{language}": "，".join(words) if language == "zh" else ", ".join(words)
        for language, words in raw.get("keywords", {}).items()
    }
    texts |= {
        f"{kind}_{part}": str(raw["limits"][kind][part])
        for kind in LIMIT_KINDS
        for part in ("amount", "unit")
    }
    texts |= {name: str(raw[name]) for name in ("delivered_by", "effort_points", "count_basis")}
    texts[EXTENSION] = str(raw.get(EXTENSION, 0))
    texts["offers"] = raw.get("offers", "")
    texts["auto_accept"] = "1" if raw.get("auto_accept") else ""
    rows = [_row_of(one, place) for place, one in enumerate(raw["fields"], start=1)]
    named = [n for n, one in enumerate(raw["fields"]) if one["key"] == raw.get("amount_field")]
    return Draft(texts, rows, str(named[0]) if named else "")


def blank_draft() -> Draft:
    """Give the page of a service that is not there yet, with the promises most services make."""
    usual = {
        "accept": ("1", "wd"),
        "contact": ("4", "wh"),
        "resolve": ("10", "wd"),
        "offer": ("4", "wh"),
    }
    texts = {
        f"{kind}_{part}": text
        for kind, parts in usual.items()
        for part, text in zip(("amount", "unit"), parts, strict=True)
    }
    return Draft(
        {
            **texts,
            "delivered_by": "station",
            "effort_points": "2",
            EXTENSION: "0",
            "count_basis": "case",
        }
    )


def read_draft(form: Mapping[str, str]) -> Draft:
    """Read what was typed, rows in the order of their places; rows that hold nothing are left out,
    unless they carry a mark to be removed.
    """
    texts = {name: text[:LONGEST] for name, text in form.items() if not re.match(r"q\d", name)}
    rows, marked = [], {}
    for n in range(MOST_FIELDS + 20):
        if f"q{n}_key" not in form:
            continue
        row = {name: form.get(f"q{n}_{name}", "")[:LONGEST] for name in (*ROW, "required")}
        if form.get(f"q{n}_remove") or not any(
            row[name].strip()
            for name in (
                "key",
                "label_zh",
                "label_en",
                "help_zh",
                "help_en",
                "choices",
                "min",
                "max",
            )
        ):
            continue
        marked[id(row)] = str(n) == form.get("amount_row")
        rows.append(row)
    rows.sort(key=lambda row: _place(row["place"]))
    chosen = [str(n) for n, row in enumerate(rows) if marked[id(row)]]
    for n, row in enumerate(rows, start=1):
        row["place"] = str(n)
    return Draft(texts, rows, chosen[0] if chosen else "")


def definition_of(draft: Draft, *, code: str) -> dict[str, Any]:
    """Give the definition a page describes.

    What makes no sense is kept as typed, for the rules to name it.
    """
    said = {name: " ".join(text.split()) for name, text in draft.texts.items()}
    fields = [_field_of(row) for row in draft.rows]
    amount = fields[int(draft.amount_row)]["key"] if draft.amount_row else None
    longest = _whole(said.get(EXTENSION, "") or "0")
    return {
        "code": code,
        **{
            part: {"en": said.get(f"{part}_en", ""), "zh": said.get(f"{part}_zh", "")}
            for part in BILINGUAL
        },
        "keywords": {
            language: [
                word
                for text in _BETWEEN.split(draft.texts.get(f"keywords_{language}", ""))
                if (word := " ".join(text.split()))
            ]
            for language in ("en", "zh")
        },
        "delivered_by": said.get("delivered_by", ""),
        **({"offers": said["offers"]} if said.get("offers") else {}),
        "auto_accept": said.get("auto_accept") == "1",
        "effort_points": _whole(said.get("effort_points", "")),
        "limits": {
            kind: {
                "amount": _whole(said.get(f"{kind}_amount", "")),
                "unit": said.get(f"{kind}_unit", ""),
            }
            for kind in LIMIT_KINDS
        },
        **({EXTENSION: longest} if longest else {}),
        "count_basis": said.get("count_basis", ""),
        "amount_field": amount,
        "fields": fields,
    }


def _row_of(one: Mapping[str, Any], place: int) -> dict[str, str]:
    row = {
        "key": one["key"],
        "type": one["type"],
        "required": "1" if one.get("required") else "",
        "place": str(place),
    }
    for part in ("label", "help"):
        row |= {
            f"{part}_{language}": (one.get(part) or {}).get(language, "")
            for language in ("zh", "en")
        }
    row |= {part: "" if one.get(part) is None else str(one[part]) for part in ("min", "max")}
    return {
        **row,
        "choices": "\n".join(
            f"{choice['value']} | {choice['zh']} | {choice['en']}"
            for choice in one.get("choices") or ()
        ),
    }


def _field_of(row: Mapping[str, str]) -> dict[str, Any]:
    said = {name: " ".join(row.get(name, "").split()) for name in row if name != "choices"}
    made: dict[str, Any] = {
        "key": said["key"],
        "type": said["type"],
        "label": {"en": said["label_en"], "zh": said["label_zh"]},
        "required": said["required"] == "1",
    }
    if said["help_en"] or said["help_zh"]:
        made["help"] = {"en": said["help_en"], "zh": said["help_zh"]}
    if choices := [line for line in row.get("choices", "").splitlines() if line.strip()]:
        made["choices"] = [_choice_of(line) for line in choices]
    return made | {part: _whole(said[part]) for part in ("min", "max") if said[part]}


def _choice_of(line: str) -> dict[str, str]:
    parts = _PARTS.split(" ".join(line.split()))
    value, zh, en = parts if len(parts) == 3 else (parts[0], "", "")
    return {"value": value, "zh": zh, "en": en}


def _whole(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text


def _place(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")
