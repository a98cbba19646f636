"""How each fact of an enterprise and a year stands, as pages show it."""

from __future__ import annotations

from typing import Any

from service_portal.facts.kinds import KINDS, FactType, write_text
from service_portal.facts.queries import files_of, standing_of, statements_of, value_of
from service_portal.facts.rules import Source
from service_portal.facts.words import say_exactly, say_value


def rows_of(enterprise_id: int, year: int, *, code: str | None = None) -> dict[str, dict[str, Any]]:
    """Give how each fact of a year stands, or one of them, with the year before and the files that
    prove it.
    """
    said = statements_of(enterprise_id, [year, year - 1], code=code)
    files = files_of(enterprise_id, [year], code=code)
    rows = {}
    for kind in KINDS.values():
        if not kind.is_stated or code not in {None, kind.code}:
            continue
        facts = said.get((kind.code, year), [])
        standing, before = standing_of(facts), standing_of(said.get((kind.code, year - 1), []))
        by_id = {fact.id: fact for fact in facts}
        own = next((fact for fact in reversed(facts) if fact.source == Source.OWN), None)
        own_value = value_of(kind.code, own.number, own.value_code) if own else None
        rows[kind.code] = {
            "kind": kind,
            "about": {"enterprise_id": enterprise_id, "year": year, "fact_code": kind.code},
            "files": files.get((kind.code, year), []),
            "own": "" if own_value is None else write_text(kind, own_value),
            "own_at": own.at if own else None,
            # A sum in its long figures is easily written with a zero too many.
            "own_brief": say_value(kind.code, own_value)
            if own_value is not None and kind.type is FactType.MONEY
            else "",
            "counts": say_exactly(kind, standing.counts.value) if standing else None,
            "counting": by_id[standing.counts.id] if standing else None,
            "against": [(by_id[one.id], say_exactly(kind, one.value)) for one in standing.against]
            if standing
            else [],
            "before": say_exactly(kind, before.counts.value) if before else None,
            "history": [
                (fact, say_exactly(kind, value_of(kind.code, fact.number, fact.value_code)))
                for fact in reversed(facts)
            ],
        }
    return rows
