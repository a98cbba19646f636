"""Accept: the request is in scope and complete; the enterprise is called next."""

from __future__ import annotations

from typing import Any

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketAccepted
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act, Context
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.services import accept_ticket


def _done(ticket: Ticket, _values: dict[str, Any]) -> str:
    return _(
        "Accepted. Call %(name)s: %(phone)s", name=ticket.contact_name, phone=ticket.contact_phone
    )


def _was_returned(on: Context) -> bool:
    return on.ticket.status == Status.RETURNED


ACCEPT = Act(
    name="accept",
    move=Move.ACCEPT,
    leads={Status.SUBMITTED: Status.ACCEPTED, Status.RETURNED: Status.ACCEPTED},
    permission=Permission.TICKET_ACCEPT,
    button=lambda on: _("Accept it as it is") if _was_returned(on) else _("Accept and call"),
    key="a",
    position=10,
    is_primary=lambda on: not _was_returned(on),
    in_row=frozenset({Status.SUBMITTED}),
    done=_done,
    timeline=lambda entry: _("accepted"),
    event=TicketAccepted,
    notice=_l("Your request was accepted. Somebody will contact you soon."),
    service=accept_ticket,
)
