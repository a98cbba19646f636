"""The rows behind every number of the finance pages, page by page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from service_portal.directory.models import Enterprise, Institution
from service_portal.kernel.db import AnyRow, db
from service_portal.money.codes import HIGHEST_BAND, NO_POINTS, MoneyKind
from service_portal.money.firms import lines_of
from service_portal.money.models import CreditLine, MoneyCorrection, MoneyEntry
from service_portal.money.queries import booked_of
from service_portal.money.rules import Sums, add_up
from service_portal.money.slices import Slice

# What the rows of a number are narrowed to, as a condition on the lines `l`.
FILTERS = {
    "valid": "l.opened_on <= :day AND l.ends_on > :day",
    "drew": "l.first_drawn_on <= :day",
    "first_time": "l.first_drawn_on <= :day AND l.first_time",
    "all": "l.opened_on <= :day",
}

_FIRMS = """
    SELECT l.enterprise_id AS id, count(*) AS lines, count(DISTINCT l.institution_id) AS banks
    FROM ({lines}) AS l WHERE {which} AND l.enterprise_id > :after
    GROUP BY 1 ORDER BY 1 LIMIT :size
"""
_LINES = """
    SELECT l.line_id AS id FROM ({lines}) AS l WHERE {which} AND l.line_id < :after
        AND (CAST(:firm AS bigint) IS NULL OR l.enterprise_id = :firm)
    ORDER BY 1 DESC LIMIT :size
"""


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line with what its entries say up to the slice's day."""

    line: Any
    sums: Sums


@dataclass(frozen=True, slots=True)
class FirmRow:
    """An enterprise with its number of lines and of the banks they are at."""

    firm: Any
    lines: int
    banks: int


def entries(
    part: Slice,
    *,
    kinds: Iterable[str] = (),
    first: date | None = None,
    reason: str | None = None,
    band: int | None = None,
    line_id: int | None = None,
    after_seq: int | None = None,
    size: int | None = None,
) -> Sequence[AnyRow]:
    """Read one more than `size` entries of a slice, newest first; all of them without a size.

    `band` are the points of the request, in tens as `bands_of` counts them.
    """
    reversal = sa.orm.aliased(MoneyEntry)
    waiting = sa.exists().where(
        MoneyCorrection.seq == MoneyEntry.seq, MoneyCorrection.decision.is_(None)
    )
    where: list[Any] = [MoneyEntry.day <= part.as_of, MoneyEntry.booked_on <= part.known]
    where += [getattr(MoneyEntry, name) == value for name, value in part.cuts.items()]
    if kinds := list(kinds):
        where.append(MoneyEntry.kind.in_(kinds))
    if first is not None:
        where.append(MoneyEntry.day >= first)
    if reason is not None:
        where.append(MoneyEntry.reason_code == reason)
    if band is not None:
        where.append(_in_band(band))
    if line_id is not None:
        where.append(MoneyEntry.line_id == line_id)
    if after_seq is not None:
        where.append(MoneyEntry.seq < after_seq)
    query = (
        sa.select(
            *MoneyEntry.__table__.c,
            Enterprise.name_en.label("enterprise_en"),
            Enterprise.name_zh.label("enterprise_zh"),
            Enterprise.uscc,
            Institution.name_en.label("institution_en"),
            Institution.name_zh.label("institution_zh"),
            sa.select(reversal.seq)
            .where(reversal.reverses == MoneyEntry.seq)
            .scalar_subquery()
            .label("taken_back_by"),
            waiting.label("waiting"),
        )
        .join(Enterprise, Enterprise.id == MoneyEntry.enterprise_id)
        .join(Institution, Institution.id == MoneyEntry.institution_id)
        .where(*where)
        .order_by(MoneyEntry.seq.desc())
    )
    return db.session.execute(query if size is None else query.limit(size + 1)).all()


def _in_band(band: int) -> sa.ColumnElement[bool]:
    points = MoneyEntry.points
    if band == NO_POINTS:
        return points.is_(None)
    from_here = points >= band * 10
    return from_here if band == HIGHEST_BAND else sa.and_(from_here, points < band * 10 + 10)


def lines(
    part: Slice, which: str, *, firm_id: int | None, after_id: int | None, size: int
) -> list[LineRow]:
    """Read one more than `size` lines of a slice, newest first, as they stood on its day."""
    ids = _ask(_LINES, part, which, after=after_id or 2**62, size=size + 1, firm=firm_id)
    found = [row.id for row in ids]
    rows = db.session.execute(
        sa.select(
            *CreditLine.__table__.c,
            Enterprise.name_en.label("enterprise_en"),
            Enterprise.name_zh.label("enterprise_zh"),
            Enterprise.uscc,
            Institution.name_en.label("institution_en"),
            Institution.name_zh.label("institution_zh"),
        )
        .join(Enterprise, Enterprise.id == CreditLine.enterprise_id)
        .join(Institution, Institution.id == CreditLine.institution_id)
        .where(CreditLine.id.in_(found))
        .order_by(CreditLine.id.desc())
    )
    of: dict[int | None, list[Any]] = defaultdict(list)
    for one in booked_of(found):
        of[one.line_id].append(one)
    return [LineRow(row, add_up(of[row.id], as_of=part.as_of, known_at=part.known)) for row in rows]


def firms(part: Slice, which: str, *, after_id: int | None, size: int) -> list[FirmRow]:
    """Read one more than `size` distinct enterprises of a slice, with how many lines each has at
    how many banks.
    """
    found = {row.id: row for row in _ask(_FIRMS, part, which, after=after_id or 0, size=size + 1)}
    rows = db.session.execute(
        sa.select(Enterprise.id, Enterprise.uscc, Enterprise.name_en, Enterprise.name_zh)
        .where(Enterprise.id.in_(list(found)))
        .order_by(Enterprise.id)
    )
    return [FirmRow(row, found[row.id].lines, found[row.id].banks) for row in rows]


def _ask(pattern: str, part: Slice, which: str, **values: Any) -> Sequence[AnyRow]:
    sql = pattern.format(lines=lines_of(part), which=FILTERS[which])
    said = {**part.cuts, "day": part.as_of, "known": part.known, **values}
    return db.session.execute(sa.text(sql), said).all()


def industry_names(keys: Iterable[str]) -> dict[str, AnyRow]:
    """Give the names of industries in both languages."""
    rows = db.session.execute(
        sa.text("""
            SELECT one.key, one.key AS name_en, e.industry_zh AS name_zh
            FROM unnest(CAST(:keys AS text[])) AS one(key)
            JOIN LATERAL (
                SELECT industry_zh FROM enterprise WHERE industry_en = one.key LIMIT 1
            ) AS e ON true
        """),
        {"keys": [key for key in keys if key]},
    )
    return {row.key: row for row in rows}


KINDS_OF = {
    "applied": (MoneyKind.APPLIED,),
    "approved": (MoneyKind.APPROVED,),
    "refused": (MoneyKind.REFUSED,),
    "answered": (MoneyKind.APPROVED, MoneyKind.REFUSED),
    "granted": (MoneyKind.APPROVED, MoneyKind.CHANGED),
    "drawn": (MoneyKind.DRAWN,),
    "outstanding": (MoneyKind.DRAWN, MoneyKind.REPAID),
    "repaid": (MoneyKind.REPAID,),
    "overdue": (MoneyKind.OVERDUE,),
    "non_performing": (MoneyKind.NON_PERFORMING,),
}
