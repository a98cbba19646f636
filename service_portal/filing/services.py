"""An enterprise asks: one statement makes the ticket, its clocks, its timeline and says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import ENTERPRISE_ROLES, Actor
from service_portal.access.permissions import Permission
from service_portal.catalogue.queries import CurrentService
from service_portal.catalogue.rules import amount_of
from service_portal.events.catalog import TicketResubmitted, TicketWithdrawn
from service_portal.filing import queries
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import at_once, constraint_of, db
from service_portal.kernel.errors import Conflict, Refused
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ClockKind
from service_portal.sla.queries import Published, published
from service_portal.tickets.asked import NAMES, Request
from service_portal.tickets.clock_rows import started
from service_portal.tickets.clocks import cancel_clocks, resume_clocks, start_clock
from service_portal.tickets.codes import DeliveredBy, OfferState
from service_portal.tickets.models import IdempotencyKey, Offer, Ticket, TicketWords
from service_portal.tickets.opening import NewTicket, Opening, open_tickets
from service_portal.tickets.projection import project_clocks
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import Move
from service_portal.tickets.search import search_tokens
from service_portal.tickets.services import advance, end_assignment, spoke
from service_portal.tickets.versions import KEPT, snapshot


@dataclass(frozen=True, slots=True)
class Filed:
    """A ticket made, or the first one again when the sending was a repetition."""

    ticket_id: int
    reference: str
    repeated: bool = False


def file_ticket(
    request: Request,
    *,
    actor: Actor,
    enterprise_id: int,
    service: CurrentService,
    channel: str,
    now: datetime,
    idempotency: tuple[str, bytes] | None = None,
    demo: bool = False,
) -> Filed:
    """File a request and give its ticket.

    With a used idempotency key and the same content, the first ticket is given again; with other
    content it raises Conflict. The caller's transaction must hold nothing else yet, because a lost
    race for a key rolls it back.
    """
    if not service.active:
        raise Refused(
            _("This service is not offered any more. Choose another one from the catalogue.")
        )
    opening = opening_of(
        request,
        actor=actor,
        enterprise=queries.enterprise_facts(enterprise_id),
        service=service,
        channel=channel,
        by=published(),
        now=now,
        demo=demo,
        idempotency=idempotency,
    )
    try:
        (made,) = open_tickets([opening])
    except sa.exc.IntegrityError as error:
        if idempotency is None or constraint_of(error) != "pk_idempotency_key":
            raise
        db.session.rollback()
        return first_answer(actor=actor, idempotency=idempotency)
    return Filed(made.id, made.reference)


def opening_of(
    request: Request,
    *,
    actor: Actor,
    enterprise: queries.EnterpriseFacts,
    service: CurrentService,
    channel: str,
    by: Published,
    now: datetime,
    demo: bool = False,
    idempotency: tuple[str, bytes] | None = None,
) -> Opening:
    """Give the ticket that a request makes, with what its service promises from now on."""
    definition = service.definition
    clocks = [
        started(
            kind,
            Limit(definition.limits[kind].amount, definition.limits[kind].unit),
            now=now,
            by=by,
        )
        for kind in ("accept", "resolve")
    ]
    dues = {clock["kind"]: clock["due_at"] for clock in clocks}
    ticket = NewTicket(
        enterprise_id=enterprise.id,
        park_id=enterprise.park_id,
        service_code=service.code,
        category_code=service.category.code,
        service_version_id=service.version_id,
        filed_by_id=actor.person_id,
        channel=channel,
        amount=amount_of(definition, request.answers),
        delivered_by=definition.delivered_by,
        auto_accept=definition.auto_accept,
        effort_points=definition.effort_points,
        next_due_at=min(dues.values()),
        resolve_due_at=dues["resolve"],
        filed_at=now,
        last_word_at=now,
        demo=demo,
        **{name: getattr(request, name) for name in KEPT},
    )
    return Opening(
        ticket=ticket,
        actor=actor,
        prefix=f"{enterprise.park_code}-{now.astimezone(zone_time()).year}-",
        words=search_tokens(request.title, enterprise.name_zh, enterprise.name_en),
        clocks=clocks,
        idempotency=idempotency,
    )


def first_answer(*, actor: Actor, idempotency: tuple[str, bytes]) -> Filed:
    """Give the ticket first made under a key; raises Conflict when the content was another."""
    row = db.session.execute(
        sa.select(IdempotencyKey.request_hash, Ticket.id, Ticket.reference)
        .join(Ticket, Ticket.id == IdempotencyKey.ticket_id)
        .where(
            IdempotencyKey.membership_id == actor.membership_id,
            IdempotencyKey.key == idempotency[0],
        )
    ).one()
    if bytes(row.request_hash) != idempotency[1]:
        raise Conflict(
            _("This idempotency key was used for another request. Use a new key."),
            code="key_reused",
        )
    return Filed(row.id, row.reference, repeated=True)


def sent_before(*, actor: Actor, key: str) -> Filed | None:
    """Give the ticket that was made under one of the actor's keys, if any was."""
    row = db.session.execute(
        sa.select(Ticket.id, Ticket.reference)
        .join(IdempotencyKey, IdempotencyKey.ticket_id == Ticket.id)
        .where(IdempotencyKey.membership_id == actor.membership_id, IdempotencyKey.key == key)
    ).first()
    return Filed(row.id, row.reference, repeated=True) if row else None


