"""Refuse: the request is not accepted, for a listed reason and in words for the enterprise."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketNotAccepted
from service_portal.tickets.choices import REFUSALS
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Choice, Text
from service_portal.tickets.moves.sentences import Entry, with_more
from service_portal.tickets.rules import Move, Status, may_refuse
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.services import refuse_ticket


def _not_accepted_by_a_person(ticket: Ticket) -> bool:
    return may_refuse(Status(ticket.status), auto_accept=ticket.auto_accept)


def _said(entry: Entry) -> str:
    return with_more(_("not accepted"), entry.words("reason", REFUSALS), entry.text("words"))


REFUSE = Act(
    name="refuse",
    move=Move.REFUSE,
    leads={
        Status.SUBMITTED: Status.NOT_ACCEPTED,
        Status.RETURNED: Status.NOT_ACCEPTED,
        Status.ACCEPTED: Status.NOT_ACCEPTED,
    },
    applies=_not_accepted_by_a_person,
    permission=Permission.TICKET_ACCEPT,
    fields=(
        Choice(
            name="reason_code",
            label=_l("Reason"),
            among=REFUSALS,
            required=_l("Choose a reason."),
        ),
        Text(
            name="words",
            label=_l("In words for the enterprise"),
            required=_l("Explain the reason to the enterprise in a sentence."),
            about="the reason, as the enterprise reads it",
        ),
    ),
    button=_l("Not accept"),
    position=50,
    is_final=True,
    done=_l("Not accepted; the enterprise is told why."),
    timeline=_said,
    event=TicketNotAccepted,
    notice=_l("Your request was not accepted. Open it to read the reason."),
    service=refuse_ticket,
)
