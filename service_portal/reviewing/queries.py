"""Counts from the rollups. The lines behind each of them are read by `lines.py`.

The same functions serve page, CSV, XLSX and API.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.access.policy import Scope, scope_of
from service_portal.catalogue.models import Category, Service
from service_portal.directory.models import Enterprise, Institution, Park, Station
from service_portal.kernel.db import AnyRow, db
from service_portal.ledger.models import UsageEnterpriseMonth, UsageExcludedMonth, UsageMonth
from service_portal.tickets.predicates import IS_OPEN


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of the usage is meant: months from and to (both included) and filters."""

    first: date
    last: date
    station_id: int | None = None
    institution_id: int | None = None
    park_id: int | None = None
    category_code: str | None = None


def narrowed(actor: Actor, wanted: Slice) -> Slice:
    """Keep to what the actor may count: a lead their station, an institution its own lines."""
    scope = scope_of(actor, Permission.COUNTS_READ)
    if scope is Scope.ZONE:
        return wanted
    station_id, institution_id = wanted.station_id, wanted.institution_id
    if scope is Scope.STATION:
        station_id = actor.station_id or -1
    elif scope is Scope.SHARE:
        institution_id = actor.institution_id or -1
    else:
        station_id = -1
    return Slice(
        wanted.first, wanted.last, station_id, institution_id, wanted.park_id, wanted.category_code
    )


def _where(model: Any, part: Slice) -> list[sa.ColumnElement[bool]]:
    where = [model.month >= part.first, model.month <= part.last]
    for name in ("station_id", "institution_id", "park_id", "category_code"):
        value = getattr(part, name)
        if value is not None:
            where.append(getattr(model, name) == value)
    return where


def totals(
    part: Slice, months: Sequence[Month], *, enterprises: int | None = None
) -> dict[str, int]:
    """Give the counts of a slice: the sums of its months, and how many enterprises were served,
    which months can't be added up to and which is read unless it is known.
    """
    enterprises = _served(part) if enterprises is None else enterprises
    return {
        "enterprises": enterprises,
        **{
            name: sum(getattr(month, name) for month in months)
            for name in ("cases", "events", "minutes", "persons")
        },
    }


def _served(part: Slice) -> int:
    served = (
        sa.select(UsageEnterpriseMonth.enterprise_id)
        .where(*_where(UsageEnterpriseMonth, part))
        .group_by(UsageEnterpriseMonth.enterprise_id)
        .having(sa.func.sum(UsageEnterpriseMonth.events) > 0)
    )
    return db.session.scalar(sa.select(sa.func.count()).select_from(served.subquery())) or 0


def excluded(part: Slice) -> int:
    """Count the contacts of a slice that were recorded but do not count."""
    return int(
        db.session.scalar(
            sa.select(sa.func.sum(UsageExcludedMonth.contacts)).where(
                *_where(UsageExcludedMonth, part)
            )
        )
        or 0
    )


_KEYS: dict[str, tuple[Any, Any, Any]] = {
    "station": (UsageMonth.station_id, Station, Station.id),
    "institution": (UsageMonth.institution_id, Institution, Institution.id),
    "category": (UsageMonth.category_code, Category, Category.code),
    "service": (UsageMonth.service_code, Service, Service.code),
    "park": (UsageMonth.park_id, Park, Park.id),
}
_SUMS = ("events", "cases", "minutes")


class Month(NamedTuple):
    """The sums of one month; both names are its number, such as 2026-11."""

    key: date
    name_en: str
    name_zh: str
    events: int
    cases: int
    minutes: int
    persons: int


def by_month(part: Slice) -> list[Month]:
    """Sum a slice by month, in order."""
    sums = [sa.func.sum(getattr(UsageMonth, name)).label(name) for name in (*_SUMS, "persons")]
    query = (
        sa.select(UsageMonth.month, *sums)
        .where(*_where(UsageMonth, part))
        .group_by(UsageMonth.month)
        .order_by(UsageMonth.month)
    )
    return [_month(row) for row in db.session.execute(query)]


def _month(row: AnyRow) -> Month:
    return Month(
        row.month,
        f"{row.month:%Y-%m}",
        f"{row.month:%Y-%m}",
        int(row.events),
        int(row.cases),
        int(row.minutes),
        int(row.persons),
    )


