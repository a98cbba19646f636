"""Hold: the work waits for an outside cause, and the promises stand still meanwhile."""

from __future__ import annotations

from flask_babel import gettext as _

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketHeld
from service_portal.tickets.choices import HOLDS
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Choice, Text
from service_portal.tickets.moves.sentences import Entry, with_more
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import later as _l
from service_portal.working.services import hold_ticket


def _said(entry: Entry) -> str:
    return with_more(_("paused"), entry.words("reason", HOLDS), entry.text("words"))


HOLD = Act(
    name="hold",
    move=Move.HOLD,
    leads={Status.IN_PROGRESS: Status.ON_HOLD},
    permission=Permission.TICKET_WORK,
    fields=(
        Choice(
            name="reason_code",
            label=_l("Reason"),
            among=HOLDS,
            required=_l("Choose a reason."),
        ),
        Text(
            name="words",
            label=_l("What are you waiting for"),
            required=_l("Say what you are waiting for."),
            about="what is waited for",
            rows=2,
        ),
    ),
    button=_l("Hold"),
    key="h",
    position=90,
    done=_l("On hold; the clocks stand still."),
    timeline=_said,
    event=TicketHeld,
    notice=_l("Work is paused. Open the ticket to read why."),
    service=hold_ticket,
)
