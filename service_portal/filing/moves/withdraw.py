"""Withdraw: the enterprise takes its request back."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketWithdrawn
from service_portal.filing.services import withdraw_ticket
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import SHORT_LENGTH, Text
from service_portal.tickets.moves.sentences import with_more
from service_portal.tickets.rules import HANDLED, Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l

WITHDRAW = Act(
    name="withdraw",
    move=Move.WITHDRAW,
    leads=dict.fromkeys(HANDLED | {Status.RETURNED}, Status.WITHDRAWN),
    permission=Permission.TICKET_WITHDRAW,
    fields=(
        Text(
            name="reason",
            label=_l("Why (if you like)"),
            most=SHORT_LENGTH,
            about="why, if you like to say",
            rows=2,
        ),
    ),
    button=_l("Withdraw"),
    intro=_l("The request ends and nobody works on it any more. You can file a new one."),
    position=170,
    is_final=True,
    done=lambda ticket, _values: _("%(reference)s is withdrawn.", reference=ticket.reference),
    timeline=lambda entry: with_more(_("withdrew the request"), entry.text("reason")),
    event=TicketWithdrawn,
    notice=_l("The enterprise has withdrawn this request."),
    service=withdraw_ticket,
)
