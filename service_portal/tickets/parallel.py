"""Offers of one ticket to several institutions side by side, each with its own clocks.

The ticket must be locked, and stays with its station: none of them has it for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.catalogue.queries import definition
from service_portal.events.catalog import OfferMade
from service_portal.events.outbox import record
from service_portal.kernel.db import db
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ClockKind
from service_portal.sla.queries import calendar_for
from service_portal.tickets.clocks import end_offer_clocks, start_offer_clocks
from service_portal.tickets.codes import OfferState
from service_portal.tickets.models import Offer, Ticket
from service_portal.tickets.providers import lock_institutions

_OFFERED = sa.text("UPDATE institution SET last_offered_at = :now WHERE id = ANY(:ids)")


def offer_side_by_side(
    ticket: Ticket, institution_ids: Sequence[int], *, actor: Actor, now: datetime
) -> dict[int, Offer]:
    """Offer a ticket to several institutions at once and give the offers by institution.

    Each has the whole time to say that it has taken the request up.
    """
    lock_institutions(institution_ids)
    limit = _limit(ticket, "offer")
    due_at = calendar_for()[1].deadline(now, limit)
    offers = [
        Offer(
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            institution_id=institution_id,
            state=OfferState.OFFERED,
            in_parallel=True,
            offered_at=now,
            answer_due_at=due_at,
            effort_points=ticket.effort_points,
        )
        for institution_id in institution_ids
    ]
    db.session.add_all(offers)
    db.session.flush()
    start_offer_clocks(
        [(ticket.id, ticket.enterprise_id, limit, offer.id) for offer in offers],
        kind=ClockKind.OFFER,
        now=now,
    )
    db.session.execute(_OFFERED, {"now": now, "ids": list(institution_ids)})
    for offer in offers:
        event = OfferMade(
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            offer_id=offer.id,
            institution_id=offer.institution_id,
        )
        record(event, actor=actor, now=now)
    return {offer.institution_id: offer for offer in offers}


def take_up(ticket: Ticket, offer: Offer, *, now: datetime) -> None:
    """Let an institution work on its own offer: from now on it owes its decision."""
    offer.state, offer.answered_at = OfferState.ACCEPTED, now
    end_offer_clocks(ticket.id, [offer.id], now=now)
    start_offer_clocks(
        [(ticket.id, ticket.enterprise_id, _limit(ticket, "resolve"), offer.id)],
        kind=ClockKind.DECISION,
        now=now,
    )


def decided(ticket: Ticket, offer: Offer, *, now: datetime) -> None:
    """Stop what an institution owes: it has decided, and goes on reading the request."""
    end_offer_clocks(ticket.id, [offer.id], now=now)


def end_offer(
    ticket: Ticket, offer: Offer, state: OfferState, *, cancelled: bool, now: datetime
) -> None:
    """End an offer: its institution reads nothing more of the request.

    Promises that were `cancelled` count as neither kept nor broken.
    """
    offer.state, offer.answered_at = state, now
    end_offer_clocks(ticket.id, [offer.id], cancelled=cancelled, now=now)


def _limit(ticket: Ticket, kind: str) -> Limit:
    promise = definition(ticket.service_version_id).limits[kind]
    return Limit(promise.amount, promise.unit)
