"""Reads what filing needs: the enterprise, earlier tickets like it, drafts, and the enterprise's
home.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

import sqlalchemy as sa
from flask import current_app

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.access.policy import can
from service_portal.catalogue.queries import definition
from service_portal.catalogue.rules import Promise
from service_portal.directory.models import Enterprise, Institution, Member, Park, Station
from service_portal.directory.queries import RECHECK_SECONDS
from service_portal.filing.rules import DUPLICATE_WINDOW, Earlier
from service_portal.kernel.db import AnyRow, at_once, db
from service_portal.kernel.errors import Missing
from service_portal.tickets.codes import Party, Purpose
from service_portal.tickets.models import (
    Attachment,
    Draft,
    Ticket,
    TimelineEntry,
)
from service_portal.tickets.predicates import IS_ON_BEHALF
from service_portal.tickets.queries import HELD_FOR, facts_with
from service_portal.tickets.rules import OPEN, WAITING_FOR_ENTERPRISE, Move, Status
from service_portal.tickets.search import search_tokens
from service_portal.tickets.visibility import visible_to
from service_portal.web.paging import before

MOST_KEPT = 2000


@dataclass(frozen=True, slots=True)
class EnterpriseFacts:
    """What a ticket takes over from its enterprise."""

    id: int
    name_en: str
    name_zh: str
    park_id: int
    park_code: str
    active: bool


_ENTERPRISE = sa.text("""
    SELECT e.id, e.name_en, e.name_zh, e.park_id, p.code, e.active
    FROM enterprise AS e JOIN park AS p ON p.id = e.park_id WHERE e.id = :id
""")


def enterprise_facts(enterprise_id: int) -> EnterpriseFacts:
    """Give the facts of an active enterprise, or raise Missing.

    Kept in the process and read again after a few seconds.
    """
    kept: dict[int, tuple[float, EnterpriseFacts]] = current_app.extensions.setdefault(
        "portal_enterprises", {}
    )
    known = kept.get(enterprise_id)
    if known is None or monotonic() - known[0] > RECHECK_SECONDS:
        row = db.session.execute(_ENTERPRISE, {"id": enterprise_id}).first()
        if row is None or not row.active:
            raise Missing()
        if len(kept) >= MOST_KEPT:
            kept.clear()
        known = kept[enterprise_id] = (monotonic(), EnterpriseFacts(*row))
    return known[1]


def promise_of(version_id: int, kind: str) -> Promise:
    """Give one promise of the version a ticket was filed with."""
    return definition(version_id).limits[kind]


# Built once: putting a statement together costs more than sending it.
_EARLIER = (
    sa.select(
        Ticket.id,
        Ticket.reference,
        Ticket.title,
        Ticket.description,
        Ticket.enterprise_id,
        Ticket.filed_by_id,
        Ticket.station_id,
        Ticket.former_station_ids,
        Ticket.owner_id,
        Ticket.channel,
    )
    .where(
        Ticket.enterprise_id == sa.bindparam("enterprise"),
        Ticket.service_code == sa.bindparam("service"),
        Ticket.filed_at >= sa.bindparam("since"),
        Ticket.status != Status.WITHDRAWN,
    )
    .order_by(Ticket.filed_at.desc())
    .limit(50)
)
THIS_DRAFT = (
    Draft.person_id == sa.bindparam("person"),
    Draft.enterprise_id == sa.bindparam("enterprise"),
    Draft.service_code == sa.bindparam("service"),
)
_DRAFT = sa.select(Draft).where(*THIS_DRAFT)


def earlier_tickets(
    enterprise_id: int, service_code: str, now: datetime, *, actor: Actor
) -> list[Earlier]:
    """List the tickets of the same enterprise and service of the last 30 days, newest first."""
    since = now - DUPLICATE_WINDOW
    rows = at_once(_EARLIER, {"enterprise": enterprise_id, "service": service_code, "since": since})
    return [
        Earlier(
            row.id,
            row.reference,
            row.title,
            frozenset(search_tokens(row.title, row.description)),
            readable=can(actor, Permission.TICKET_VIEW, facts_with(row, {})),
        )
        for row in rows
    ]


def draft_of(actor: Actor, enterprise_id: int, service_code: str) -> Draft | None:
    """Give the actor's draft for a service, if there is one."""
    return db.session.scalar(
        _DRAFT, {"person": actor.person_id, "enterprise": enterprise_id, "service": service_code}
    )


def drafts_of(actor: Actor) -> Sequence[Draft]:
    """List the actor's drafts for their enterprise, newest first."""
    return db.session.scalars(
        sa.select(Draft)
        .where(Draft.person_id == actor.person_id, Draft.enterprise_id == actor.enterprise_id)
        .order_by(Draft.updated_at.desc())
    ).all()


