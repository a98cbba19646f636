"""Institutions answer offers, or do not: whoever is asked next, and when nobody is left."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import SYSTEM, Actor
from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.assigning.bouncing import note_bounce
from service_portal.events.catalog import (
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
)
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Missing, Refused
from service_portal.sla.codes import ClockKind
from service_portal.tickets.choices import DECLINES
from service_portal.tickets.clocks import stop_clock
from service_portal.tickets.codes import (
    EntryAudience,
    OfferState,
)
from service_portal.tickets.models import Offer, Ticket
from service_portal.tickets.own_time import start_own_time
from service_portal.tickets.providers import ANSWERS_SQL
from service_portal.tickets.rules import Move, Status
from service_portal.tickets.services import advance

_LAPSED = sa.text(f"""
    SELECT o.id, o.ticket_id FROM offer AS o JOIN institution AS i ON i.id = o.institution_id
    WHERE o.state = 'offered' AND NOT o.in_parallel
        AND (o.answer_due_at <= :now OR NOT {ANSWERS_SQL})
    ORDER BY o.ticket_id LIMIT :limit
""")


def _lock_offer(offer_id: int, actor: Actor) -> tuple[Offer, Ticket]:
    offer = db.session.get(Offer, offer_id)
    if offer is None or offer.institution_id != actor.institution_id or offer.in_parallel:
        raise Missing()
    if not may(actor, Permission.OFFER_ANSWER):
        raise Forbidden(_("Only the lead of your institution answers offers."))
    ticket = db.session.execute(
        sa.select(Ticket)
        .where(Ticket.id == offer.ticket_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    offer = db.session.execute(
        sa.select(Offer)
        .where(Offer.id == offer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    if offer.state != OfferState.OFFERED:
        raise Conflict(
            _("This offer is no longer open: it was answered, withdrawn, or its time ran out."),
            code="offer_closed",
        )
    return offer, ticket


def accept_offer(*, actor: Actor, offer_id: int, now: datetime) -> Ticket:
    """Take an offered case: the institution works on it from now on."""
    offer, ticket = _lock_offer(offer_id, actor)
    if offer.answer_due_at is not None and now > offer.answer_due_at:
        raise Conflict(
            _("The time to answer this offer has run out; it goes to the next institution."),
            code="offer_closed",
        )
    offer.state, offer.answered_at = "accepted", now
    stop_clock(ClockKind.OFFER, ticket_id=ticket.id, now=now)
    ticket.institution_id = offer.institution_id
    event = OfferAccepted(
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        offer_id=offer.id,
        institution_id=offer.institution_id,
    )
    advance(
        ticket,
        Move.PICK_UP,
        actor=actor,
        now=now,
        event=event,
        data={"institution_id": offer.institution_id},
    )
    start_own_time(ticket, now=now)
    return ticket


def decline_offer(
    *, actor: Actor, offer_id: int, reason_code: str, comment: str, now: datetime
) -> Ticket:
    """Decline an offered case; the next institution is asked, after the second bounce the lead."""
    if reason_code not in DECLINES:
        raise Refused(_("Choose a reason for declining."), field="reason_code")
    offer, ticket = _lock_offer(offer_id, actor)
    offer.state, offer.answered_at, offer.reason_code, offer.comment = (
        "declined",
        now,
        reason_code,
        comment,
    )
    _bounce(offer, ticket, actor=actor, now=now, why=reason_code, event_type=OfferDeclined)
    return ticket


def expire_offers(*, now: datetime, limit: int = 200) -> int:
    """Let offers nobody answered in time, or nobody is left to answer, pass to the next candidate,
    and count them.
    """
    due = db.session.execute(_LAPSED, {"now": now, "limit": limit}).all()
    if not due:
        return 0
    locked = db.session.scalars(
        sa.select(Ticket)
        .where(Ticket.id.in_([row.ticket_id for row in due]))
        .order_by(Ticket.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    tickets = {ticket.id: ticket for ticket in locked}
    offers = db.session.scalars(
        sa.select(Offer)
        .where(Offer.id.in_([row.id for row in due]), Offer.state == OfferState.OFFERED)
        .order_by(Offer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    count = 0
    for offer in offers:
        ticket = tickets.get(offer.ticket_id)
        if ticket is None or ticket.status != Status.DISPATCHED:
            continue
        offer.state, offer.answered_at, offer.reason_code = "expired", now, "expired"
        _bounce(offer, ticket, actor=SYSTEM, now=now, why="expired", event_type=OfferExpired)
        count += 1
    return count


def _bounce(
    offer: Offer,
    ticket: Ticket,
    *,
    actor: Actor,
    now: datetime,
    why: str,
    event_type: type[OfferDeclined | OfferExpired],
) -> None:
    stop_clock(ClockKind.OFFER, ticket_id=ticket.id, now=now)
    event = event_type(
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        offer_id=offer.id,
        institution_id=offer.institution_id,
    )
    advance(
        ticket,
        Move.BOUNCE,
        actor=actor,
        now=now,
        event=event,
        data={"institution_id": offer.institution_id, "reason": why, "comment": offer.comment},
        audience=EntryAudience.STAFF,
    )
    note_bounce(ticket, now=now)
