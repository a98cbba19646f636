"""Writes facts: appended, never changed; what was said already is not said again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.events.catalog import FactsRecorded
from service_portal.events.outbox import record_many
from service_portal.facts.expressions import Value
from service_portal.facts.kinds import KINDS, check
from service_portal.facts.models import Fact
from service_portal.facts.rules import Source
from service_portal.kernel.copying import insert_rows
from service_portal.kernel.db import db


@dataclass(frozen=True, slots=True)
class Said:
    """One statement to write."""

    enterprise_id: int
    year: int
    code: str
    value: Value
    reference: str = ""
    note: str = ""


def record_facts(
    said: Sequence[Said], *, actor: Actor, source: Source, now: datetime
) -> list[Said]:
    """Write what is new of some statements of one source, in three statements, and give that back.

    What a scheme computes is no news to the schemes. Raises Unfit where a value is none of its
    kind.
    """
    for one in said:
        check(KINDS[one.code], one.value)
    known = _last_words({one.enterprise_id for one in said}, {one.year for one in said}, source)
    new = [one for one in said if known.get((one.enterprise_id, one.year, one.code)) != _kept(one)]
    insert_rows(
        Fact,
        [_row(one) for one in new],
        same={"source": str(source), "by_id": actor.person_id, "at": now},
    )
    if source is not Source.SCHEME:
        of = sorted({(one.enterprise_id, one.year) for one in new})
        record_many(FactsRecorded(enterprise_id, year) for enterprise_id, year in of)
    return new


_LAST_WORDS = sa.text("""
    SELECT DISTINCT ON (f.enterprise_id, f.year, f.code)
        f.enterprise_id, f.year, f.code, f.number, f.value_code
    FROM fact AS f
    WHERE f.enterprise_id = ANY(:enterprise_ids) AND f.year = ANY(:years) AND f.source = :source
    ORDER BY f.enterprise_id, f.year, f.code, f.id DESC
""")


def _last_words(
    enterprise_ids: Iterable[int], years: Iterable[int], source: Source
) -> dict[tuple[int, int, str], tuple[Decimal | None, str | None]]:
    rows = db.session.execute(
        _LAST_WORDS,
        {"enterprise_ids": list(enterprise_ids), "years": list(years), "source": str(source)},
    )
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}


def _kept(one: Said) -> tuple[Decimal | None, str | None]:
    if isinstance(one.value, bool):
        return None, "yes" if one.value else "no"
    return (one.value, None) if isinstance(one.value, Decimal) else (None, one.value)


def _row(one: Said) -> dict[str, Any]:
    number, text = _kept(one)
    return {
        "enterprise_id": one.enterprise_id,
        "year": one.year,
        "code": one.code,
        "number": number,
        "value_code": text,
        "reference": one.reference,
        "note": one.note,
    }


def record_fact(
    *,
    actor: Actor,
    enterprise_id: int,
    year: int,
    code: str,
    value: Value,
    source: Source,
    now: datetime,
    reference: str = "",
    note: str = "",
) -> bool:
    """Write one statement; say whether it was new. Raises Unfit where it is no value of its kind.

    A decision is written also where it says what was said before: it settles what came since.
    """
    said = Said(enterprise_id, year, code, value, reference, note)
    if source is Source.DECISION:
        check(KINDS[code], value)
        insert_rows(
            Fact,
            [_row(said)],
            same={"source": str(source), "by_id": actor.person_id, "at": now},
        )
        record_many([FactsRecorded(enterprise_id, year)])
        return True
    return bool(record_facts([said], actor=actor, source=source, now=now))
