"""Writes facts: appended, never changed; what was said already is not said again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from service_portal.access.actor import Actor
from service_portal.events.catalog import FactDecided, FactsConflicted, FactsRecorded
from service_portal.events.outbox import record, record_many
from service_portal.facts.expressions import Value
from service_portal.facts.kinds import KINDS, check
from service_portal.facts.models import Fact
from service_portal.facts.rules import RANK, Source
from service_portal.kernel.copying import insert_rows, reserve_ids
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
    """Write what is new of some statements of one source, in four statements, and give that back.

    What a scheme computes is no news to the schemes. However many conflicts come of it, one event
    says so. Raises Unfit where a value is none of its
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
        if conflicts := _note_conflicts(new, now=now):
            record(FactsConflicted(conflicts[0]), actor=actor, now=now)
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


# The last word of each source; what counts of them; and those later than a decision that say
# something else: `facts.rules.settle` for many at once.
_NOTE_CONFLICTS = sa.text("""
    WITH touched AS (
        SELECT DISTINCT * FROM unnest(:enterprise_ids, :years, :codes)
            AS t (enterprise_id, year, code)
    ),
    last AS (
        SELECT DISTINCT ON (f.enterprise_id, f.year, f.code, f.source)
            f.enterprise_id, f.year, f.code, f.source, f.id, f.number, f.value_code
        FROM touched AS t JOIN fact AS f
            ON f.enterprise_id = t.enterprise_id AND f.year = t.year AND f.code = t.code
        ORDER BY f.enterprise_id, f.year, f.code, f.source, f.id DESC
    ),
    counting AS (
        SELECT DISTINCT ON (enterprise_id, year, code) * FROM last
        ORDER BY enterprise_id, year, code, array_position(:ranked, source)
    ),
    open AS (
        SELECT DISTINCT c.enterprise_id, c.year, c.code FROM counting AS c JOIN last AS l
            ON l.enterprise_id = c.enterprise_id AND l.year = c.year AND l.code = c.code
        WHERE (l.number, l.value_code) IS DISTINCT FROM (c.number, c.value_code)
            AND (c.source <> 'decision' OR l.id > c.id)
    ),
    gone AS (
        DELETE FROM fact_conflict AS x USING touched AS t
        WHERE x.enterprise_id = t.enterprise_id AND x.year = t.year AND x.code = t.code
            AND NOT EXISTS (SELECT FROM open AS o WHERE o.enterprise_id = t.enterprise_id
                AND o.year = t.year AND o.code = t.code)
    )
    INSERT INTO fact_conflict (enterprise_id, year, code, since)
    SELECT enterprise_id, year, code, :now FROM open ON CONFLICT DO NOTHING
    RETURNING enterprise_id
""").bindparams(
    sa.bindparam("enterprise_ids", type_=ARRAY(sa.BigInteger)),
    sa.bindparam("years", type_=ARRAY(sa.SmallInteger)),
    sa.bindparam("codes", type_=ARRAY(sa.Text)),
    sa.bindparam("ranked", [str(source) for source in RANK], type_=ARRAY(sa.Text)),
)


def _note_conflicts(said: Sequence[Said], *, now: datetime) -> list[int]:
    """Keep which facts are in conflict; give the enterprises of the conflicts that are new."""
    if not said:
        return []
    new = db.session.execute(
        _NOTE_CONFLICTS,
        {
            "enterprise_ids": [one.enterprise_id for one in said],
            "years": [one.year for one in said],
            "codes": [one.code for one in said],
            "now": now,
        },
    )
    return list(new.scalars())


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
    """Write one statement; say whether it was new.

    Raises Unfit where it is no value of its kind.
    """
    said = Said(enterprise_id, year, code, value, reference, note)
    if source is Source.DECISION:
        return bool(record_decision(said, actor=actor, now=now))
    return bool(record_facts([said], actor=actor, source=source, now=now))


def record_decision(said: Said, *, actor: Actor, now: datetime) -> int:
    """Write what somebody decided and give the statement's id; raises Unfit where it is no value of
    its kind.

    It is written also where it says what was said before: it settles what came since.
    """
    check(KINDS[said.code], said.value)
    (fact_id,) = reserve_ids("fact", 1)
    insert_rows(
        Fact,
        [{"id": fact_id} | _row(said)],
        same={"source": str(Source.DECISION), "by_id": actor.person_id, "at": now},
    )
    _note_conflicts([said], now=now)
    record_many([FactsRecorded(said.enterprise_id, said.year)])
    record(FactDecided(said.enterprise_id, fact_id), actor=actor, now=now)
    return fact_id
