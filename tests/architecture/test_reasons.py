"""Whoever lets a line off what a tool asks says why, there or in a comment just above."""

from __future__ import annotations

import re
from itertools import pairwise

from tests.architecture.source import name_of, ours

LET_OFF = re.compile(
    r"(?:#|//|/\*|<!--)\s*(?:type: ?ignore(?:\[[\w, -]*\])?|noqa(?:: ?[A-Z]+\d+(?:, ?[A-Z]+\d+)*)?"
    r"|fmt: ?(?:skip|off)|pragma: ?no cover|djangofmt[:-]ignore|biome-ignore \S+:)(?P<why>.*)"
)
COMMENT = re.compile(r"\s*(?:#|//|/\*|\{#|<!--)")


def without_a_reason(text: str) -> list[int]:
    """Give the numbers of the lines that are let off and do not say why."""
    return [
        number
        for number, (above, line) in enumerate(pairwise(["", *text.splitlines()]), 1)
        if (found := LET_OFF.search(line))
        and not re.search(r"\w{2}", found["why"])
        and not COMMENT.match(above)
    ]


def test_a_reason_is_looked_for_where_it_belongs() -> None:
    let_off = "f(x)  # " + "type: ignore[arg-type]"
    assert without_a_reason(f"a\n{let_off}\n") == [2]
    assert without_a_reason(f"# The library is wrong.\n{let_off}\n") == []
    assert without_a_reason(f"{let_off}  # the library is wrong\n") == []


def test_every_line_that_is_let_off_says_why() -> None:
    wrong = [
        f"{name_of(path)}:{number}"
        for path in ours(".py", ".pyi", ".js", ".css", ".html")
        if "migrations" not in path.parts  # Released ones stay as they were.
        for number in without_a_reason(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []
