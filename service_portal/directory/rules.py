"""What a directory entry may be: legal status moves of institutions, valid codes. Pure."""

from __future__ import annotations

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

INSTITUTION_MOVES: dict[str, frozenset[str]] = {
    "applied": frozenset({"reviewed", "exited"}),
    "reviewed": frozenset({"admitted", "exited"}),
    "admitted": frozenset({"suspended", "exited"}),
    "suspended": frozenset({"admitted", "exited"}),
    "exited": frozenset({"applied"}),
}


def may_become(status: str, wanted: str) -> bool:
    """Say whether an institution may go from one status to another; staying is always fine."""
    return status == wanted or wanted in INSTITUTION_MOVES.get(status, frozenset())


def clean_uscc(text: str) -> str | None:
    """Give a unified social credit code in its standard form, or None when its form or check digit
    is wrong (GB 32100-2015).
    """
    try:
        return str(uscc.validate(text))
    except ValidationError:
        return None


def sort_key(name: str) -> str:
    """Give the key names are sorted by: the reading of Chinese characters in Latin letters, so that
    all databases sort alike.
    """
    # The dictionary takes 50 MB; only the process that writes a name needs it.
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(name)).lower()[:200]
