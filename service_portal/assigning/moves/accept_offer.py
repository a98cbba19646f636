"""Accept an offer: the institution works on the case from now on; done on the offer's page."""

from __future__ import annotations

from datetime import datetime

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.assigning.answering import accept_offer
from service_portal.assigning.moves.offered import open_offer_of
from service_portal.events.catalog import OfferAccepted
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act, Place
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _accept(*, actor: Actor, ticket_id: int, now: datetime) -> Ticket:
    return accept_offer(actor=actor, offer_id=open_offer_of(ticket_id, actor), now=now)


ACCEPT_OFFER = Act(
    name="accept_offer",
    address="/offers/<int:offer_id>/accept",
    move=Move.PICK_UP,
    leads={Status.DISPATCHED: Status.IN_PROGRESS},
    permission=Permission.OFFER_ANSWER,
    button=_l("Accept the case"),
    place=Place.ELSEWHERE,
    timeline=lambda entry: _("took it for %(institution)s", institution=entry.name("institution")),
    event=OfferAccepted,
    notice=_l("An institution has taken the case."),
    service=_accept,
)
