"""Reads what a duplicate could be merged into."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.kernel.db import AnyRow, db
from service_portal.tickets.models import Ticket
from service_portal.tickets.rules import OPEN
from service_portal.tickets.visibility import visible_to

MOST = 20


def twins_of(ticket: Ticket, *, actor: Actor) -> Sequence[AnyRow]:
    """List other open tickets of the same enterprise that the actor may merge into.

    Those of the same service come first, then the newest.
    """
    query = (
        sa.select(
            Ticket.reference, Ticket.title, Ticket.service_code, Ticket.status, Ticket.filed_at
        )
        .where(
            Ticket.enterprise_id == ticket.enterprise_id,
            Ticket.id != ticket.id,
            Ticket.status.in_(OPEN),
            visible_to(actor, Permission.TICKET_ACCEPT),
        )
        .order_by((Ticket.service_code == ticket.service_code).desc(), Ticket.id.desc())
        .limit(MOST)
    )
    return db.session.execute(query).all()
