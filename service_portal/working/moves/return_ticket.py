"""Return: the enterprise is asked, once, for everything that is missing."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketReturned
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Text
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.services import return_ticket

RETURN = Act(
    name="return_ticket",
    path="return",
    move=Move.RETURN,
    leads={Status.SUBMITTED: Status.RETURNED, Status.ACCEPTED: Status.RETURNED},
    permission=Permission.TICKET_ACCEPT,
    fields=(
        Text(
            name="words",
            label=_l("Everything that is missing"),
            hint=_l("The enterprise is asked once, so name it all."),
            required=_l(
                "Say everything that is missing, so that the enterprise is asked only once."
            ),
            about="everything that is missing",
        ),
    ),
    button=_l("Ask for more"),
    position=40,
    done=_l("The enterprise is asked for what is missing."),
    timeline=lambda entry: _("asked for more: %(words)s", words=entry.text("words")),
    event=TicketReturned,
    notice=_l("We need something more from you before we can go on."),
    service=return_ticket,
)
