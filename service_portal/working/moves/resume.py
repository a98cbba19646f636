"""Resume: a paused case goes on, with the working time its promises had left."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketResumed
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.holding import resume_ticket

RESUME = Act(
    name="resume",
    move=Move.RESUME,
    leads={Status.ON_HOLD: Status.IN_PROGRESS},
    permission=Permission.TICKET_WORK,
    button=_l("Resume"),
    key="g",
    position=70,
    is_primary=True,
    in_row=frozenset({Status.ON_HOLD}),
    timeline=lambda entry: _("went on"),
    event=TicketResumed,
    notice=_l("Work goes on."),
    service=resume_ticket,
)