def grouped(part: Slice, by: str) -> Sequence[Any]:
    """Sum a slice by station, institution, category, service, enterprise, park or month, whole;
    largest first, months in order.

    Rows have key, name_en, name_zh, events, cases, minutes. `institution` 0 is the stations
    themselves.
    """
    if by == "month":
        return by_month(part)
    if by == "enterprise":
        inner = _by_enterprise(part).subquery()
        return db.session.execute(_named(inner, Enterprise, Enterprise.id)).all()
    key, target, target_key = _KEYS[by]
    sums = [sa.func.sum(getattr(UsageMonth, name)).label(name) for name in _SUMS]
    inner = (
        sa.select(key.label("key"), *sums).where(*_where(UsageMonth, part)).group_by(key).subquery()
    )
    return db.session.execute(_named(inner, target, target_key).where(_anything(inner))).all()


def _by_enterprise(part: Slice) -> sa.Select[*tuple[Any, ...]]:
    """Sum by enterprise, with how many there are (`of`) and how many of them were served beside
    each.
    """
    key = UsageEnterpriseMonth.enterprise_id
    sums = {name: sa.func.sum(getattr(UsageEnterpriseMonth, name)) for name in _SUMS}
    return (
        sa.select(
            key.label("key"),
            *(value.label(name) for name, value in sums.items()),
            sa.func.count().over().label("of"),
            sa.func.sum(sa.case((sums["events"] > 0, 1), else_=0)).over().label("served"),
        )
        .where(*_where(UsageEnterpriseMonth, part))
        .group_by(key)
        .having(sa.or_(*(value != 0 for value in sums.values())))
    )


def enterprises(part: Slice, *, after: Sequence[int] | None, size: int) -> Sequence[AnyRow]:
    """Read one more than `size` rows of a slice by enterprise, largest first; `after` is the events
    and key of the row before.

    Each row also has `of` and `served`: how many enterprises there are in the slice, and how many
    were served.
    """
    inner = _by_enterprise(part).subquery()
    named = _named(inner, Enterprise, Enterprise.id, inner.c.of, inner.c.served)
    if after is not None:
        events, key = after
        named = named.where(
            sa.or_(inner.c.events < events, sa.and_(inner.c.events == events, inner.c.key > key))
        )
    return db.session.execute(named.limit(size + 1)).all()


def with_months(part: Slice, by: str) -> tuple[Sequence[Any], list[Month]]:
    """Give the rows of `grouped` and of `by_month`, in one reading of the rollup that both come
    from.

    Not by enterprise, which has a rollup of its own and more rows than a page.
    """
    if by == "month":
        months = by_month(part)
        return months, months
    key, target, target_key = _KEYS[by]
    month = UsageMonth.month
    sums = [sa.func.sum(getattr(UsageMonth, name)).label(name) for name in (*_SUMS, "persons")]
    sets = sa.func.grouping_sets(sa.tuple_(key), sa.tuple_(month))
    inner = (
        sa.select(key.label("key"), month.label("month"), *sums)
        .where(*_where(UsageMonth, part))
        .group_by(sets)
        .subquery()
    )
    rows = db.session.execute(
        _named(inner, target, target_key, inner.c.month, inner.c.persons).where(
            sa.or_(inner.c.month.is_not(None), _anything(inner))
        )
    ).all()
    return [row for row in rows if row.month is None], sorted(
        _month(row) for row in rows if row.month is not None
    )


def _anything(inner: sa.Subquery) -> sa.ColumnElement[bool]:
    return sa.or_(*(inner.c[name] != 0 for name in _SUMS))


def _named(
    inner: sa.Subquery, target: Any, target_key: Any, *more: Any
) -> sa.Select[*tuple[Any, ...]]:
    name_en = sa.func.coalesce(target.name_en, "(stations themselves)")
    name_zh = sa.func.coalesce(target.name_zh, "（服务站自办）")
    return (
        sa.select(
            inner.c.key,
            name_en.label("name_en"),
            name_zh.label("name_zh"),
            *(inner.c[name] for name in _SUMS),
            *more,
        )
        .outerjoin(target, target_key == inner.c.key)
        .order_by(inner.c.events.desc(), inner.c.key)
    )


_NOW = sa.text(f"""
    SELECT count(*) FILTER (WHERE light = 2) AS late, count(*) FILTER (WHERE light = 1) AS near,
        count(*) FILTER (WHERE status = 'on_hold') AS on_hold, count(*)
            FILTER (WHERE waiting_reason IS NOT NULL) AS stuck, count(*) AS open
    FROM ticket WHERE {IS_OPEN}
      AND (CAST(:station AS bigint) IS NULL OR station_id = :station)
          AND (CAST(:institution AS bigint) IS NULL OR coalesce(institution_id, 0) = :institution)
""")


def now_open(part: Slice) -> AnyRow:
    """Count the open tickets of a slice's station and institution by how they stand now."""
    return db.session.execute(
        _NOW, {"station": part.station_id, "institution": part.institution_id}
    ).one()
