"""The lines behind the counts: entries of the ledger, and contacts that do not count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from service_portal.directory.models import Enterprise, Institution, Station
from service_portal.kernel.db import AnyRow, db
from service_portal.ledger.models import Measure, UsageEntry
from service_portal.reviewing.queries import Slice
from service_portal.tickets.models import Attachment, ServiceEvent, Ticket

_correction = sa.orm.aliased(UsageEntry)


def entries(
    part: Slice,
    *,
    service_code: str | None,
    enterprise_id: int | None,
    measure: str | None,
    after_seq: int | None,
    size: int,
) -> Sequence[AnyRow]:
    """Read one more than `size` ledger lines of a slice, newest first,
    with the ticket behind each.
    """
    where = _where_entries(part)
    if service_code:
        where.append(UsageEntry.service_code == service_code)
    if enterprise_id is not None:
        where.append(UsageEntry.enterprise_id == enterprise_id)
    if measure in set(Measure):
        where.append(UsageEntry.measure == measure)
    if after_seq is not None:
        where.append(UsageEntry.seq < after_seq)
    return db.session.execute(
        sa.select(
            UsageEntry.service_event_id,
            UsageEntry.seq,
            UsageEntry.day,
            UsageEntry.measure,
            UsageEntry.quantity,
            UsageEntry.minutes,
            UsageEntry.ticket_id,
            UsageEntry.service_code,
            UsageEntry.reverses,
            UsageEntry.reason,
            _correction.seq.label("corrected_by"),
            Ticket.reference,
            Ticket.title,
            Enterprise.name_en.label("enterprise_en"),
            Enterprise.name_zh.label("enterprise_zh"),
            Enterprise.uscc,
            Station.name_en.label("station_en"),
            Station.name_zh.label("station_zh"),
            Institution.name_en.label("institution_en"),
            Institution.name_zh.label("institution_zh"),
            ServiceEvent.channel,
            ServiceEvent.summary,
            ServiceEvent.evidence_note,
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
    ).all()


def evidence_files(rows: Sequence[AnyRow]) -> dict[int, list[AnyRow]]:
    """Read the files that prove the contacts behind some lines, by contact."""
    contacts = {row.service_event_id for row in rows if row.service_event_id is not None}
    found: dict[int, list[AnyRow]] = {}
    if contacts:
        files = sa.select(Attachment.service_event_id, Attachment.id, Attachment.file_name)
        files = files.where(Attachment.service_event_id.in_(contacts)).order_by(Attachment.id)
        for file in db.session.execute(files):
            found.setdefault(file.service_event_id, []).append(file)
    return found


def _where_entries(part: Slice) -> list[sa.ColumnElement[bool]]:
    where = [UsageEntry.month >= part.first, UsageEntry.month <= part.last]
    if part.station_id is not None:
        where.append(UsageEntry.station_id == part.station_id)
    if part.institution_id is not None:
        where.append(
            UsageEntry.institution_id.is_(None)
            if part.institution_id == 0
            else UsageEntry.institution_id == part.institution_id
        )
    if part.park_id is not None:
        where.append(UsageEntry.park_id == part.park_id)
    if part.category_code is not None:
        where.append(UsageEntry.category_code == part.category_code)
    return where


def _where_excluded(part: Slice) -> list[sa.ColumnElement[bool]]:
    where = [
        ServiceEvent.day >= part.first,
        ServiceEvent.day < _after(part.last),
        ~ServiceEvent.countable,
    ]
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
            ServiceEvent.id.label("seq"),
            ServiceEvent.id.label("service_event_id"),
            ServiceEvent.day,
            ServiceEvent.channel,
            ServiceEvent.summary,
            ServiceEvent.evidence_note,
            ServiceEvent.not_countable_reason,
            ServiceEvent.ticket_id,
            Ticket.reference,
            Ticket.service_code,
            Enterprise.name_en.label("enterprise_en"),
            Enterprise.name_zh.label("enterprise_zh"),
            Station.name_en.label("station_en"),
            Station.name_zh.label("station_zh"),
            Institution.name_en.label("institution_en"),
            Institution.name_zh.label("institution_zh"),
        )
        .join(Ticket, Ticket.id == ServiceEvent.ticket_id)
        .join(Enterprise, Enterprise.id == ServiceEvent.enterprise_id)
        .join(Station, Station.id == ServiceEvent.station_id)
        .outerjoin(Institution, Institution.id == ServiceEvent.institution_id)
        .where(*where)
        .order_by(ServiceEvent.id.desc())
        .limit(size + 1)
    ).all()


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
