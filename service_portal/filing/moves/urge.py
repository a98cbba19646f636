"""Urge: the enterprise presses on with a request that lies with the station."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketUrged
from service_portal.filing.urging import urge_ticket
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import SHORT_LENGTH, Text
from service_portal.tickets.moves.sentences import with_more
from service_portal.tickets.rules import HANDLED, Move
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l

URGE = Act(
    name="urge",
    move=Move.URGE,
    leads={status: status for status in HANDLED},
    permission=Permission.TICKET_URGE,
    fields=(
        Text(
            name="words",
            label=_l("Why it is pressing (if you like)"),
            most=SHORT_LENGTH,
            about="why it is pressing, if you like to say",
            rows=2,
        ),
    ),
    button=_l("Urge"),
    intro=_l("Whoever has your request and their lead are told at once. Once a working day."),
    position=165,
    done=_l("They are told. You can urge again on the next working day."),
    timeline=lambda entry: with_more(_("urged the request"), entry.text("words")),
    event=TicketUrged,
    notice=_l("The enterprise urges this request. Open it to read why."),
    service=urge_ticket,
)
