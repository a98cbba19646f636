"""Words to find a ticket by: Latin words and pairs of Han characters, so that two-character Chinese
words work. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_LATIN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NUMBER = re.compile(r"(?:([a-z]{1,6})-)?(?:(\d{4})-)?0*(\d{1,9})")
_HAN = re.compile(r"[\u3400-\u9fff]+")


def search_tokens(*texts: str) -> list[str]:
    """Give the distinct tokens of some texts, sorted: lower-case words, their hyphenated parts, and
    Han pairs.

    A lone Han character is a token of its own; longer runs give overlapping pairs only.
    """
    tokens: set[str] = set()
    for text in texts:
        low = text.lower()
        for word in _LATIN.findall(low):
            tokens.add(word)
            if "-" in word:
                tokens.update(word.split("-"))
        for run in _HAN.findall(low):
            if len(run) == 1:
                tokens.add(run)
            tokens.update(run[i : i + 2] for i in range(len(run) - 1))
    tokens.discard("")
    return sorted(tokens)


def query_tokens(text: str) -> list[str]:
    """Give the tokens a search must all contain; a full reference stays one token."""
    low = text.lower().strip()
    tokens = set(_LATIN.findall(low))
    for run in _HAN.findall(low):
        tokens.update([run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)])
    return sorted(tokens)


def references_meant(text: str, *, parks: Iterable[str], years: Iterable[int]) -> list[str]:
    """Give the references, in lower case, that a number such as 2424, 02424 or 2026-02424 may stand
    for.

    Nothing for what is no number. A reference is park, year and a number of at least five digits.
    """
    found = _NUMBER.fullmatch(text.strip().lower())
    if found is None:
        return []
    park, year, number = found.groups()
    places = [park] if park else [code.lower() for code in parks]
    whens = [int(year)] if year else list(years)
    return [f"{place}-{when}-{int(number):05d}" for place in places for when in whens]
