"""A bank takes a request up, examines it, and approves, refuses or withdraws."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.events.catalog import LoanAnswered, LoansDecided, OfferAccepted
from service_portal.events.outbox import record
from service_portal.financing.booking import book_refusal, book_withdrawal
from service_portal.financing.models import LoanAnswer, LoanProduct
from service_portal.financing.queries import lock_answers, states_of
from service_portal.financing.rules import (
    AnswerState,
    AnswersWith,
    EndedBy,
    Guarantee,
    Step,
    all_answered,
)
from service_portal.financing.steps import take
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.money.codes import RefusalReason
from service_portal.sla.codes import ClockKind
from service_portal.tickets.clocks import stop_clock
from service_portal.tickets.codes import EntryKind, OfferState
from service_portal.tickets.models import Offer, Ticket
from service_portal.tickets.parallel import decided, end_offer, take_up
from service_portal.tickets.projection import project_clocks
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import Status
from service_portal.tickets.services import add_entry, spoke

LARGEST_RATE = 3000


def take_up_request(*, actor: Actor, ticket_id: int, now: datetime) -> LoanAnswer:
    """Say that the bank is in contact with the enterprise: its decision is owed from now on."""
    ticket, answer = _lock_own(ticket_id, actor)
    take(answer, Step.TAKE_UP)
    offer = offer_of(answer)
    take_up(ticket, offer, now=now)
    answer.contacted_at = now
    if ticket.first_contact_at is None:
        ticket.first_contact_at = now
        stop_clock(ClockKind.CONTACT, ticket_id=ticket.id, now=now)
        project_clocks(ticket)
    spoke(ticket, actor=actor, now=now)
    _say(ticket, answer, EntryKind.LOAN_TAKEN_UP, actor=actor, now=now)
    event = OfferAccepted(ticket.id, ticket.enterprise_id, offer.id, answer.institution_id)
    record(event, actor=actor, now=now)
    return answer


def examine_request(*, actor: Actor, ticket_id: int, now: datetime) -> LoanAnswer:
    """Say that the due diligence has begun."""
    ticket, answer = _lock_own(ticket_id, actor)
    take(answer, Step.EXAMINE)
    answer.examined_at = now
    _say(ticket, answer, EntryKind.LOAN_EXAMINED, actor=actor, now=now)
    return answer


def approve_line(
    *,
    actor: Actor,
    ticket_id: int,
    line_fen: int,
    rate_bp: int,
    months: int,
    guarantee: str,
    valid_until: date,
    revolving: bool,
    comment: str,
    now: datetime,
) -> LoanAnswer:
    """Approve a line: the enterprise may accept it until the day it is valid."""
    ticket, answer = _lock_own(ticket_id, actor)
    if _answers_with(answer) != AnswersWith.LINE:
        raise Conflict(_("A guarantor answers with a share of the risk, not with a line."))
    _check_terms(months, guarantee, valid_until, now=now)
    if line_fen <= 0:
        raise Refused(_("The line must be more than nothing."), field="line_fen")
    if abs(rate_bp) > LARGEST_RATE:
        raise Refused(_("Write the rate in basis points from the LPR."), field="rate_bp")
    answer.line_fen, answer.rate_bp, answer.revolving = line_fen, rate_bp, revolving
    said = {
        "line_fen": line_fen,
        "rate_bp": rate_bp,
        "months": months,
        "valid_until": valid_until.isoformat(),
    }
    _approve(ticket, answer, months, guarantee, valid_until, comment, actor=actor, now=now)
    _finish(ticket, answer, EntryKind.LOAN_APPROVED, said, actor=actor, now=now)
    return answer


def approve_share(
    *,
    actor: Actor,
    ticket_id: int,
    share_percent: int,
    months: int,
    guarantee: str,
    valid_until: date,
    comment: str,
    now: datetime,
) -> LoanAnswer:
    """Approve a guarantee for a share of the risk."""
    ticket, answer = _lock_own(ticket_id, actor)
    if _answers_with(answer) != AnswersWith.SHARE:
        raise Conflict(_("A bank answers with a line, not with a share of the risk."))
    _check_terms(months, guarantee, valid_until, now=now)
    if not 1 <= share_percent <= 100:
        raise Refused(_("The share is from 1 to 100 percent."), field="share_percent")
    answer.share_percent = share_percent
    said = {
        "share_percent": share_percent,
        "months": months,
        "valid_until": valid_until.isoformat(),
    }
    _approve(ticket, answer, months, guarantee, valid_until, comment, actor=actor, now=now)
    _finish(ticket, answer, EntryKind.LOAN_GUARANTEED, said, actor=actor, now=now)
    return answer


def _check_terms(months: int, guarantee: str, valid_until: date, *, now: datetime) -> None:
    if not 1 <= months <= 360:
        raise Refused(_("The term is from 1 to 360 months."), field="months")
    if guarantee not in set(Guarantee):
        raise Refused(_("Choose the guarantee."), field="guarantee")
    if valid_until < now.astimezone(zone_time()).date():
        raise Refused(
            _("The answer must be valid until today or a later day."), field="valid_until"
        )


def _approve(
    ticket: Ticket,
    answer: LoanAnswer,
    months: int,
    guarantee: str,
    valid_until: date,
    comment: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    take(answer, Step.APPROVE)
    answer.months, answer.guarantee, answer.valid_until = months, guarantee, valid_until
    answer.comment = comment
    answer.decided_at, answer.decided_by_id = now, actor.person_id
    decided(ticket, offer_of(answer), now=now)


def refuse_request(
    *, actor: Actor, ticket_id: int, reason_code: str, comment: str, now: datetime
) -> LoanAnswer:
    """Refuse, for a listed reason and in words that the enterprise reads; the bank reads nothing
    more.
    """
    if reason_code not in set(RefusalReason):
        raise Refused(_("Choose a reason."), field="reason_code")
    if not comment:
        raise Refused(_("Explain the reason to the enterprise in a sentence."), field="comment")
    ticket, answer = _lock_own(ticket_id, actor)
    take(answer, Step.REFUSE)
    answer.reason_code, answer.comment = reason_code, comment
    answer.decided_at, answer.decided_by_id, answer.ended_at = now, actor.person_id, now
    end_offer(ticket, offer_of(answer), OfferState.DECLINED, cancelled=False, now=now)
    book_refusal(answer, actor=actor, now=now)
    said = {"reason": reason_code, "comment": comment}
    _finish(ticket, answer, EntryKind.LOAN_REFUSED, said, actor=actor, now=now)
    return answer


def withdraw_answer(*, actor: Actor, ticket_id: int, comment: str, now: datetime) -> LoanAnswer:
    """Withdraw from a request, also with an approval that is not accepted yet, and say why."""
    if not comment:
        raise Refused(_("Explain the reason to the enterprise in a sentence."), field="comment")
    ticket, answer = _lock_own(ticket_id, actor)
    take(answer, Step.WITHDRAW)
    answer.comment, answer.ended_at, answer.ended_by = comment, now, EndedBy.BANK
    end_offer(ticket, offer_of(answer), OfferState.WITHDRAWN, cancelled=False, now=now)
    book_withdrawal(answer, actor=actor, now=now)
    _finish(ticket, answer, EntryKind.LOAN_WITHDRAWN, {"comment": comment}, actor=actor, now=now)
    return answer


def _lock_own(ticket_id: int, actor: Actor) -> tuple[Ticket, LoanAnswer]:
    """Lock a request and the answer of the actor's own institution to it."""
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.LOAN_ANSWER).ticket
    mine = [one for one in lock_answers(ticket.id) if one.institution_id == actor.institution_id]
    if not mine:
        raise Missing()
    return ticket, mine[0]


