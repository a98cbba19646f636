"""Offers tickets to institutions of the pool, one after the other, until one accepts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import SYSTEM, Actor
from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.assigning import queries, waiting
from service_portal.assigning.deciding import as_round, nobody
from service_portal.assigning.rules import Offered, choose_providers, why_not_offer
from service_portal.assigning.waiting_rules import pool_places
from service_portal.catalogue.queries import definition
from service_portal.events.catalog import (
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    TicketUnassignable,
)
from service_portal.events.outbox import record, record_many
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Missing, Refused
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ClockKind
from service_portal.sla.queries import calendar_for
from service_portal.tickets import rounds
from service_portal.tickets.choices import DECLINES
from service_portal.tickets.clocks import start_clocks, stop_clock
from service_portal.tickets.codes import (
    DecisionKind,
    EntryAudience,
    EntryKind,
    OfferState,
    Rejection,
    WaitingReason,
)
from service_portal.tickets.models import Offer, Ticket
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import MOST_BOUNCES, Move, Status
from service_portal.tickets.services import add_entry, advance

ROUND = 500

_OFFERED = sa.text("UPDATE institution SET last_offered_at = :now WHERE id = ANY(:ids)")


_LAPSED = sa.text(f"""
    SELECT o.id, o.ticket_id FROM offer AS o JOIN institution AS i ON i.id = o.institution_id
    WHERE o.state = 'offered' AND (o.answer_due_at <= :now OR NOT {queries.ANSWERS_SQL})
    ORDER BY o.ticket_id LIMIT :limit
""")


def offer_waiting(
    *,
    now: datetime,
    limit: int = ROUND,
    concerned: Collection[int] | None = None,
) -> int:
    """Offer up to `limit` new and as many waiting tickets of the pool and count them.

    Each is offered to one institution. Of those that waited before, only such are touched as an
    institution can take now; with `concerned`, the tickets of the events that woke the round, only
    services of the institutions are looked at that these were offered to. Finding none costs two
    statements.
    """
    today = now.astimezone(zone_time()).date()
    new = queries.lock_unoffered(limit)
    services = None
    if concerned is not None:
        services = {row.service_code for row in new} | waiting.services_of(concerned)
    stuck = _servable(services, today, limit) if len(new) < limit else []
    found = [*queries.lock_stuck(stuck), *new]
    if not found:
        return 0
    works = [queries.offer_work(row) for row in found]
    accepting = queries.lock_providers({(work.service_code, work.park_id) for work in works}, today)
    choices = choose_providers(works, accepting, *queries.barred_pairs(works), now)
    rows = {row.id: row for row in found}
    given = [choice for choice in choices if choice.id is not None]
    done = rounds.move_many(
        [(c.work.ticket_id, c.work.enterprise_id) for c in given],
        Move.DISPATCH,
        now=now,
        audience=EntryAudience.STAFF,
        data=[{"institution_id": c.id} for c in given],
    )
    made = [choice for choice in given if choice.work.ticket_id in done]
    _store(made, rows, now=now)
    _alert([choice for choice in choices if choice.id is None], now=now)
    return len(made)


def _servable(services: Collection[str] | None, today: date, limit: int) -> list[int]:
    """Name waiting tickets that an institution could take now, judged without a lock."""
    crowded = waiting.services_with_waiting(services)
    if not crowded:
        return []
    able = queries.read_able_providers(crowded, today)
    return waiting.offerable(pool_places(waiting.pool_kinds(able.keys()), able), limit)


def _store(made: Sequence[Offered], rows: dict[int, Any], *, now: datetime) -> None:
    if not made:
        return
    rounds.decide_many([as_round(choice) for choice in made], kind=DecisionKind.OFFER, now=now)
    offers = db.session.execute(
        sa.insert(Offer).returning(
            Offer.id, Offer.ticket_id, Offer.enterprise_id, Offer.institution_id
        ),
        [
            {
                "ticket_id": c.work.ticket_id,
                "enterprise_id": c.work.enterprise_id,
                "institution_id": c.id,
                "state": OfferState.OFFERED,
                "offered_at": now,
                "answer_due_at": _answer_due(rows[c.work.ticket_id].service_version_id, now),
                "effort_points": c.work.points,
            }
            for c in made
        ],
    ).all()
    _start_clocks(
        [
            (row.id, row.enterprise_id, row.service_version_id)
            for row in (rows[c.work.ticket_id] for c in made)
        ],
        now=now,
    )
    db.session.execute(
        _OFFERED, {"now": now, "ids": sorted({c.id for c in made if c.id is not None})}
    )
    db.session.execute(
        sa.update(Ticket)
        .where(Ticket.id.in_([c.work.ticket_id for c in made]))
        .values(waiting_reason=None)
        .execution_options(synchronize_session=False)
    )
    record_many(
        OfferMade(
            ticket_id=o.ticket_id,
            enterprise_id=o.enterprise_id,
            offer_id=o.id,
            institution_id=o.institution_id,
        )
        for o in offers
    )


def _limit(service_version_id: int) -> Limit:
    promise = definition(service_version_id).limits["offer"]
    return Limit(promise.amount, promise.unit)


def _answer_due(service_version_id: int, now: datetime) -> datetime:
    return calendar_for()[1].deadline(now, _limit(service_version_id))


def _start_clocks(offered: Sequence[tuple[int, int, int]], *, now: datetime) -> None:
    """Let the time to answer run on tickets offered now (id, enterprise, version).

    Each offer has a clock of its own.
    """
    start_clocks(
        [
            (ticket_id, enterprise_id, _limit(version))
            for ticket_id, enterprise_id, version in offered
        ],
        kind=ClockKind.OFFER,
        now=now,
    )


def _alert(unserved: Sequence[Offered], *, now: datetime) -> None:
    new = rounds.wait_many(
        [(choice.work.ticket_id, WaitingReason.NO_INSTITUTION) for choice in unserved]
    )
    alerted = [choice for choice in unserved if choice.work.ticket_id in new]
    rounds.decide_many(
        [nobody(choice) for choice in alerted],
        kind=DecisionKind.OFFER,
        now=now,
    )
    record_many(
        TicketUnassignable(
            ticket_id=c.work.ticket_id,
            enterprise_id=c.work.enterprise_id,
            reason=WaitingReason.NO_INSTITUTION,
        )
        for c in alerted
    )


def _lock_offer(offer_id: int, actor: Actor) -> tuple[Offer, Ticket]:
    offer = db.session.get(Offer, offer_id)
    if offer is None or offer.institution_id != actor.institution_id:
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
    ticket.bounces += 1
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
    if ticket.bounces >= MOST_BOUNCES:
        ticket.waiting_reason = WaitingReason.BOUNCED_TWICE
        record(
            TicketUnassignable(
                ticket_id=ticket.id,
                enterprise_id=ticket.enterprise_id,
                reason=WaitingReason.BOUNCED_TWICE,
            ),
            actor=SYSTEM,
            now=now,
        )
    db.session.flush()


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
    why = why_not_offer(work, provider, *queries.barred_pairs([work]))
    if why is Rejection.NOBODY_ANSWERS:
        raise Refused(
            _("Nobody of this institution can sign in to answer. Ask its lead to join first."),
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
        answer_due_at=_answer_due(ticket.service_version_id, now),
        effort_points=ticket.effort_points,
    )
    db.session.add(offer)
    ticket.waiting_reason = None
    _start_clocks([(ticket.id, ticket.enterprise_id, ticket.service_version_id)], now=now)
    db.session.execute(_OFFERED, {"now": now, "ids": [institution_id]})
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
