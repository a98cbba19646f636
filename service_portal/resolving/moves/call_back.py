"""Call back: a lead has called an enterprise that was not content, and notes what came of it."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import CallBackMade
from service_portal.resolving.calling_back import call_back
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Text
from service_portal.tickets.moves.leading import back_to
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _is_owed(ticket: Ticket) -> bool:
    return ticket.call_back_due_at is not None


def _said(entry: Entry) -> str:
    return _("called the enterprise back") + entry.for_staff("note")


CALL_BACK = Act(
    name="call_back",
    kind=EntryKind.CALL_BACK,
    open_in=frozenset(Status),
    applies=_is_owed,
    permission=Permission.TICKET_CALL_BACK,
    fields=(
        Text(
            name="note",
            label=_l("What came of the call (the enterprise doesn't read it)"),
            required=_l("Write what came of the call; your colleagues read it."),
            most=2_000,
            about="what came of the call; the station and the zone read it, nobody else",
            rows=3,
        ),
    ),
    button=_l("Note the call back"),
    intro=_l("The enterprise is not content. If there is something left to do, open it again."),
    position=145,
    is_primary=True,
    then=back_to(board="assigning.board"),
    done=_l("Noted. Nobody waits for a call any more."),
    timeline=_said,
    event=CallBackMade,
    notice=_l("Your lead has called the enterprise back. Open the ticket to read what came of it."),
    service=call_back,
)
