"""Counts from the rollups, and the ledger lines behind each of them. The same functions serve page, CSV, XLSX and API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.access.policy import Scope, scope_of
from service_portal.catalogue.models import Category, Service
from service_portal.directory.models import Enterprise, Institution, Park, Station
from service_portal.kernel.db import AnyRow, db
from service_portal.ledger.models import UsageEnterpriseMonth, UsageEntry, UsageMonth
from service_portal.tickets.models import ServiceEvent, Ticket


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
    return Slice(wanted.first, wanted.last, station_id, institution_id, wanted.park_id, wanted.category_code)


def _where(model: Any, part: Slice) -> list[sa.ColumnElement[bool]]:
    where = [model.month >= part.first, model.month <= part.last]
    for name in ("station_id", "institution_id", "park_id", "category_code"):
        value = getattr(part, name)
        if value is not None:
            where.append(getattr(model, name) == value)
    return where


def totals(part: Slice) -> dict[str, int]:
    """Give the four counts of a slice."""
    sums = db.session.execute(
        sa.select(*(sa.func.coalesce(sa.func.sum(getattr(UsageMonth, name)), 0).label(name) for name in ("events", "cases", "minutes", "persons"))).where(*_where(UsageMonth, part))
    ).one()
    served = sa.select(UsageEnterpriseMonth.enterprise_id).where(*_where(UsageEnterpriseMonth, part)).group_by(UsageEnterpriseMonth.enterprise_id).having(sa.func.sum(UsageEnterpriseMonth.events) > 0)
    enterprises = db.session.scalar(sa.select(sa.func.count()).select_from(served.subquery())) or 0
    return {"enterprises": enterprises, "cases": int(sums.cases), "events": int(sums.events), "minutes": int(sums.minutes), "persons": int(sums.persons)}


def excluded(part: Slice) -> int:
    """Count the contacts of a slice that were recorded but do not count."""
    query = sa.select(sa.func.count()).select_from(ServiceEvent)
    if part.park_id is not None or part.category_code is not None:
        query = query.join(Ticket, Ticket.id == ServiceEvent.ticket_id)
    return db.session.scalar(query.where(*_where_excluded(part))) or 0


def _where_excluded(part: Slice) -> list[sa.ColumnElement[bool]]:
    where = [ServiceEvent.day >= part.first, ServiceEvent.day < _after(part.last), ~ServiceEvent.countable]
    if part.station_id is not None:
        where.append(ServiceEvent.station_id == part.station_id)
    if part.institution_id is not None:
        where.append(sa.func.coalesce(ServiceEvent.institution_id, 0) == part.institution_id)
    if part.park_id is not None:
        where.append(Ticket.park_id == part.park_id)
    if part.category_code is not None:
        where.append(Ticket.category_code == part.category_code)
    return where


def not_counted(part: Slice, *, after_id: int | None, size: int) -> Sequence[AnyRow]:
    """Read one more than `size` contacts that do not count, newest first, each with the reason."""
    where = _where_excluded(part)
    if after_id is not None:
        where.append(ServiceEvent.id < after_id)
    return db.session.execute(
        sa.select(
            ServiceEvent.id.label("seq"), ServiceEvent.day, ServiceEvent.channel, ServiceEvent.summary, ServiceEvent.evidence_note, ServiceEvent.not_countable_reason, ServiceEvent.ticket_id,
            Ticket.reference, Ticket.service_code, Enterprise.name_en.label("enterprise_en"), Enterprise.name_zh.label("enterprise_zh"),
            Station.name_en.label("station_en"), Station.name_zh.label("station_zh"), Institution.name_en.label("institution_en"), Institution.name_zh.label("institution_zh"),
        )
        .join(Ticket, Ticket.id == ServiceEvent.ticket_id)
        .join(Enterprise, Enterprise.id == ServiceEvent.enterprise_id)
        .join(Station, Station.id == ServiceEvent.station_id)
        .outerjoin(Institution, Institution.id == ServiceEvent.institution_id)
        .where(*where)
        .order_by(ServiceEvent.id.desc())
        .limit(size + 1)
    ).all()  # fmt: skip


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


_KEYS: dict[str, tuple[Any, Any, Any, Any]] = {
    "station": (UsageMonth.station_id, Station, Station.id, Station.position),
    "institution": (UsageMonth.institution_id, Institution, Institution.id, Institution.sort_key),
    "category": (UsageMonth.category_code, Category, Category.code, Category.position),
    "service": (UsageMonth.service_code, Service, Service.code, Service.code),
    "park": (UsageMonth.park_id, Park, Park.id, Park.id),
}


def grouped(part: Slice, by: str, *, most: int = 2000) -> Sequence[AnyRow]:
    """Sum a slice by station, institution, category, service, enterprise, park or month; largest first, months in order.

    Rows have key, name_en, name_zh, events, cases, minutes. `institution` 0 is the stations themselves.
    """
    model: Any
    key: Any
    if by == "enterprise":
        model, key = UsageEnterpriseMonth, UsageEnterpriseMonth.enterprise_id
    elif by == "month":
        model, key = UsageMonth, UsageMonth.month
    else:
        model, key = UsageMonth, _KEYS[by][0]
    sums = [sa.func.sum(getattr(model, name)).label(name) for name in ("events", "cases", "minutes")]
    inner = sa.select(key.label("key"), *sums).where(*_where(model, part)).group_by(key).subquery()
    shown = (inner.c.events, inner.c.cases, inner.c.minutes)
    if by == "month":
        text = sa.func.to_char(inner.c.key, "YYYY-MM")
        return db.session.execute(sa.select(inner.c.key, text.label("name_en"), text.label("name_zh"), *shown).order_by(inner.c.key)).all()
    target, target_key = (Enterprise, Enterprise.id) if by == "enterprise" else (_KEYS[by][1], _KEYS[by][2])
    name_en = sa.func.coalesce(target.name_en, "(stations themselves)")
    name_zh = sa.func.coalesce(target.name_zh, "（服务站自办）")
    query = (
        sa.select(inner.c.key, name_en.label("name_en"), name_zh.label("name_zh"), *shown)
        .outerjoin(target, target_key == inner.c.key)
        .where(sa.or_(inner.c.events != 0, inner.c.cases != 0, inner.c.minutes != 0))
        .order_by(inner.c.events.desc(), inner.c.key)
        .limit(most)
    )
    return db.session.execute(query).all()


_correction = sa.orm.aliased(UsageEntry)


def entries(part: Slice, *, service_code: str | None, enterprise_id: int | None, measure: str | None, after_seq: int | None, size: int) -> Sequence[AnyRow]:
    """Read one more than `size` ledger lines of a slice, newest first, with the ticket behind each."""
    where = _where_entries(part)
    if service_code:
        where.append(UsageEntry.service_code == service_code)
    if enterprise_id is not None:
        where.append(UsageEntry.enterprise_id == enterprise_id)
    if measure in {"event", "case"}:
        where.append(UsageEntry.measure == measure)
    if after_seq is not None:
        where.append(UsageEntry.seq < after_seq)
    return db.session.execute(
        sa.select(
            UsageEntry.seq, UsageEntry.day, UsageEntry.measure, UsageEntry.quantity, UsageEntry.minutes, UsageEntry.ticket_id, UsageEntry.service_code, UsageEntry.reverses, UsageEntry.reason, _correction.seq.label("corrected_by"),
            Ticket.reference, Ticket.title, Enterprise.name_en.label("enterprise_en"), Enterprise.name_zh.label("enterprise_zh"), Enterprise.uscc,
            Station.name_en.label("station_en"), Station.name_zh.label("station_zh"), Institution.name_en.label("institution_en"), Institution.name_zh.label("institution_zh"),
            ServiceEvent.channel, ServiceEvent.summary, ServiceEvent.evidence_note,
        )
        .join(Ticket, Ticket.id == UsageEntry.ticket_id)
        .join(Enterprise, Enterprise.id == UsageEntry.enterprise_id)
        .join(Station, Station.id == UsageEntry.station_id)
        .outerjoin(Institution, Institution.id == UsageEntry.institution_id)
        .outerjoin(ServiceEvent, ServiceEvent.id == UsageEntry.service_event_id)
        .outerjoin(_correction, _correction.reverses == UsageEntry.seq)
        .where(*where)
        .order_by(UsageEntry.seq.desc())
        .limit(size + 1)
    ).all()  # fmt: skip


def _where_entries(part: Slice) -> list[sa.ColumnElement[bool]]:
    where = [UsageEntry.month >= part.first, UsageEntry.month <= part.last]
    if part.station_id is not None:
        where.append(UsageEntry.station_id == part.station_id)
    if part.institution_id is not None:
        where.append(UsageEntry.institution_id.is_(None) if part.institution_id == 0 else UsageEntry.institution_id == part.institution_id)
    if part.park_id is not None:
        where.append(UsageEntry.park_id == part.park_id)
    if part.category_code is not None:
        where.append(UsageEntry.category_code == part.category_code)
    return where


_NOW = sa.text("""
    SELECT count(*) FILTER (WHERE light = 2) AS late, count(*) FILTER (WHERE light = 1) AS near,
        count(*) FILTER (WHERE status = 'on_hold') AS on_hold, count(*) FILTER (WHERE waiting_reason IS NOT NULL) AS stuck, count(*) AS open
    FROM ticket WHERE status IN ('submitted', 'returned', 'accepted', 'dispatched', 'in_progress', 'on_hold', 'answered')
      AND (CAST(:station AS bigint) IS NULL OR station_id = :station) AND (CAST(:institution AS bigint) IS NULL OR coalesce(institution_id, 0) = :institution)
""")


def now_open(part: Slice) -> AnyRow:
    """Count the open tickets of a slice's station and institution by how they stand now."""
    return db.session.execute(_NOW, {"station": part.station_id, "institution": part.institution_id}).one()
