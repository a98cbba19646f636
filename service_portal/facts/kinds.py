"""The kinds of facts there are, as data: code, names, type, unit, and what of a year they say.

Pure.

Money is integer fen. A share is no fact: it is computed from two of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

from service_portal.facts.expressions import Value
from service_portal.kernel.words import Words

DATA = Path(__file__).parent / "data" / "kinds.json"
MOST_DIGITS = 18


class FactType(StrEnum):
    """What a fact holds."""

    MONEY = "money"
    COUNT = "count"
    NUMBER = "number"
    YESNO = "yesno"
    CHOICE = "choice"
    TEXT = "text"


NUMBERS = frozenset({FactType.MONEY, FactType.COUNT, FactType.NUMBER})
UNITS = {FactType.MONEY: "fen", FactType.COUNT: "1", FactType.NUMBER: "1"}


class YearRule(StrEnum):
    """What of a year a fact says: all of it together, its average, or how it stood at its end."""

    SUM = "sum"
    AVERAGE = "average"
    END = "end"


class FactFault(StrEnum):
    """Why a value is no value of a kind."""

    EMPTY = "empty"
    EMPTIED = "emptied"
    NO_NUMBER = "no_number"
    NOT_WHOLE = "not_whole"
    NEGATIVE = "negative"
    TOO_LARGE = "too_large"
    TOO_EXACT = "too_exact"
    NO_YESNO = "no_yesno"
    NO_OPTION = "no_option"


class Unfit(Exception):
    """A text or a value does not fit its kind; `fault` says why."""

    def __init__(self, fault: FactFault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class FactKind:
    """One kind of fact. Only a result may be negative."""

    code: str
    section: str
    type: FactType
    year: YearRule
    name: Words
    help: Words | None = None
    options: Mapping[str, Words] = field(default_factory=dict)
    # What its values are the codes of, where somebody else knows their names.
    names: str = ""

    @property
    def unit(self) -> str:
        """Give the unit of its numbers, empty for what is none."""
        return UNITS.get(self.type, "")

    @property
    def is_stated(self) -> bool:
        """Say whether enterprises and departments state it; else the portal computes it."""
        return self.section != COMPUTED


COMPUTED = "computed"
SIGNED = frozenset({"net_profit"})
YES = frozenset({"yes", "y", "true", "1", "是", "有"})
NO = frozenset({"no", "n", "false", "0", "否", "无"})


def _read() -> tuple[dict[str, Words], dict[str, FactKind]]:
    raw = json.loads(DATA.read_text(encoding="utf-8"))
    sections = {one["code"]: _words(one["name"]) for one in raw["sections"]}
    kinds = [
        FactKind(
            one["code"],
            one["section"],
            FactType(one["type"]),
            YearRule(one["year"]),
            _words(one["name"]),
            _words(one["help"]) if "help" in one else None,
            {code: _words(words) for code, words in one.get("options", {}).items()},
            one.get("names", ""),
        )
        for one in raw["kinds"]
    ]
    return sections, {kind.code: kind for kind in kinds}


def _words(raw: Mapping[str, Any]) -> Words:
    return Words(raw["en"], raw["zh"])


SECTIONS, KINDS = _read()


def check(kind: FactKind, value: Value) -> Value:
    """Give a value back if its kind takes it. Raises Unfit."""
    if kind.type in NUMBERS:
        if not isinstance(value, Decimal) or not value.is_finite():
            raise Unfit(FactFault.NO_NUMBER)
        if kind.type is not FactType.NUMBER and value != value.to_integral_value():
            fault = FactFault.TOO_EXACT if kind.type is FactType.MONEY else FactFault.NOT_WHOLE
            raise Unfit(fault)
        if value < 0 and kind.code not in SIGNED:
            raise Unfit(FactFault.NEGATIVE)
        if abs(value) >= Decimal(10) ** MOST_DIGITS:
            raise Unfit(FactFault.TOO_LARGE)
        return value
    if kind.type is FactType.YESNO:
        if not isinstance(value, bool):
            raise Unfit(FactFault.NO_YESNO)
        return value
    if not isinstance(value, str) or (kind.options and value not in kind.options):
        raise Unfit(FactFault.NO_OPTION)
    return value


def read_text(kind: FactKind, text: str) -> Value:
    """Read what somebody typed or a file says; money is in yuan there. Raises Unfit."""
    said = text.strip()
    if not said:
        raise Unfit(FactFault.EMPTY)
    if kind.type is FactType.YESNO:
        if said.lower() in YES | NO:
            return said.lower() in YES
        raise Unfit(FactFault.NO_YESNO)
    if kind.type in NUMBERS:
        try:
            value = Decimal(said.replace(",", "").replace("，", "").replace(" ", ""))
        except InvalidOperation as error:
            raise Unfit(FactFault.NO_NUMBER) from error
        if not value.is_finite():
            raise Unfit(FactFault.NO_NUMBER)
        if abs(value) >= Decimal(10) ** MOST_DIGITS:
            raise Unfit(FactFault.TOO_LARGE)
        return check(kind, value * 100 if kind.type is FactType.MONEY else value)
    named = {words: code for code, name in kind.options.items() for words in (name.en, name.zh)}
    return check(kind, named.get(said, said))


def write_text(kind: FactKind, value: Value) -> str:
    """Write a value as `read_text` reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{(value / 100 if kind.type is FactType.MONEY else value).normalize():f}"
    return value
