"""One house line: files and lines stay small enough to be read."""

from __future__ import annotations

from functools import cache
from unicodedata import east_asian_width

from tests.architecture.source import ROOT, name_of, ours

LINES = 400
CHARACTERS = 12_000
COLUMNS = 100
# Released migrations stay as they were.
RELEASED = tuple(f"migrations/versions/{day}" for day in ("2026112", "20261130_0"))


def width(line: str) -> int:
    """Measure a line as the formatter does: a Han character takes two columns."""
    if line.isascii():
        return len(line)
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in line)


@cache
def over_the_line() -> dict[str, dict[str, int]]:
    """Give the files that are too long in lines or characters, or have lines that are too wide."""
    found: dict[str, dict[str, int]] = {"lines": {}, "characters": {}, "wide": {}}
    for path in (*ours(".py", ".html", ".js", ".css", ".sql"), ROOT / "portal"):
        name = name_of(path)
        if name.startswith((*RELEASED, "migrations/sql/")):
            continue
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        wide = sum(width(line) > COLUMNS for line in lines)
        if len(lines) > LINES:
            found["lines"][name] = len(lines)
        if len(text) > CHARACTERS:
            found["characters"][name] = len(text)
        if wide:
            found["wide"][name] = wide
    return found


def test_nothing_is_over_the_line() -> None:
    assert over_the_line() == {"lines": {}, "characters": {}, "wide": {}}
