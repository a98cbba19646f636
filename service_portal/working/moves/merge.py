"""Merge: a duplicate ends and goes on in another open request of the same enterprise."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketMerged
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Text
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.merging import merge_ticket


def _said(entry: Entry) -> str:
    if not entry.knows("into_id"):
        return _("merged into another request of the enterprise, where it goes on")
    return _("merged into %(reference)s, where it goes on", reference=entry.text("into"))


MERGE = Act(
    name="merge",
    own_page=True,
    move=Move.MERGE,
    leads={Status.SUBMITTED: Status.MERGED, Status.ACCEPTED: Status.MERGED},
    permission=Permission.TICKET_ACCEPT,
    fields=(
        Text(
            name="into",
            most=60,
            required_by_api=True,
            about=(
                "reference of another open ticket of the same enterprise, in which this one goes on"
            ),
        ),
    ),
    button=_l("Merge"),
    position=120,
    is_final=True,
    timeline=_said,
    event=TicketMerged,
    notice=_l(
        "Your request was merged into an earlier one of yours. Open it to read where it goes on."
    ),
    service=merge_ticket,
)
