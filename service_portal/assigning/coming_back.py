"""A case is the station's again: it takes it back, the institution gives it back, or an offer that
nobody has answered is withdrawn.

The promise to the enterprise runs on, the institution's own time ends, and what it has delivered
stays counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor, Role
from service_portal.access.permissions import Permission
from service_portal.assigning.bouncing import note_bounce
from service_portal.events.catalog import CaseGivenBack, CaseTakenBack, OfferWithdrawn
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Refused
from service_portal.sla.codes import ClockKind
from service_portal.tickets.choices import GIVE_BACKS, TAKE_BACKS
from service_portal.tickets.clocks import cancel_clock, end_wait, stop_clock
from service_portal.tickets.codes import EntryAudience, OfferState
from service_portal.tickets.models import Offer, Ticket
from service_portal.tickets.own_time import own_time_is_over
from service_portal.tickets.projection import project_clocks
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import CAUSED_BY, Move, Status, next_status
from service_portal.tickets.services import advance
from service_portal.tickets.words import refusal


def take_back(
    *,
    actor: Actor,
    ticket_id: int,
    reason_code: str,
    words: str,
    now: datetime,
    agreed: bool = False,
    ask_next: bool = False,
) -> Ticket:
    """Take a case back from the institution that has it.

    A lead may at any time; a member once the institution's own time is over, or where the
    institution agrees. People choose who goes on, unless the pool is let `ask_next`.
    """
    _check(reason_code, words, among=TAKE_BACKS)
    ticket, offer = _lock(ticket_id, Move.TAKE_BACK, actor, Permission.CASE_TAKE_BACK)
    needs_consent = actor.role is Role.STATION_MEMBER and not own_time_is_over(ticket, now=now)
    if needs_consent and not agreed:
        raise Refused(
            _(
                "The institution still has time of its own. Ask whether it agrees, then note that"
                " it does; or let your lead take the case back."
            ),
            field="agreed",
        )
    ticket.turns += 1
    ticket.by_hand = not ask_next
    _end(
        ticket,
        offer,
        OfferState.TAKEN_BACK,
        move=Move.TAKE_BACK,
        event=CaseTakenBack(**_about(offer)),
        said={
            "reason": reason_code,
            "words": words,
            "agreed": needs_consent,
            "ask_next": ask_next,
        },
        actor=actor,
        now=now,
    )
    return ticket


def give_back(
    *, actor: Actor, ticket_id: int, reason_code: str, words: str, now: datetime
) -> Ticket:
    """Give a case back that one's institution has taken: it counts as a bounce, and the next
    institution is asked as after one.
    """
    _check(reason_code, words, among=GIVE_BACKS)
    ticket, offer = _lock(ticket_id, Move.GIVE_BACK, actor, Permission.CASE_GIVE_BACK)
    _end(
        ticket,
        offer,
        OfferState.GIVEN_BACK,
        move=Move.GIVE_BACK,
        event=CaseGivenBack(**_about(offer)),
        said={"reason": reason_code, "words": words},
        actor=actor,
        now=now,
    )
    note_bounce(ticket, now=now)
    return ticket


def withdraw_offer(
    *, actor: Actor, ticket_id: int, reason: str, now: datetime, ask_next: bool = False
) -> Ticket:
    """Withdraw an offer that the institution has not answered; its time to answer is neither kept
    nor broken.
    """
    ticket, offer = _lock(ticket_id, Move.WITHDRAW_OFFER, actor, Permission.OFFER_WITHDRAW)
    offer.state, offer.answered_at, offer.comment = OfferState.WITHDRAWN, now, reason
    cancel_clock(ClockKind.OFFER, ticket_id=ticket.id, now=now)
    ticket.turns += 1
    ticket.by_hand = not ask_next
    advance(
        ticket,
        Move.WITHDRAW_OFFER,
        actor=actor,
        now=now,
        event=OfferWithdrawn(**_about(offer)),
        data={"institution_id": offer.institution_id, "reason": reason, "ask_next": ask_next},
        audience=EntryAudience.STAFF,
    )
    db.session.flush()
    return ticket


def _check(reason_code: str, words: str, *, among: Mapping[str, Any]) -> None:
    if reason_code not in among:
        raise Refused(_("Choose a reason."), field="reason_code")
    if not words:
        raise Refused(_("Say in a sentence why; the other side reads it."), field="words")


def _lock(ticket_id: int, move: Move, actor: Actor, permission: Permission) -> tuple[Ticket, Offer]:
    """Lock a ticket and the one offer by which an institution has it or was asked.

    Raises Conflict where the move is not legal, or the station does the work itself.
    """
    ticket = lock_ticket(ticket_id, actor=actor, permission=permission).ticket
    wanted = OfferState.OFFERED if move is Move.WITHDRAW_OFFER else OfferState.ACCEPTED
    offer = db.session.scalars(
        sa.select(Offer)
        .where(Offer.ticket_id == ticket.id, Offer.state == wanted, Offer.in_parallel.is_(False))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if offer is None or next_status(Status(ticket.status), move) is None:
        raise Conflict(refusal(Status(ticket.status)), code="illegal_move")
    return ticket, offer


def _end(
    ticket: Ticket,
    offer: Offer,
    state: OfferState,
    *,
    move: Move,
    event: CaseTakenBack | CaseGivenBack,
    said: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    party = CAUSED_BY[said["reason"]]
    offer.state, offer.ended_at, offer.party = state, now, party
    offer.reason_code, offer.comment = said["reason"], said["words"]
    stop_clock(ClockKind.HANDLE, ticket_id=ticket.id, now=now)
    if ticket.status == Status.ON_HOLD:
        end_wait(ticket_id=ticket.id, now=now)
    ticket.institution_id = None
    data = {"institution_id": offer.institution_id, "party": party, **said}
    advance(ticket, move, actor=actor, now=now, event=event, data=data)
    project_clocks(ticket)
    db.session.flush()


def _about(offer: Offer) -> dict[str, int]:
    return {
        "ticket_id": offer.ticket_id,
        "enterprise_id": offer.enterprise_id,
        "offer_id": offer.id,
        "institution_id": offer.institution_id,
    }
