"""A person offers a ticket to an institution that they have chosen."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.assigning import queries
from service_portal.assigning.offering import answer_due, note_offered, start_offer_clocks
from service_portal.events.catalog import (
    OfferMade,
)
from service_portal.events.outbox import record
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.tickets import rounds
from service_portal.tickets.codes import (
    DecisionKind,
    EntryAudience,
    EntryKind,
    OfferState,
    Rejection,
)
from service_portal.tickets.models import Offer, Ticket
from service_portal.tickets.provider_rules import why_not_offer
from service_portal.tickets.providers import barred_pairs
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import Move
from service_portal.tickets.services import add_entry, advance


def offer_to(
    *,
    actor: Actor,
    ticket_id: int,
    institution_id: int,
    reason: str,
    now: datetime,
    agreed: bool = False,
) -> Ticket:
    """Offer a ticket to an institution a person has chosen.

    Filters that protect the enterprise still hold; capacity may be passed over.

    Without the enterprise's consent it is refused, unless the person says that it has agreed since;
    the timeline keeps who said so.
    """
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_WORK).ticket
    if not ticket.consent and not agreed:
        raise Refused(
            _(
                "The enterprise has not agreed that an institution reads its request. Ask it first,"
                " then note that it agrees."
            ),
            field="agreed",
        )
    row = db.session.execute(
        sa.text(
            "SELECT t.id, t.enterprise_id, t.service_code, t.park_id, t.effort_points,"
            " e.controller, ARRAY[]::bigint[] AS answered FROM ticket AS t JOIN enterprise AS e ON"
            " e.id = t.enterprise_id WHERE t.id = :id"
        ),
        {"id": ticket.id},
    ).one()
    work = queries.offer_work(row)
    pair = (work.service_code, work.park_id)
    asked = queries.lock_providers([pair], now.astimezone(zone_time()).date()).get(pair, ())
    provider = next((p for p in asked if p.id == institution_id), None)
    if provider is None:
        raise Refused(
            _("This institution does not accept the service in this park."), field="institution_id"
        )
    why = why_not_offer(work, provider, *barred_pairs([work]))
    if why is Rejection.NOBODY_ANSWERS:
        raise Refused(
            _("Nobody of this institution can sign in to answer. Ask its lead to join first."),
            field="institution_id",
        )
    if why is Rejection.EXCLUDED:
        raise Refused(
            _("The enterprise does not want this institution. Ask it, or offer to another one."),
            field="institution_id",
        )
    if why is not None and why is not Rejection.NO_CAPACITY:
        raise Refused(
            _(
                "This institution can't be offered the ticket: it is not admitted, has no valid"
                " licence, or is in conflict with the enterprise."
            ),
            field="institution_id",
        )
    if not ticket.consent:
        ticket.consent = True
        add_entry(ticket, kind=EntryKind.CONSENT, actor=actor, now=now)
    advance(
        ticket,
        Move.DISPATCH,
        actor=actor,
        now=now,
        data={"institution_id": institution_id, "reason": reason},
        audience=EntryAudience.STAFF,
    )
    offer = Offer(
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        institution_id=institution_id,
        state=OfferState.OFFERED,
        offered_at=now,
        answer_due_at=answer_due(ticket.service_version_id, now),
        effort_points=ticket.effort_points,
    )
    db.session.add(offer)
    ticket.waiting_reason = None
    start_offer_clocks([(ticket.id, ticket.enterprise_id, ticket.service_version_id)], now=now)
    note_offered([institution_id], now=now)
    db.session.flush()
    rounds.decide_by(
        actor, ticket, kind=DecisionKind.OFFER, chosen=provider, reason=reason, now=now
    )
    record(
        OfferMade(
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            offer_id=offer.id,
            institution_id=institution_id,
        ),
        actor=actor,
        now=now,
    )
    return ticket
