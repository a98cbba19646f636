"""How money is read and said: fen in yuan to the last one, briefly in what the reader's language
counts large sums in, or shortly, where it must still be exact.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_decimal

from service_portal.web.language import language
from service_portal.web.translations import gettext as _

_YI, _WAN = 10**10, 10**6
_BILLION, _MILLION = 10**11, 10**8


# In yuan: more than this is no amount that anybody books.
LARGEST = 10**13
_WRITTEN = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,2}0*)?")


def fen_in(text: str) -> int | None:
    """Read an amount in yuan, with or without commas between thousands, as fen; None where it is no
    number, has a part of a fen, or is too large.
    """
    said = re.sub(r"[,，\s]", "", text)
    if not _WRITTEN.fullmatch(said) or abs(Decimal(said)) > LARGEST:
        return None
    return int(Decimal(said) * 100)


def plain_yuan(fen: int) -> str:
    """Write fen as yuan for a file: “1234.05”, exact."""
    whole, left = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{left:02}"


def yuan(fen: int) -> str:
    """Say fen in yuan, exact: “1,234.05 yuan”, “1,234.05 元”."""
    return _("%(amount)s yuan", amount=in_yuan(fen))


def in_yuan(fen: int) -> str:
    """Say fen in yuan, exact, where a column's head names the unit: “1,234.05”."""
    return format_decimal(Decimal(fen) / 100, "#,##0.00", language())


def brief_yuan(fen: int) -> str:
    """Say fen briefly: “30.1 bn yuan”, “364 m yuan”, “301.2 亿元”, “3,640 万元”."""
    size = abs(fen)
    if language() == "zh":
        if size >= _YI:
            return f"{_rounded(fen, _YI, '0.01')} 亿元"
        return f"{_rounded(fen, _WAN, '0.01')} 万元"
    if size >= _BILLION:
        return f"{_rounded(fen, _BILLION, '0.001')} bn yuan"
    if size >= _MILLION:
        return f"{_rounded(fen, _MILLION, '0.1')} m yuan"
    return f"{_rounded(fen, 100, '1')} yuan"


def short_yuan(fen: int) -> str:
    """Say fen as shortly as is exact: “240 万元”, “2.4 m yuan”, “1,234,567 yuan”, “1,234.05 元”."""
    units: tuple[tuple[int, str], ...] = (
        ((_YI, " 亿元"), (_WAN, " 万元"), (100, " 元"))
        if language() == "zh"
        else ((_BILLION, " bn yuan"), (_MILLION, " m yuan"), (100, " yuan"))
    )
    for unit, name in units:
        # So many thousandths of a unit are read at a glance.
        if fen % (unit // 1000 or unit) == 0 and (abs(fen) >= unit or unit == 100):
            return f"{_rounded(fen, unit, '0.001')}{name}"
    return yuan(fen)


def charted(fen: int) -> str:
    """Write fen for a chart in the unit that `charted_in` names."""
    return f"{Decimal(fen) / (_YI if language() == 'zh' else _MILLION):f}"


def charted_in() -> str:
    """Name the unit of amounts in charts."""
    return _("m yuan")


def _rounded(fen: int, unit: int, to: str) -> str:
    value = (Decimal(fen) / unit).quantize(Decimal(to), ROUND_HALF_UP)
    return format_decimal(value, "#,##0.###", language())
