"""What counts where several say something of one fact. Pure.

A decision counts until somebody decides again. Before one, a department's word counts before what
was imported, and that before an enterprise's own; of one source its last word. Whoever says
something else than what counts, after the last decision, makes a conflict, which is shown until it
is decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from service_portal.facts.expressions import Value


class Source(StrEnum):
    """Who says it: somebody who decided, a department's file, another system's import, the
    enterprise itself, or a scheme that computed it.
    """

    DECISION = "decision"
    DEPARTMENT = "department"
    IMPORT = "import"
    OWN = "own"
    SCHEME = "scheme"


RANK = {source: rank for rank, source in enumerate(Source)}
ENTERPRISES_OWN = frozenset({Source.OWN})


@dataclass(frozen=True, slots=True)
class Statement:
    """One word on one fact; a larger id is a later one."""

    id: int
    source: Source
    value: Value


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts, and what others say against it."""

    counts: Statement
    against: tuple[Statement, ...] = ()


def settle(statements: Iterable[Statement]) -> Standing | None:
    """Say what counts of all words on one fact, and which of the others are in conflict with it."""
    last: dict[Source, Statement] = {}
    for one in sorted(statements, key=lambda statement: statement.id):
        last[one.source] = one
    if not last:
        return None
    counts = min(last.values(), key=lambda one: RANK[one.source])
    decided = last[Source.DECISION].id if Source.DECISION in last else 0
    against = [
        one
        for one in last.values()
        if one.id > decided and one is not counts and not _is_same(one.value, counts.value)
    ]
    return Standing(counts, tuple(sorted(against, key=lambda one: RANK[one.source])))


def _is_same(one: Value, other: Value) -> bool:
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return one == other
    return type(one) is type(other) and one == other
