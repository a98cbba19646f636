"""Codes as SQL writes them. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def listed(codes: Iterable[str]) -> str:
    """Give codes as literals, in the order of the alphabet: partial indexes know only literals."""
    return ", ".join(f"'{code}'" for code in sorted(codes))


def among(column: str, codes: Iterable[str]) -> str:
    """Give the condition that a column holds one of some codes."""
    return f"{column} IN ({listed(codes)})"
