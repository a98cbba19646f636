"""Reads tickets as the API shows them: one statement for a page of them, and what each reader may
not know left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import INSTITUTION_ROLES, Actor
from service_portal.access.policy import is_only_offered
from service_portal.api.answers import both, stamp
from service_portal.catalogue import queries as catalogue
from service_portal.directory.models import Enterprise, Institution, Member, Park, Station
from service_portal.directory.queries import Named
from service_portal.kernel.clock import now
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.errors import Refused
from service_portal.tickets.lists import found_among_all
from service_portal.tickets.models import Ticket
from service_portal.tickets.visibility import visible_to
from service_portal.web.paging import before

_SHOWN = (
    Ticket.id,
    Ticket.reference,
    Ticket.title,
    Ticket.status,
    Ticket.urgent,
    Ticket.service_code,
    Ticket.service_version_id,
    Ticket.category_code,
    Ticket.light,
    Ticket.filed_at,
    Ticket.resolve_due_at,
    Ticket.accepted_at,
    Ticket.first_contact_at,
    Ticket.answered_at,
    Ticket.closed_at,
    Ticket.last_word_at,
    Ticket.last_word_by,
    Ticket.next_due_at,
    Ticket.waiting_reason,
    Ticket.supervision_level,
    Ticket.station_id,
    Ticket.owner_id,
    Ticket.institution_id,
    Enterprise.uscc,
    Enterprise.name_en.label("enterprise_en"),
    Enterprise.name_zh.label("enterprise_zh"),
    Park.code.label("park"),
    Station.code.label("station"),
    Station.name_en.label("station_en"),
    Station.name_zh.label("station_zh"),
    Member.name_en.label("owner_en"),
    Member.name_zh.label("owner_zh"),
    Institution.name_en.label("institution_en"),
    Institution.name_zh.label("institution_zh"),
)

_MOMENTS = ("accepted_at", "first_contact_at", "answered_at", "closed_at", "last_word_at")


def rows_of(chosen: sa.Select[int]) -> Sequence[AnyRow]:
    """Read the tickets with these ids, newest first."""
    ids = chosen.subquery()
    query = (
        sa.select(*_SHOWN)
        .join(ids, ids.c.id == Ticket.id)
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .join(Park, Park.id == Ticket.park_id)
        .outerjoin(Station, Station.id == Ticket.station_id)
        .outerjoin(Member, Member.id == Ticket.owner_id)
        .outerjoin(Institution, Institution.id == Ticket.institution_id)
        .order_by(Ticket.id.desc())
    )
    return db.session.execute(query).all()


def found(actor: Actor, wanted: dict[str, Any], *, station_id: int | None) -> Sequence[AnyRow]:
    """Read one more ticket than the page holds, of those the actor may list, newest first."""
    where = [visible_to(actor)]
    exact: list[tuple[Any, Any]] = [
        (Ticket.service_code, wanted["service"].upper() or None),
        (Ticket.category_code, wanted["category"].upper() or None),
        (Ticket.station_id, station_id),
        (Ticket.institution_id, wanted["institution"]),
        (Ticket.urgent, wanted["urgent"]),
    ]
    where += [column == value for column, value in exact if value is not None]
    if wanted["status"]:
        where.append(Ticket.status.in_(wanted["status"]))
    if wanted["since"]:
        where.append(Ticket.filed_at >= wanted["since"])
    if wanted["until"]:
        where.append(Ticket.filed_at < wanted["until"])
    if wanted["late"] is not None:
        where.append((Ticket.light == 2) == wanted["late"])
    words = found_among_all(wanted["q"], now=now())
    if words is not None:
        where.append(words)
    if wanted["cursor"]:
        where.append(before([Ticket.id], wanted["cursor"]))
    return rows_of(
        sa.select(Ticket.id).where(*where).order_by(Ticket.id.desc()).limit(wanted["limit"] + 1)
    )


def ticket_shape(row: AnyRow, actor: Actor) -> dict[str, Any]:
    """Write a ticket as a line of a list.

    Institutions do not learn of each other, nor of social credit codes; marks for staff stay
    with staff. Of a ticket that is merely offered, an institution reads what the offer shows.
    """
    institution = actor.role in INSTITUTION_ROLES
    offered = is_only_offered(actor, row.institution_id)
    for_staff = actor.enterprise_id is None and not institution
    name = catalogue.definition(row.service_version_id).name
    named = not institution or row.institution_id == actor.institution_id
    return {
        "reference": row.reference,
        "title": row.title,
        "status": row.status,
        "urgent": row.urgent,
        "service": {"code": row.service_code, "name": {"en": name.en, "zh": name.zh}},
        "category": row.category_code,
        "enterprise": {"uscc": None if institution else row.uscc, "name": both(row, "enterprise")},
        "park": row.park,
        "station": (
            {"id": row.station_id, "code": row.station, "name": both(row, "station")}
            if row.station_id and not offered
            else None
        ),
        "owner": (
            {"id": row.owner_id, "name": both(row, "owner")}
            if row.owner_id and not offered
            else None
        ),
        "institution": (
            {"id": row.institution_id, "name": both(row, "institution")}
            if row.institution_id and named
            else None
        ),
        "light": row.light,
        "filed_at": stamp(row.filed_at),
        "promised_at": stamp(row.resolve_due_at),
        **{name: None if offered else stamp(getattr(row, name)) for name in _MOMENTS},
        "last_word_by": None if offered else row.last_word_by,
        "next_due_at": stamp(row.next_due_at) if for_staff else None,
        "waiting_reason": row.waiting_reason if for_staff else None,
        "supervision_level": row.supervision_level if for_staff else None,
        "href": f"/api/v1/tickets/{row.reference}",
    }


def id_among(known: Sequence[Named], text: str, *, field: str) -> int | None:
    """Give the id of the one that is meant by its code or id, None when nothing is said; refuses
    what is not among them.
    """
    if not text:
        return None
    for one in known:
        if text.upper() == one.code.upper() or text == str(one.id):
            return one.id
    raise Refused(
        _("Choose from: %(choices)s.", choices=", ".join(one.code for one in known)), field=field
    )
