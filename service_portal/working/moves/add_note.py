"""Note: a word among the staff, which neither enterprise nor institution ever sees."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.tickets.moves.declaration import Act, Place
from service_portal.tickets.moves.fields import Text
from service_portal.tickets.rules import Status
from service_portal.web.translations import later as _l
from service_portal.working.services import add_note

ADD_NOTE = Act(
    name="add_note",
    path="notes",
    open_in=frozenset(Status),
    permission=Permission.TICKET_NOTE,
    fields=(
        Text(
            name="body",
            label=_l("Internal note: neither enterprise nor institution sees it"),
            required=_l("Write something first."),
        ),
    ),
    button=_l("Keep the note"),
    key="n",
    position=20,
    place=Place.CONVERSATION,
    template="working/moves/add_note.html",
    done=_l("Kept; only staff read it."),
    service=add_note,
)
