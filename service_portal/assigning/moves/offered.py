"""The offer by which an institution knows a ticket."""

from __future__ import annotations

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict
from service_portal.tickets.codes import OfferState
from service_portal.tickets.models import Offer
from service_portal.web.translations import gettext as _


def open_offer_of(ticket_id: int, actor: Actor) -> int:
    """Find the open offer of a ticket to the actor's institution; raises Conflict without one."""
    offer_id = db.session.scalar(
        sa.select(Offer.id).where(
            Offer.ticket_id == ticket_id,
            Offer.institution_id == actor.institution_id,
            Offer.state == OfferState.OFFERED,
        )
    )
    if offer_id is None:
        raise Conflict(_("Your institution has no open offer of this ticket."), code="offer_closed")
    return offer_id
