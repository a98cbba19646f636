"""Ways off the straight road: taken back, no longer waited for, lapsed, ended with the request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from service_portal.access.actor import ENTERPRISE_ROLES, SYSTEM, Actor
from service_portal.access.permissions import Permission
from service_portal.events.catalog import LoanEnded, LoanLapsed, LoanStopped, TicketEvent
from service_portal.events.outbox import record
from service_portal.financing.answering import answer_when_all_have, offer_of
from service_portal.financing.booking import book_withdrawal
from service_portal.financing.models import CreditConsent, LoanAnswer
from service_portal.financing.queries import asks_in_parallel, lock_answers
from service_portal.financing.rules import WAITING, AnswerState, EndedBy, Step
from service_portal.financing.steps import take
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing
from service_portal.tickets.codes import EntryKind, OfferState
from service_portal.tickets.models import Ticket
from service_portal.tickets.parallel import end_offer
from service_portal.tickets.providers import ANSWERS_SQL
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.services import add_entry, spoke

_IS_LAPSED = f"""o.state = 'offered' AND o.in_parallel
        AND (o.answer_due_at <= :now OR NOT {ANSWERS_SQL})"""
_LAPSED = sa.text(f"""
    SELECT o.ticket_id FROM offer AS o JOIN institution AS i ON i.id = o.institution_id
    WHERE {_IS_LAPSED} ORDER BY o.ticket_id LIMIT :limit
""")
_LAPSED_OF = sa.text(f"""
    SELECT o.id FROM offer AS o JOIN institution AS i ON i.id = o.institution_id
    WHERE o.ticket_id = :ticket AND {_IS_LAPSED}
