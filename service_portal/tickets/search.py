"""Words to find a ticket by: Latin words and pairs of Han characters, so that two-character Chinese words work. Pure."""

from __future__ import annotations

import re

_LATIN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HAN = re.compile(r"[\u3400-\u9fff]+")


def search_tokens(*texts: str) -> list[str]:
    """Give the distinct tokens of some texts, sorted: lower-case words, their hyphenated parts, and Han pairs.

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