def offer_of(answer: LoanAnswer) -> Offer:
    """Give the offer an answer hangs on."""
    return db.session.get_one(Offer, answer.offer_id)


def _answers_with(answer: LoanAnswer) -> str:
    return str(db.session.get_one(LoanProduct, answer.product_id).answers_with)


def _say(
    ticket: Ticket,
    answer: LoanAnswer,
    kind: EntryKind,
    said: dict[str, Any] | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    data = {"institution_id": answer.institution_id, **(said or {})}
    add_entry(ticket, kind=kind, actor=actor, now=now, data=data)


def _finish(
    ticket: Ticket,
    answer: LoanAnswer,
    kind: EntryKind,
    said: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    _say(ticket, answer, kind, said, actor=actor, now=now)
    spoke(ticket, actor=actor, now=now)
    db.session.flush()
    event = LoanAnswered(ticket.id, ticket.enterprise_id, answer.id, answer.institution_id)
    record(event, actor=actor, now=now)
    answer_when_all_have(ticket, actor=actor, now=now)


def answer_when_all_have(ticket: Ticket, *, actor: Actor, now: datetime) -> None:
    """Let the request be answered once no institution has still to answer."""
    states = states_of(ticket.id)
    if ticket.status == Status.IN_PROGRESS and all_answered(states):
        approved = states.count(AnswerState.APPROVED)
        record(LoansDecided(ticket.id, ticket.enterprise_id, approved), actor=actor, now=now)
