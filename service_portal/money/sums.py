"""The sums of money, as of any day and as known at any day, from the rollup.

Every pair of days (when it happened, when it was booked) is in one row of a year, of a month and of
a day. What lies in whole years on both sides is read by year, what is left of it in whole months by
month, and the rest by day; so a sum costs the same however old the zone is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from service_portal.kernel.db import AnyRow, db
from service_portal.money.codes import Cut, MoneyKind
from service_portal.money.models import MoneyEntry
from service_portal.money.rules import Booked, Sums, add_up
from service_portal.money.slices import CUTS, Slice

MEASURES = tuple(one.name for one in fields(Sums))

_PARTS = """
    SELECT s.* FROM money_sum AS s
    WHERE s.span = 'year' AND s.cut = :cut AND s.starts_on < :year
        AND s.booked_from < :known_year AND {where}
    UNION ALL
    SELECT s.* FROM money_sum AS s
    WHERE s.span = 'month' AND s.cut = :cut AND s.starts_on < :month
        AND s.booked_from < :known_month AND {where}
        AND NOT (s.starts_on < :year AND s.booked_from < :known_year)
    UNION ALL
    SELECT s.* FROM money_sum AS s
    WHERE s.span = 'day' AND s.starts_on BETWEEN :month AND :day AND s.booked_from <= :known
        AND s.cut = :cut AND {where}
"""
_LATE_MONTHS = """
        UNION ALL
        SELECT date_trunc('month', s.starts_on)::date AS month, s.* FROM money_sum AS s
        WHERE s.span = 'day' AND s.starts_on >= :first AND s.starts_on < :month
            AND s.booked_from BETWEEN :known_month AND :known AND s.cut = :cut AND {where}
"""
# What happened in whole months and was booked in the month of knowing, up to its day.
_LATE = """
    UNION ALL
    SELECT s.* FROM money_sum AS s
    WHERE s.span = 'day' AND s.starts_on < :month
        AND s.booked_from BETWEEN :known_month AND :known AND s.cut = :cut AND {where}
"""
_SUMS = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in MEASURES)
_TOTAL = "SELECT {sums} FROM ({parts}) AS s"
_BY = "SELECT {column} AS key, {sums} FROM ({parts}) AS s GROUP BY 1 ORDER BY 1"
_BY_MONTH = "SELECT month, {sums} FROM ({parts}) AS s GROUP BY 1 ORDER BY 1"
_MONTHS = """
        SELECT date_trunc('month', s.starts_on)::date AS month, s.* FROM money_sum AS s
        WHERE s.span = 'month' AND s.starts_on >= :first AND s.starts_on < :month
            AND s.booked_from < :known_month AND s.cut = :cut AND {where}
        UNION ALL
        SELECT date_trunc('month', s.starts_on)::date AS month, s.* FROM money_sum AS s
        WHERE s.span = 'day' AND s.starts_on BETWEEN greatest(:month, :first) AND :day
            AND s.booked_from <= :known AND s.cut = :cut AND {where}
"""


def five_sums(as_of: date, known_at: date | None = None, **cuts: Any) -> Sums:
    """Give the sums of everything up to a day, as booked up to another, of a part if one is named
    by `institution_id`, `product_code`, `park_id`, `industry_key`, `stage_code` or
    `enterprise_id`.
    """
    return sums_of(Slice(as_of, known_at, **cuts))


def sums_of(part: Slice) -> Sums:
    """Give the sums of a slice."""
    if part.enterprise_id is not None:
        return add_up(_booked(part), as_of=part.as_of, known_at=part.known)
    row = db.session.execute(_statement(_TOTAL, part), _values(part, ())).one()
    return _read(row)


def sums_by(part: Slice, by: str) -> dict[Any, Sums]:
    """Give the sums of a slice by bank, product, park, industry or stage; they add up to those of
    the slice.
    """
    column = CUTS[by]
    if part.enterprise_id is not None:
        entries = _booked(part)
        keys = _keys_of(part, column)
        found = {
            key: add_up(
                [one for one in entries if keys[one.seq] == key],
                as_of=part.as_of,
                known_at=part.known,
            )
            for key in sorted(set(keys.values()))
        }
    else:
        rows = db.session.execute(_statement(_BY, part, column=column), _values(part, (by,)))
        found = {row.key: _read(row) for row in rows}
    return {key: sums for key, sums in found.items() if sums != Sums()}


def changes_by_month(part: Slice, first: date) -> dict[date, Sums]:
    """Give what changed in each month from `first` up to the slice's day; not of one enterprise."""
    rows = db.session.execute(
        _statement(_BY_MONTH, part, (_MONTHS, _LATE_MONTHS)), {**_values(part, ()), "first": first}
    )
    return {row.month: _read(row) for row in rows}


def _read(row: AnyRow) -> Sums:
    return Sums(**{name: int(getattr(row, name)) for name in MEASURES})


def _statement(
    pattern: str, part: Slice, parts: tuple[str, str] = (_PARTS, _LATE), **more: str
) -> sa.TextClause:
    where = " AND ".join(["true", *(f"s.{name} = :{name}" for name in part.cuts)])
    chosen = parts[0] + parts[1] if part.known_at else parts[0]
    return sa.text(pattern.format(sums=_SUMS, parts=chosen.format(where=where), **more))


def _values(part: Slice, by: tuple[str, ...]) -> Mapping[str, Any]:
    day, known = part.as_of, part.known
    return {
        **part.cuts,
        "cut": _cut(part, by),
        "day": day,
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
        "known": known,
        "known_month": known.replace(day=1),
        "known_year": known.replace(month=1, day=1),
    }


def _cut(part: Slice, by: tuple[str, ...]) -> Cut:
    """Choose the fewest sums that are cut by all that is asked for."""
    needed = {*by, *(name for name, column in CUTS.items() if column in part.cuts)}
    if len(needed) > 1:
        return Cut.EACH
    return Cut(needed.pop()) if needed else Cut.ALL


def _of_enterprise(part: Slice, *columns: Any) -> sa.Select[*tuple[Any, ...]]:
    where = [getattr(MoneyEntry, name) == value for name, value in part.cuts.items()]
    return sa.select(*columns).where(*where).order_by(MoneyEntry.seq)


def _booked(part: Slice) -> list[Booked]:
    columns = [getattr(MoneyEntry, one.name) for one in fields(Booked)]
    rows = db.session.execute(_of_enterprise(part, *columns))
    return [Booked(**{**row._mapping, "kind": MoneyKind(row.kind)}) for row in rows]


def _keys_of(part: Slice, column: str) -> dict[int, Any]:
    rows = db.session.execute(_of_enterprise(part, MoneyEntry.seq, getattr(MoneyEntry, column)))
    return {row[0]: row[1] for row in rows}
