"""An enterprise that is not content is called back by a lead of the station, within a working day.

The call is a promise like others: it has a clock, which speaks when nobody calls.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.events.catalog import CallBackAsked, CallBackMade
from service_portal.events.outbox import record
from service_portal.kernel.errors import Conflict, Refused
from service_portal.resolving.rules import CALLED_WITHIN, needs_call
from service_portal.sla.codes import ClockKind
from service_portal.tickets.clocks import cancel_clock, start_clock, stop_clock
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.models import Ticket
from service_portal.tickets.projection import project_clocks
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.services import add_entry

Said = tuple[int | None, str | None]


def follow_rating(ticket: Ticket, *, before: Said, said: Said, actor: Actor, now: datetime) -> None:
    """Ask for a call where a level and a verdict are of an enterprise that is not content now and
    had not been before; where it has become content, nobody need call any more.
    """
    if needs_call(*said) and not needs_call(*before) and ticket.call_back_due_at is None:
        start_clock(
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            kind=ClockKind.CALL_BACK,
            limit=CALLED_WITHIN,
            now=now,
        )
        record(CallBackAsked(ticket.id, ticket.enterprise_id), actor=actor, now=now)
    elif ticket.call_back_due_at is not None and not needs_call(*said):
        cancel_clock(ClockKind.CALL_BACK, ticket_id=ticket.id, now=now)
    else:
        return
    project_clocks(ticket)


def call_back(*, actor: Actor, ticket_id: int, note: str, now: datetime) -> Ticket:
    """Note that an enterprise was called back, and what came of it; the station and the zone read
    the note, nobody else.
    """
    if not note:
        raise Refused(_("Write what came of the call; your colleagues read it."), field="note")
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_CALL_BACK).ticket
    if ticket.call_back_due_at is None:
        raise Conflict(
            _("Nobody waits for a call any more: it was made, or the enterprise is content now."),
            code="no_call_back",
        )
    stop_clock(ClockKind.CALL_BACK, ticket_id=ticket.id, now=now)
    project_clocks(ticket)
    add_entry(ticket, kind=EntryKind.CALL_BACK, actor=actor, now=now, data={"note": note})
    record(CallBackMade(ticket.id, ticket.enterprise_id), actor=actor, now=now)
    return ticket
