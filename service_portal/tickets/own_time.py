"""The time an institution has of its own for a case it has taken.

It ends before the promise to the enterprise does: what is left then is the station's, to take the
case back and have it answered elsewhere.
"""

from __future__ import annotations

from datetime import datetime

from service_portal.catalogue.queries import definition
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ClockKind
from service_portal.sla.queries import calendar_for
from service_portal.sla.rules import own_limit
from service_portal.tickets.clocks import start_clock
from service_portal.tickets.models import Ticket


def start_own_time(ticket: Ticket, *, now: datetime) -> None:
    """Let the time run that an institution has for a locked ticket: from the promise that is shown
    there, but at least the time of a first contact.
    """
    least = definition(ticket.service_version_id).limits["contact"]
    start_clock(
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        kind=ClockKind.HANDLE,
        limit=own_limit(
            now, ticket.resolve_due_at, Limit(least.amount, least.unit), calendar_for()[1]
        ),
        now=now,
    )
