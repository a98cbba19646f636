"""Start: the station does the work itself, without an institution."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import WorkStarted
from service_portal.tickets.codes import DeliveredBy
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.services import start_work

START = Act(
    name="start",
    move=Move.START,
    leads={Status.ACCEPTED: Status.IN_PROGRESS},
    permission=Permission.TICKET_WORK,
    button=_l("Start work"),
    position=30,
    is_primary=lambda on: on.definition.delivered_by == DeliveredBy.STATION,
    timeline=lambda entry: _("began the work"),
    event=WorkStarted,
    notice=_l("Work on your request has begun."),
    service=start_work,
)
