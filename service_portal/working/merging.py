"""Merging: a duplicate goes on in another request of the same enterprise."""

from __future__ import annotations

from datetime import datetime

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketMerged
from service_portal.kernel.db import db
from service_portal.kernel.errors import Forbidden, Missing, Refused
from service_portal.tickets.clocks import cancel_clocks
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.models import Ticket
from service_portal.tickets.queries import id_of_reference, lock_ticket, see_ticket
from service_portal.tickets.rules import OPEN, Move
from service_portal.tickets.services import add_entry, advance
from service_portal.web.translations import gettext as _
from service_portal.working.services import let_go


def merge_ticket(*, actor: Actor, ticket_id: int, into: str, now: datetime) -> Ticket:
    """Merge a duplicate into another open ticket of the same enterprise, named by its reference: it
    ends there, and nothing of it counts.

    Both timelines say so. Locked in the order of their ids, as everywhere.
    """
    nothing = Refused(
        _("There is no other open request of this enterprise with that reference."), field="into"
    )
    try:
        into_id = id_of_reference(into)
        locked = {
            one: lock_ticket(one, actor=actor, permission=Permission.TICKET_ACCEPT).ticket
            for one in sorted({ticket_id, into_id})
        }
    except (Missing, Forbidden) as unfit:
        see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ACCEPT)
        raise nothing from unfit
    ticket, master = locked[ticket_id], locked[into_id]
    if (
        master.id == ticket.id
        or master.enterprise_id != ticket.enterprise_id
        or master.status not in OPEN
    ):
        raise nothing
    event = TicketMerged(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id, into_id=master.id)
    advance(
        ticket,
        Move.MERGE,
        actor=actor,
        now=now,
        event=event,
        data={"into_id": master.id, "into": master.reference},
    )
    ticket.merged_into_id = master.id
    cancel_clocks(ticket, now=now)
    let_go(ticket, now=now)
    add_entry(
        master,
        kind=EntryKind.MERGE_IN,
        actor=actor,
        now=now,
        data={"from_id": ticket.id, "from": ticket.reference},
    )
    db.session.flush()
    return ticket
