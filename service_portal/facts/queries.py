"""What is known of enterprises: the values that count, and where sources differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from service_portal.directory.models import Enterprise
from service_portal.facts.expressions import Value
from service_portal.facts.kinds import KINDS, FactType
from service_portal.facts.models import Fact, FactConflict, FactFile
from service_portal.facts.rules import RANK, Source, Standing, Statement, settle
from service_portal.kernel.db import db

YEARS_BACK = 3

# The last word of the source that comes first; `facts.rules.settle` says the same of one fact.
_COUNTING = """
    SELECT DISTINCT ON (f.enterprise_id, f.year, f.code)
        f.enterprise_id, f.year, f.code, f.number, f.value_code, f.source
    FROM fact AS f
    WHERE f.enterprise_id = ANY(:enterprise_ids) AND f.year BETWEEN :year - :back AND :year
        AND (CAST(:codes AS text[]) IS NULL OR f.code = ANY(:codes))
        AND (CAST(:upto AS bigint) IS NULL OR f.id <= :upto)
    ORDER BY f.enterprise_id, f.year, f.code, array_position(:ranked, f.source), f.id DESC
"""
_FACTS = sa.text(_COUNTING).bindparams(
    sa.bindparam("enterprise_ids", type_=ARRAY(sa.BigInteger)),
    sa.bindparam("codes", type_=ARRAY(sa.Text)),
    sa.bindparam("ranked", [str(source) for source in RANK], type_=ARRAY(sa.Text)),
    sa.bindparam("back", YEARS_BACK, type_=sa.Integer),
)


@dataclass(frozen=True, slots=True)
class Known:
    """The values that count, and whose word each is, by code and years before."""

    values: dict[tuple[str, int], Value] = field(default_factory=dict)
    sources: dict[tuple[str, int], str] = field(default_factory=dict)


def facts_of(enterprise_id: int, year: int) -> dict[tuple[str, int], Value]:
    """Give the values that count for an enterprise, by code and by how many years before `year`
    they are about, up to three.
    """
    return facts_of_many([enterprise_id], year).get(enterprise_id, {})


def facts_of_many(
    enterprise_ids: Sequence[int], year: int, *, codes: Iterable[str] | None = None
) -> dict[int, dict[tuple[str, int], Value]]:
    """Give the values that count for many enterprises in one statement, if wanted only of some
    codes.
    """
    known = known_of_many(enterprise_ids, year, codes=codes)
    return {enterprise_id: one.values for enterprise_id, one in known.items()}


def known_of_many(
    enterprise_ids: Sequence[int],
    year: int,
    *,
    codes: Iterable[str] | None = None,
    upto: int | None = None,
) -> dict[int, Known]:
    """Give the same with the source of each value, if wanted as it was known up to a statement."""
    found: dict[int, Known] = defaultdict(Known)
    rows = db.session.connection().execute(
        _FACTS,
        {
            "enterprise_ids": list(enterprise_ids),
            "year": year,
            "codes": None if codes is None else sorted(set(codes)),
            "upto": upto,
        },
    )
    for enterprise_id, of_year, code, number, text, source in rows:
        value = value_of(code, number, text)
        if value is not None:
            name = code, year - of_year
            found[enterprise_id].values[name] = value
            found[enterprise_id].sources[name] = source
    return found


def newest_statement() -> int:
    """Give the id of the last statement there is; 0 before the first."""
    return db.session.scalar(sa.select(sa.func.max(Fact.id))) or 0


def value_of(code: str, number: Decimal | None, text: str | None) -> Value | None:
    """Read a row's value by its kind; a kind that is no more has none."""
    kind = KINDS.get(code)
    if kind is None:
        return None
    if number is not None:
        return number
    return text == "yes" if kind.type is FactType.YESNO else text


def statements_of(
    enterprise_id: int, years: Iterable[int], *, code: str | None = None
) -> dict[tuple[str, int], list[Any]]:
    """List all that was said of an enterprise in some years, by code and year, oldest first."""
    query = (
        sa.select(Fact)
        .where(Fact.enterprise_id == enterprise_id, Fact.year.in_(sorted(years)))
        .order_by(Fact.id)
    )
    if code is not None:
        query = query.where(Fact.code == code)
    found: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for fact in db.session.scalars(query):
        found[fact.code, fact.year].append(fact)
    return found


def files_of(
    enterprise_id: int, years: Iterable[int], *, code: str | None = None
) -> dict[tuple[str, int], list[FactFile]]:
    """List the files that prove an enterprise's figures of some years, by code and year, the oldest
    first.
    """
    query = (
        sa.select(FactFile, Fact.code, Fact.year)
        .join(Fact, Fact.id == FactFile.fact_id)
        .where(FactFile.enterprise_id == enterprise_id, Fact.year.in_(sorted(years)))
        .order_by(FactFile.id)
    )
    if code is not None:
        query = query.where(Fact.code == code)
    found: dict[tuple[str, int], list[FactFile]] = defaultdict(list)
    for row in db.session.execute(query):
        found[row.code, row.year].append(row.FactFile)
    return found


def standing_of(facts: Iterable[Any]) -> Standing | None:
    """Say what counts of the rows about one fact, and what stands against it."""
    return settle(
        Statement(fact.id, Source(fact.source), value)
        for fact in facts
        if (value := value_of(fact.code, fact.number, fact.value_code)) is not None
    )


def open_conflicts(*, after_id: int, size: int) -> Sequence[Any]:
    """List some of the facts that sources say differently and nobody has decided, by id."""
    return db.session.execute(
        sa.select(
            FactConflict.id,
            FactConflict.enterprise_id,
            FactConflict.year,
            FactConflict.code,
            FactConflict.since,
            Enterprise.name_en,
            Enterprise.name_zh,
        )
        .join(Enterprise, Enterprise.id == FactConflict.enterprise_id)
        .where(FactConflict.id > after_id)
        .order_by(FactConflict.id)
        .limit(size)
    ).all()


def count_conflicts() -> int:
    """Count the facts in conflict, as far as a thousand."""
    some = sa.select(FactConflict.id).limit(1_000).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def conflicts_of(enterprise_id: int) -> set[tuple[str, int]]:
    """Give the facts of an enterprise that are in conflict, by code and year."""
    rows = db.session.execute(
        sa.select(FactConflict.code, FactConflict.year).where(
            FactConflict.enterprise_id == enterprise_id
        )
    )
    return {(row.code, row.year) for row in rows}