def withdraw_ticket(*, actor: Actor, ticket_id: int, reason: str, now: datetime) -> Ticket:
    """Take a request back; whoever had it or was offered it is told, and their capacity is free
    again.
    """
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_WITHDRAW).ticket
    offered = db.session.execute(
        sa.update(Offer)
        .where(
            Offer.ticket_id == ticket.id,
            Offer.state == OfferState.OFFERED,
            Offer.in_parallel.is_(False),
        )
        .values(state=OfferState.WITHDRAWN, answered_at=now)
        .returning(Offer.id, Offer.institution_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    event = TicketWithdrawn(
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        institution_id=offered.institution_id if offered else ticket.institution_id,
        offer_id=offered.id if offered else None,
    )
    advance(ticket, Move.WITHDRAW, actor=actor, now=now, data={"reason": reason}, event=event)
    end_assignment(ticket, now=now)
    cancel_clocks(ticket, now=now)
    ticket.closed_at, ticket.waiting_reason = now, None
    spoke(ticket, actor=actor, now=now)
    db.session.flush()
    return ticket


def resubmit_ticket(*, actor: Actor, ticket_id: int, request: Request, now: datetime) -> Ticket:
    """Send a returned request again with what was missing.

    Acceptance is promised again, with its whole time from now on, as after any supplement
    (domain.md 2.4); how the first promise ended stays. The enterprise's own clock runs on with what
    it had left. Station and owner stay.
    """
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_RESUBMIT).ticket
    advance(
        ticket,
        Move.RESUBMIT,
        actor=actor,
        now=now,
        data={"was": snapshot(ticket)},
        event=TicketResubmitted(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id),
    )
    ticket.answers = request.answers
    for name in NAMES:
        # The form of what a station delivers by itself does not ask for consent.
        if name != "consent" or ticket.delivered_by != DeliveredBy.STATION:
            setattr(ticket, name, getattr(request, name))
    _find_by(ticket)
    promise = queries.promise_of(ticket.service_version_id, "accept")
    start_clock(
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        kind=ClockKind.ACCEPT,
        limit=Limit(promise.amount, promise.unit),
        now=now,
    )
    resume_clocks(ticket_id=ticket.id, now=now)
    spoke(ticket, actor=actor, now=now)
    project_clocks(ticket)
    return ticket


def _find_by(ticket: Ticket) -> None:
    """Let a ticket be found by the words it has now."""
    names = queries.enterprise_facts(ticket.enterprise_id)
    words = [*search_tokens(ticket.title, names.name_zh, names.name_en), ticket.reference.lower()]
    at_once(sa.update(TicketWords).where(TicketWords.ticket_id == ticket.id).values(words=words))


def files_for_itself(actor: Actor) -> bool:
    """Say whether the actor files for their own enterprise rather than on behalf of another."""
    return actor.role in ENTERPRISE_ROLES
