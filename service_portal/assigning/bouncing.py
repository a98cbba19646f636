"""How often institutions let a case go, and when the lead decides."""

from __future__ import annotations

from datetime import datetime

from service_portal.access.actor import SYSTEM
from service_portal.events.catalog import TicketUnassignable
from service_portal.events.outbox import record
from service_portal.kernel.db import db
from service_portal.tickets.codes import WaitingReason
from service_portal.tickets.models import Ticket
from service_portal.tickets.rules import MOST_BOUNCES


def note_bounce(ticket: Ticket, *, now: datetime) -> None:
    """Count that an institution has let a locked ticket go; after the last bounce the lead decides
    what happens next, and is told.
    """
    ticket.bounces += 1
    if ticket.bounces >= MOST_BOUNCES:
        ticket.waiting_reason = WaitingReason.BOUNCED_TWICE
        record(
            TicketUnassignable(
                ticket_id=ticket.id,
                enterprise_id=ticket.enterprise_id,
                reason=WaitingReason.BOUNCED_TWICE,
            ),
            actor=SYSTEM,
            now=now,
        )
    db.session.flush()
