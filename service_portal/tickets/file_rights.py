"""Who may open a file."""

from __future__ import annotations

from service_portal.access.actor import Actor, Role
from service_portal.access.permissions import Permission
from service_portal.access.policy import Scope, scope_of
from service_portal.folders import brought
from service_portal.kernel.db import db
from service_portal.tickets.codes import Audience
from service_portal.tickets.models import Attachment, ServiceEvent
from service_portal.tickets.own_part import is_of_another
from service_portal.tickets.queries import Seen, see_ticket


def may_open(file: Attachment, *, actor: Actor) -> bool:
    """Say whether somebody may open a file: one of their own draft, evidence of a line of the
    ledger that they may read, or one of a ticket where they read what was said and attached.

    Raises Missing where they do not see its ticket.
    """
    if file.ticket_id is None:
        return file.uploaded_by_id == actor.person_id
    return _proves_a_line(file, actor=actor) or _may_read(
        see_ticket(file.ticket_id, actor=actor), file
    )


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
