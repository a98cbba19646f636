"""Split: parts of a request go on as requests of their own; its page has a form for each."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketDivided
from service_portal.filing.moves.change_service import REASON
from service_portal.filing.splitting import split_ticket
from service_portal.tickets.asked import asked_in
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Line, Parts
from service_portal.tickets.moves.sentences import Entry, with_more
from service_portal.tickets.rules import HANDLED, MOST_PARTS, Move
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _said(entry: Entry) -> str:
    known = [
        entry.names["ticket", one].reference
        for one in entry.data.get("part_ids", ())
        if ("ticket", one) in entry.names
    ]
    said = _("split parts off, which go on as requests of their own")
    if known:
        said = _("split off %(references)s", references=", ".join(known))
    return with_more(said, entry.text("reason"))


TITLE, DESCRIPTION = (one.field for one in asked_in("first"))

SPLIT = Act(
    name="split",
    own_page=True,
    move=Move.SPLIT,
    leads={status: status for status in HANDLED},
    permission=Permission.TICKET_ACCEPT,
    fields=(
        Parts(
            name="parts",
            only_api=True,
            of=(
                TITLE,
                DESCRIPTION,
                Line(
                    name="service",
                    most=60,
                    about="code of the service; that of the request where it is left out",
                ),
            ),
            most=MOST_PARTS,
            about="what becomes a request of its own; the first one goes on with what remains",
        ),
        REASON,
    ),
    button=_l("Split"),
    position=127,
    timeline=_said,
    event=TicketDivided,
    notice=_l(
        "Parts of your request go on as requests of their own. Open it to read which, and why."
    ),
    service=split_ticket,
)
