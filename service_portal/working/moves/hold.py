"""Hold: the work waits for an outside cause, and the promises stand still meanwhile."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketHeld
from service_portal.tickets.choices import HOLDS
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Choice, Day, Text
from service_portal.tickets.moves.sentences import Entry, with_more
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.holding import LOOKED_AT_AFTER, hold_ticket


def _said(entry: Entry) -> str:
    until = entry.day("until")
    paused = _("paused until %(day)s", day=until) if until else _("paused")
    return with_more(paused, entry.words("reason", HOLDS), entry.text("words"))


HOLD = Act(
    name="hold",
    move=Move.HOLD,
    leads={Status.IN_PROGRESS: Status.ON_HOLD, Status.ON_HOLD: Status.ON_HOLD},
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
        Day(
            name="until",
            label=_l("Look at it again on"),
            hint=_l("On that day it is on top of your queue, and the enterprise is told."),
            ahead=LOOKED_AT_AFTER,
            about="the day on which it is looked at again; without it, in five working days",
        ),
    ),
    button=lambda on: _("Hold longer") if on.ticket.status == Status.ON_HOLD else _("Hold"),
    key="h",
    position=90,
    done=_l("On hold; the clocks stand still until you go on."),
    timeline=_said,
    event=TicketHeld,
    notice=_l("Work is paused. Open the ticket to read why and until when."),
    service=hold_ticket,
)
