"""Change the service: a request filed under the wrong one goes on under the right one."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.catalogue.queries import services
from service_portal.events.catalog import ServiceChanged
from service_portal.filing.changing_service import change_service
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Answers, Line, Text
from service_portal.tickets.moves.sentences import Entry, with_more
from service_portal.tickets.rules import Move, Status
from service_portal.web.formatting import localized
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _said(entry: Entry) -> str:
    known = services()
    before, after = (known.get(entry.text(name)) for name in ("from_service", "service"))
    said = _(
        "changed the service from %(before)s to %(after)s",
        before=localized(before) if before else entry.text("from_service"),
        after=localized(after) if after else entry.text("service"),
    )
    return with_more(said, entry.text("reason"))


REASON = Text(
    name="reason",
    label=_l("Why"),
    hint=_l("The enterprise reads this."),
    required=_l("Tell the enterprise why in a sentence."),
    about="why, for the enterprise to read",
    rows=2,
)

CHANGE_SERVICE = Act(
    name="change_service",
    own_page=True,
    move=Move.CHANGE_SERVICE,
    leads=dict.fromkeys((Status.SUBMITTED, Status.ACCEPTED, Status.IN_PROGRESS), Status.SUBMITTED),
    applies=lambda ticket: ticket.institution_id is None,
    permission=Permission.TICKET_ACCEPT,
    fields=(
        Line(
            name="service",
            most=60,
            required=_l("Choose a service that is offered."),
            about="code of the service under which the request goes on",
        ),
        REASON,
        Answers(
            name="answers",
            only_api=True,
            about="answers to the questions of that service",
        ),
    ),
    button=_l("Change the service"),
    position=125,
    timeline=_said,
    event=ServiceChanged,
    notice=_l("Your request goes on under another service. Open it to read why."),
    service=change_service,
)
