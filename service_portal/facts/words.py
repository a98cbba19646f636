"""How facts are said: names, years, values with their unit, whose word it is, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from babel.numbers import format_decimal

from service_portal.facts.expressions import Malformed, Unread, Value
from service_portal.facts.kinds import KINDS, FactFault, FactKind, FactType, YearRule
from service_portal.facts.rules import Source
from service_portal.facts.sorts import Sort, Unsound
from service_portal.folders import named
from service_portal.web.formatting import localized, number
from service_portal.web.language import language
from service_portal.web.translations import Later
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l

SOURCE_WORDS: dict[str, Later] = {
    Source.DECISION: _l("decided"),
    Source.DEPARTMENT: _l("department file"),
    Source.IMPORT: _l("imported"),
    Source.OWN: _l("own statement"),
    Source.SCHEME: _l("computed"),
}
YEAR_WORDS: dict[YearRule, Later] = {
    YearRule.SUM: _l("the whole year"),
    YearRule.AVERAGE: _l("average of the year"),
    YearRule.END: _l("at the end of the year"),
}
FAULT_WORDS: dict[FactFault, Later] = {
    FactFault.EMPTY: _l("Write a value."),
    FactFault.EMPTIED: _l("Correct the value instead of emptying it; write 0 where there is none."),
    FactFault.NO_NUMBER: _l("Write a number, such as 1200000."),
    FactFault.NOT_WHOLE: _l("Write a whole number."),
    FactFault.NEGATIVE: _l("This can't be less than nothing."),
    FactFault.TOO_LARGE: _l("This number is too large."),
    FactFault.TOO_EXACT: _l("Write yuan with at most two decimals."),
    FactFault.NO_YESNO: _l("Say yes or no."),
    FactFault.NO_OPTION: _l("Choose one of the list."),
}
UNIT_WORDS: dict[str, Later] = {
    FactType.MONEY: _l("yuan"),
    FactType.COUNT: _l("number"),
    FactType.NUMBER: _l("number"),
    FactType.YESNO: _l("yes or no"),
    FactType.CHOICE: _l("one of a list"),
    FactType.TEXT: _l("text"),
}
UNREAD_WORDS: dict[Unread, Later] = {
    Unread.TOO_LONG: _l("It is too long."),
    Unread.TOO_DEEP: _l("It has too many parts inside each other: “%(part)s”."),
    Unread.NO_EXPRESSION: _l("It breaks off, or a sign is missing: “%(part)s”."),
    Unread.NOT_KNOWN: _l("This is not known here: “%(part)s”."),
    Unread.TEXTS_ONLY: _l("Only a list of texts can stand here: “%(part)s”."),
    Unread.NO_SIZE: _l("This number is too large, or too close to nothing: “%(part)s”."),
    Unread.NO_NUMBER: _l("A number must stand here: “%(part)s”."),
    Unread.NO_CONDITION: _l("Something that holds or not must stand here: “%(part)s”."),
}
NEEDED_WORDS: dict[Sort, Later] = {
    Sort.NUMBER: UNREAD_WORDS[Unread.NO_NUMBER],
    Sort.CONDITION: UNREAD_WORDS[Unread.NO_CONDITION],
    Sort.TEXT: _l("A text must stand here: “%(part)s”."),
}
_UNITS = {"zh": ((10**10, "亿元"), (10**6, "万元")), "en": ((10**11, "bn"), (10**8, "m"))}


def say_unread(error: Malformed) -> str:
    """Say why an expression can't be read."""
    why, part = error.args
    return str(UNREAD_WORDS[why]) % {"part": part}


def say_unsound(error: Unsound) -> str:
    """Say which part of an expression does not fit where it stands."""
    return str(NEEDED_WORDS[error.needed]) % {"part": error.part}


def kind_name(code: str) -> str:
    """Name a kind of fact; one that is no more by its code."""
    kind = KINDS.get(code)
    return localized(kind.name) if kind else code


def fact_name(code: str, years: int, year: int) -> str:
    """Name a fact with its year where that is not the scored one."""
    name = kind_name(code)
    return name if years == 0 else _("%(name)s %(year)s", name=name, year=str(year - years))


def say_value(code: str, value: Value | None) -> str:
    """Say a value with its unit, money briefly."""
    kind = KINDS.get(code)
    if value is None:
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        if kind is not None and kind.type is FactType.MONEY:
            return say_money(value)
        if kind is not None and kind.type is FactType.NUMBER:
            return say_points(value)
        return number(value.normalize() if value % 1 else value.to_integral_value())
    known = values_of(kind) if kind else {}
    return localized(known[value]) if value in known else value


def values_of(kind: FactKind) -> Mapping[str, Any]:
    """Give what has the names of a kind's values by their codes, as far as they are listed."""
    return named(kind.names, None) if kind.names else kind.options


def say_exactly(kind: FactKind, value: Value | None) -> str:
    """Say a value with its unit, money to the fen."""
    if isinstance(value, Decimal) and kind.type is FactType.MONEY:
        amount = format_decimal(value / 100, "#,##0.##", language())
        return _("%(amount)s yuan", amount=amount)
    return say_value(kind.code, value)


def say_points(points: Decimal) -> str:
    """Say points: always with two decimals, so that any two can be compared at a glance."""
    return format_decimal(points, "#,##0.00", language())


def say_money(fen: Decimal, *, up: bool = False) -> str:
    """Say money in what the language counts large sums in, with two digits after it; `up`
    is for what somebody needs at least.
    """
    rounding = ROUND_CEILING if up else ROUND_HALF_UP
    for size, unit in _UNITS["zh" if language() == "zh" else "en"]:
        if abs(fen) >= size:
            said = _rounded(fen / size, "0.01", rounding)
            return f"{said} {unit}" if language() == "zh" else f"{said} {unit} yuan"
    said = _rounded(fen / 100, "1", rounding)
    return _("%(amount)s yuan", amount=said)


def as_said(fen: Decimal) -> Decimal:
    """Give the sum that `say_money` says."""
    for size, _unit in _UNITS["zh" if language() == "zh" else "en"]:
        if abs(fen) >= size:
            return (fen / size).quantize(Decimal("0.01"), ROUND_HALF_UP) * size
    return (fen / 100).quantize(Decimal(1), ROUND_HALF_UP) * 100


def say_share(part: Decimal) -> str:
    """Say a part of a whole in per cent, cut off and never rounded up: a bound that is not reached
    must not seem to be.
    """
    cut = (part * 100).quantize(Decimal("0.01"), ROUND_DOWN)
    sign = "" if language() == "zh" else " "
    return f"{format_decimal(cut, '#,##0.0#', language())}{sign}%"


def _rounded(value: Decimal, to: str, rounding: str) -> str:
    return format_decimal(value.quantize(Decimal(to), rounding), "#,##0.##", language())
