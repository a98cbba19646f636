"""Redo: the work is done again, with a promise of its own; its form stands with the verdict."""

from __future__ import annotations

from typing import Any

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketRedone
from service_portal.resolving.services import ask_redo
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act, Place
from service_portal.tickets.moves.fields import Text
from service_portal.tickets.rules import Move, Status
from service_portal.web.formatting import when
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _done(ticket: Ticket, _values: dict[str, Any]) -> str:
    promised = ticket.resolve_due_at
    if promised is None:
        return _("We look at it again.")
    return _("We look at it again. The new answer is promised by %(when)s.", when=when(promised))


REDO = Act(
    name="redo",
    move=Move.REDO,
    leads={Status.ANSWERED: Status.IN_PROGRESS},
    permission=Permission.TICKET_CONFIRM,
    fields=(
        Text(
            name="reason",
            label=_l("What is still missing?"),
            required=_l("Say what is still missing."),
            about="what is still missing",
        ),
    ),
    button=_l("Ask for it to be done again"),
    place=Place.ELSEWHERE,
    done=_done,
    timeline=lambda entry: _(
        "asked for the work to be done again: %(reason)s", reason=entry.text("reason")
    ),
    event=TicketRedone,
    notice=_l("The enterprise asks for the work to be done again."),
    service=ask_redo,
)
