"""Who goes on with a case that is the station's again."""

from __future__ import annotations

from service_portal.tickets.codes import DeliveredBy
from service_portal.tickets.moves.declaration import Context
from service_portal.tickets.moves.fields import Flag
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import MOST_BOUNCES
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _would_ask(on: Context) -> bool:
    ticket = on.ticket
    of_pool = ticket.delivered_by == DeliveredBy.POOL and ticket.consent
    return of_pool and ticket.bounces < MOST_BOUNCES


ASK_NEXT = Flag(
    name="ask_next",
    label=_l("Let the pool ask the next institution by itself"),
    when=_would_ask,
    about=("whether the pool asks the next institution by itself; else people choose who goes on"),
)


def asks_next(entry: Entry) -> str:
    """Say in the timeline that the pool asks the next institution by itself, where it does."""
    return _("the pool asks the next institution") if entry.data.get("ask_next") else ""