""")


def take_back(*, actor: Actor, ticket_id: int, institution_id: int, now: datetime) -> LoanAnswer:
    """Take a request back from one institution with the consent: it reads nothing more.

    An answer that was accepted stands; then it is the consent alone that ends.
    """
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.LOAN_ASK).ticket
    answer = locked_answer(ticket, institution_id)
    if answer.accepted_at is None:
        _end(ticket, answer, Step.TAKE_BACK, EndedBy.ENTERPRISE, actor=actor, now=now)
    else:
        end_reading(ticket, answer, OfferState.WITHDRAWN, cancelled=True, actor=actor, now=now)
    _revoke(ticket, [institution_id], actor=actor, now=now)
    _say(ticket, answer, EntryKind.LOAN_TAKEN_BACK, actor=actor, now=now)
    answer_when_all_have(ticket, actor=actor, now=now)
    return answer


def stop_waiting(*, actor: Actor, ticket_id: int, institution_id: int, now: datetime) -> LoanAnswer:
    """End the wait for an institution that does not answer, as the station that has the request."""
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.LOAN_FOLLOW).ticket
    answer = locked_answer(ticket, institution_id)
    _end(ticket, answer, Step.STOP_WAITING, EndedBy.STATION, actor=actor, now=now)
    _say(ticket, answer, EntryKind.LOAN_STOPPED, actor=actor, now=now)
    record(LoanStopped(ticket.id, ticket.enterprise_id, answer.id), actor=actor, now=now)
    answer_when_all_have(ticket, actor=actor, now=now)
    return answer


def locked_answer(ticket: Ticket, institution_id: int) -> LoanAnswer:
    """Lock the live answer of an institution to a locked request. Raises Missing."""
    for one in lock_answers(ticket.id):
        if one.institution_id == institution_id:
            return one
    raise Missing()


def lapse_unanswered(*, now: datetime, limit: int = 200) -> int:
    """Let requests lapse that a bank did not take up in time, or nobody is left to answer, and
    count them.
    """
    ids = db.session.scalars(_LAPSED, {"now": now, "limit": limit}).all()
    if not ids:
        return 0
    tickets = db.session.scalars(
        sa.select(Ticket)
        .where(Ticket.id.in_(ids))
        .order_by(Ticket.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    return sum(_lapse(ticket, now=now) for ticket in tickets)


def _lapse(ticket: Ticket, *, now: datetime) -> int:
    late = db.session.scalars(_LAPSED_OF, {"now": now, "ticket": ticket.id}).all()
    lapsed = [
        one
        for one in lock_answers(ticket.id)
        if one.offer_id in late and one.state == AnswerState.RECEIVED
    ]
    for answer in lapsed:
        take(answer, Step.LAPSE)
        answer.ended_at = now
        end_reading(ticket, answer, OfferState.EXPIRED, cancelled=False, actor=SYSTEM, now=now)
        book_withdrawal(answer, actor=SYSTEM, now=now)
        _say(ticket, answer, EntryKind.LOAN_LAPSED, actor=SYSTEM, now=now)
        db.session.flush()
        event = LoanLapsed(ticket.id, ticket.enterprise_id, answer.id)
        record(event, actor=SYSTEM, now=now)
    if lapsed:
        answer_when_all_have(ticket, actor=SYSTEM, now=now)
    return len(lapsed)


def end_all(event: TicketEvent, *, actor: Actor, now: datetime) -> None:
    """End whatever a request that ends here still asks of institutions, and revoke the consents.

    What the enterprise has accepted stands.
    """
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if not asks_in_parallel(ticket):
        return
    open_answers = [one for one in lock_answers(ticket.id) if one.accepted_at is None]
    by = _side(actor)
    for answer in open_answers:
        _end(ticket, answer, _step_of(by), by, actor=actor, now=now)
    _revoke(ticket, [one.institution_id for one in open_answers], actor=actor, now=now)


def end_waiting(event: TicketEvent, *, actor: Actor, now: datetime) -> None:
    """Wait for no institution any more once a request is answered."""
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if not asks_in_parallel(ticket):
        return
    end_those_waiting(ticket, actor=actor, now=now)


def end_those_waiting(ticket: Ticket, *, actor: Actor, now: datetime) -> None:
    """End the requests that no institution has answered yet."""
    by = _side(actor)
    for answer in lock_answers(ticket.id):
        if answer.state in WAITING:
            _end(ticket, answer, _step_of(by), by, actor=actor, now=now)


def _side(actor: Actor) -> EndedBy:
    return EndedBy.ENTERPRISE if actor.role in ENTERPRISE_ROLES else EndedBy.STATION


def _step_of(by: EndedBy) -> Step:
    return Step.TAKE_BACK if by is EndedBy.ENTERPRISE else Step.STOP_WAITING


def _end(
    ticket: Ticket, answer: LoanAnswer, step: Step, by: EndedBy, *, actor: Actor, now: datetime
) -> None:
    take(answer, step)
    answer.ended_at, answer.ended_by = now, by
    end_reading(ticket, answer, OfferState.WITHDRAWN, cancelled=True, actor=actor, now=now)
    book_withdrawal(answer, actor=actor, now=now)
    db.session.flush()


def end_reading(
    ticket: Ticket,
    answer: LoanAnswer,
    state: OfferState,
    *,
    cancelled: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Let an institution read nothing more of a request, and tell it."""
    if answer.offer_id is None:
        return
    end_offer(ticket, offer_of(answer), state, cancelled=cancelled, now=now)
    about = answer.id, answer.institution_id, answer.offer_id
    record(LoanEnded(ticket.id, ticket.enterprise_id, *about), actor=actor, now=now)


def _revoke(ticket: Ticket, institution_ids: Sequence[int], *, actor: Actor, now: datetime) -> None:
    db.session.execute(
        sa.update(CreditConsent)
        .where(
            CreditConsent.ticket_id == ticket.id,
            CreditConsent.institution_id.in_(institution_ids),
            CreditConsent.revoked_at.is_(None),
        )
        .values(revoked_at=now, revoked_by_id=actor.person_id)
        .execution_options(synchronize_session=False)
    )


def _say(
    ticket: Ticket, answer: LoanAnswer, kind: EntryKind, *, actor: Actor, now: datetime
) -> None:
    add_entry(
        ticket, kind=kind, actor=actor, now=now, data={"institution_id": answer.institution_id}
    )
    spoke(ticket, actor=actor, now=now)


def answer_if_all_have(event: TicketEvent, *, actor: Actor, now: datetime) -> None:
    """Answer a request that goes on after a pause in which the last institution answered."""
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if asks_in_parallel(ticket):
        answer_when_all_have(ticket, actor=actor, now=now)
