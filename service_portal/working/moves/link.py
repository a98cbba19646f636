"""Link: two tickets go together, and each shows the other to whoever may read it."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.tickets.moves.declaration import Act, Place
from service_portal.tickets.moves.fields import Line
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.linking import link_ticket


def _said(entry: Entry) -> str:
    if not entry.knows("other_id"):
        return _("linked it with another ticket")
    return _("linked it with %(reference)s", reference=entry.text("other"))


LINK = Act(
    name="link",
    open_in=frozenset(Status),
    permission=Permission.TICKET_LINK,
    fields=(
        Line(
            name="other",
            label=_l("Reference of the other ticket"),
            hint=_l("Whoever may read both sees that they go together."),
            most=60,
            required=_l("Give the reference of the other ticket, such as NH-2026-00412."),
            about="reference of the other ticket",
        ),
    ),
    button=_l("Link a ticket"),
    place=Place.ELSEWHERE,
    done=_l("The two are linked."),
    timeline=_said,
    service=link_ticket,
)
