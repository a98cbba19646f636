"""Unlink: two tickets that were linked no longer go together."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.tickets.moves.declaration import Act, Place
from service_portal.tickets.moves.fields import Line
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.linking import unlink_ticket


def _said(entry: Entry) -> str:
    if not entry.knows("other_id"):
        return _("took the link with another ticket away")
    return _("took the link with %(reference)s away", reference=entry.text("other"))


UNLINK = Act(
    name="unlink",
    open_in=frozenset(Status),
    permission=Permission.TICKET_LINK,
    fields=(
        Line(
            name="other",
            most=60,
            required=_l("Give the reference of the other ticket, such as NH-2026-00412."),
            about="reference of the other ticket",
        ),
    ),
    button=_l("Take the link away"),
    place=Place.ELSEWHERE,
    done=_l("The link is gone."),
    timeline=_said,
    service=unlink_ticket,
)
