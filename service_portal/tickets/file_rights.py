"""Who may open a file."""

from __future__ import annotations

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.access.permissions import Permission
from service_portal.access.policy import Scope, scope_of
from service_portal.folders import brought
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing
from service_portal.tickets.codes import Audience, Purpose
from service_portal.tickets.models import Attachment, ServiceEvent, Ticket
from service_portal.tickets.own_part import is_of_another
from service_portal.tickets.queries import Seen, see_ticket

# By the links of the request, which are few: no index finds its parts.
_LINKED = sa.select(sa.func.unnest(Ticket.linked_ids)).where(Ticket.id == sa.bindparam("first"))
_PARTS = sa.select(Ticket.id).where(
    Ticket.id.in_(_LINKED),
    Ticket.split_from_id == sa.bindparam("first"),
    Ticket.filed_at >= sa.bindparam("at"),
)


def may_open(file: Attachment, *, actor: Actor) -> bool:
    """Say whether somebody may open a file: one of their own draft, evidence of a line of the
    ledger that they may read, or one of a ticket where they read what was said and attached.

    Raises Missing where they do not see its ticket.
    """
    if file.ticket_id is None:
        return file.uploaded_by_id == actor.person_id
    return (
        _proves_a_line(file, actor=actor)
        or _came_with_what_was_split(file, actor=actor)
        or _may_read(see_ticket(file.ticket_id, actor=actor), file)
    )


def _came_with_what_was_split(file: Attachment, *, actor: Actor) -> bool:
    """Say whether a file had come with a request when a part was split off in which the actor reads
    what was said and attached.
    """
    if file.purpose != Purpose.REQUEST:
        return False
    parts = db.session.scalars(_PARTS, {"first": file.ticket_id, "at": file.at})
    return any(_reads(part_id, file, actor=actor) for part_id in parts.all())


def _reads(ticket_id: int, file: Attachment, *, actor: Actor) -> bool:
    try:
        return _may_read(see_ticket(ticket_id, actor=actor), file)
    except Missing:
        return False


def _may_read(seen: Seen, file: Attachment) -> bool:
    # Auditors judge acts, not contents.
    if seen.actor.role is Role.AUDITOR:
        return False
    if file.institution_id is None and seen.can(Permission.TICKET_CONVERSATION):
        internal = file.audience == Audience.INTERNAL
        may_read_all = not internal or seen.can(Permission.TICKET_DECISIONS)
        return may_read_all and not is_of_another(file, seen.actor)
    return any(opens(seen, file) for folder in brought() for opens in folder.opens)


def _proves_a_line(file: Attachment, *, actor: Actor) -> bool:
    """Say whether a file is evidence of a contact whose line in the ledger the actor may read."""
    if file.service_event_id is None:
        return False
    contact = db.session.get_one(ServiceEvent, file.service_event_id)
    scope = scope_of(actor, Permission.LEDGER_READ)
    if scope is Scope.STATION:
        return contact.station_id == actor.station_id
    if scope is Scope.SHARE:
        return contact.institution_id is not None and contact.institution_id == actor.institution_id
    return scope is Scope.ZONE