def draft_files(draft_id: int) -> Sequence[Attachment]:
    """List the files already uploaded to a draft."""
    return db.session.scalars(
        sa.select(Attachment).where(Attachment.draft_id == draft_id).order_by(Attachment.id)
    ).all()


def request_files(ticket_id: int) -> Sequence[Attachment]:
    """List the files that came with a request."""
    return db.session.scalars(
        sa.select(Attachment)
        .where(Attachment.ticket_id == ticket_id, Attachment.purpose == Purpose.REQUEST)
        .order_by(Attachment.id)
    ).all()


_LINE = (
    Ticket.id,
    Ticket.reference,
    Ticket.title,
    Ticket.service_code,
    Ticket.status,
    Ticket.light,
    Ticket.resolve_due_at,
    Ticket.filed_at,
    Ticket.closed_at,
    Ticket.last_word_by,
    Ticket.last_word_at,
    Ticket.cycle,
    sa.case((Ticket.status == Status.ON_HOLD, HELD_FOR)).label("held_for"),
    Station.name_en.label("station_en"),
    Station.name_zh.label("station_zh"),
    Institution.name_en.label("institution_en"),
    Institution.name_zh.label("institution_zh"),
    Member.name_en.label("owner_en"),
    Member.name_zh.label("owner_zh"),
)


def _lines(actor: Actor) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(*_LINE)
        .outerjoin(Station, Station.id == Ticket.station_id)
        .outerjoin(Institution, Institution.id == Ticket.institution_id)
        .outerjoin(Member, Member.id == Ticket.owner_id)
        .where(visible_to(actor))
    )


def open_tickets(actor: Actor, *, cursor: list[Any] | None, size: int) -> Sequence[AnyRow]:
    """Read one more than `size` of the actor's open tickets, newest first."""
    query = _lines(actor).where(Ticket.status.in_(OPEN)).order_by(Ticket.id.desc())
    if cursor:
        query = query.where(before([Ticket.id], cursor))
    return db.session.execute(query.limit(size + 1)).all()


def done_tickets(actor: Actor, *, cursor: list[Any] | None, size: int) -> Sequence[AnyRow]:
    """Read one more than `size` ended tickets, newest first."""
    query = (
        _lines(actor).where(Ticket.status.not_in(OPEN)).order_by(Ticket.id.desc()).limit(size + 1)
    )
    if cursor:
        query = query.where(before([Ticket.id], cursor))
    return db.session.execute(query).all()


def waits_for_enterprise(row: Any) -> bool:
    """Say whether the next act on a ticket is the enterprise's."""
    return row.status in WAITING_FOR_ENTERPRISE or row.held_for == Party.ENTERPRISE


# Words stand for the channels where an index of few rows is meant, which no parameter would find.
_FILED_LATELY = (
    sa.select(
        Ticket.id,
        Ticket.reference,
        Ticket.title,
        Ticket.status,
        Ticket.filed_at,
        Enterprise.name_en.label("enterprise_en"),
        Enterprise.name_zh.label("enterprise_zh"),
    )
    .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
    .where(Ticket.filed_by_id == sa.bindparam("person"), sa.text(IS_ON_BEHALF.of("ticket")))
    .order_by(Ticket.id.desc())
    .limit(10)
)


def filed_lately(actor: Actor) -> Sequence[AnyRow]:
    """List what the actor filed for enterprises at the desk, the newest ten."""
    return db.session.execute(_FILED_LATELY, {"person": actor.person_id}).all()


def find_enterprises(text: str, *, size: int) -> Sequence[AnyRow]:
    """Find one more than `size` enterprises by a part of their name in either language or of their
    code.
    """
    part = f"%{text.strip().lower()}%"
    return db.session.execute(
        sa.select(
            Enterprise.id,
            Enterprise.uscc,
            Enterprise.name_en,
            Enterprise.name_zh,
            Park.name_en.label("park_en"),
            Park.name_zh.label("park_zh"),
        )
        .join(Park, Park.id == Enterprise.park_id)
        .where(
            Enterprise.active,
            sa.or_(
                (Enterprise.name_zh + " " + sa.func.lower(Enterprise.name_en)).like(part),
                Enterprise.uscc.like(part.upper()),
            ),
        )
        .order_by(Enterprise.sort_key, Enterprise.id)
        .limit(size + 1)
    ).all()


def what_was_asked(ticket_id: int) -> str:
    """Give the words with which a request was last sent back."""
    query = (
        sa.select(TimelineEntry.data)
        .where(TimelineEntry.ticket_id == ticket_id, TimelineEntry.kind == Move.RETURN)
        .order_by(TimelineEntry.id.desc())
        .limit(1)
    )
    return str((db.session.scalar(query) or {}).get("words", ""))
