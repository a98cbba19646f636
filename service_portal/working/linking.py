"""Linking: two tickets go together, and each names the other to whoever may read both."""

from __future__ import annotations

from datetime import datetime

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.kernel.db import db
from service_portal.kernel.errors import Forbidden, Missing, Refused
from service_portal.tickets.codes import EntryAudience, EntryKind
from service_portal.tickets.models import Ticket
from service_portal.tickets.queries import id_of_reference, lock_ticket, see_ticket
from service_portal.tickets.rules import MOST_LINKS
from service_portal.tickets.services import add_entry
from service_portal.web.translations import gettext as _


def link_ticket(*, actor: Actor, ticket_id: int, other: str, now: datetime) -> Ticket:
    """Link a ticket with another one that the actor may read, named by its reference.

    The staff's timelines of both say so. Nothing else of them changes, and nobody is told.
    """
    ticket, beside = _lock_both(actor=actor, ticket_id=ticket_id, other=other)
    if beside.id in ticket.linked_ids:
        raise Refused(_("These two are linked already."), field="other")
    if max(len(ticket.linked_ids), len(beside.linked_ids)) >= MOST_LINKS:
        sentence = _(
            "A ticket is linked with %(n)d others at most. Take one of its links away first.",
            n=MOST_LINKS,
        )
        raise Refused(sentence, field="other")
    for one, another in ((ticket, beside), (beside, ticket)):
        one.linked_ids = [*one.linked_ids, another.id]
        _note(EntryKind.LINK, one, another, actor=actor, now=now)
    db.session.flush()
    return ticket


def unlink_ticket(*, actor: Actor, ticket_id: int, other: str, now: datetime) -> Ticket:
    """Take the link of two tickets away again; the staff's timelines of both say so."""
    ticket, beside = _lock_both(actor=actor, ticket_id=ticket_id, other=other)
    if beside.id not in ticket.linked_ids:
        raise Refused(_("These two are not linked."), field="other")
    if ticket.id == beside.split_from_id or beside.id == ticket.split_from_id:
        raise Refused(_("One was split off the other; that stays."), field="other")
    for one, another in ((ticket, beside), (beside, ticket)):
        one.linked_ids = [known for known in one.linked_ids if known != another.id]
        _note(EntryKind.UNLINK, one, another, actor=actor, now=now)
    db.session.flush()
    return ticket


def _lock_both(*, actor: Actor, ticket_id: int, other: str) -> tuple[Ticket, Ticket]:
    """Lock two tickets in the order of their ids, as everywhere.

    One that the actor may not read is as one that is not there.
    """
    nothing = Refused(
        _("There is no other ticket of that reference that you can open."), field="other"
    )
    try:
        other_id = id_of_reference(other.strip())
        needed = {other_id: Permission.TICKET_VIEW, ticket_id: Permission.TICKET_LINK}
        locked = {
            one: lock_ticket(one, actor=actor, permission=needed[one]).ticket
            for one in sorted(needed)
        }
    except (Missing, Forbidden) as unfit:
        see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_LINK)
        raise nothing from unfit
    if other_id == ticket_id:
        raise nothing
    return locked[ticket_id], locked[other_id]


def _note(kind: EntryKind, ticket: Ticket, other: Ticket, *, actor: Actor, now: datetime) -> None:
    """Note it for the staff alone: whether the others may read the other one, only its own reader
    decides.
    """
    named = {"other_id": other.id, "other": other.reference}
    add_entry(ticket, kind=kind, actor=actor, now=now, data=named, audience=EntryAudience.STAFF)
