"""Approvals that nobody accepts: the enterprise is reminded once, and they end with their last
day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from service_portal.access.actor import SYSTEM
from service_portal.events.catalog import LoanExpired, LoanReminded
from service_portal.events.outbox import record
from service_portal.financing.booking import book_withdrawal
from service_portal.financing.ending import end_reading
from service_portal.financing.models import LoanAnswer
from service_portal.financing.queries import lock_answers
from service_portal.financing.rules import AnswerState, Step
from service_portal.financing.steps import take
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.tickets.codes import EntryKind, OfferState
from service_portal.tickets.models import Ticket
from service_portal.tickets.services import add_entry

REMINDED_AFTER = timedelta(days=3)

_WAITS = (LoanAnswer.state == AnswerState.APPROVED, LoanAnswer.accepted_at.is_(None))


def look_after_approvals(*, now: datetime, limit: int = 200) -> int:
    """Remind of approvals that have waited for days, end those whose last day is over, and count
    both.
    """
    today = now.astimezone(zone_time()).date()
    is_over = LoanAnswer.valid_until < today
    is_late = sa.and_(
        LoanAnswer.decided_at <= now - REMINDED_AFTER, LoanAnswer.reminded_at.is_(None)
    )
    ids = db.session.scalars(
        sa.select(LoanAnswer.ticket_id)
        .where(*_WAITS, sa.or_(is_over, is_late))
        .order_by(LoanAnswer.ticket_id)
        .limit(limit)
    ).all()
    if not ids:
        return 0
    tickets = db.session.scalars(
        sa.select(Ticket)
        .where(Ticket.id.in_(ids))
        .order_by(Ticket.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    waiting = [
        (ticket, answer)
        for ticket in tickets
        for answer in lock_answers(ticket.id)
        if answer.state == AnswerState.APPROVED and answer.accepted_at is None
    ]
    over = [pair for pair in waiting if pair[1].valid_until and pair[1].valid_until < today]
    late = [
        pair
        for pair in waiting
        if pair not in over and pair[1].reminded_at is None and _waits_for_days(pair[1], now)
    ]
    for ticket, answer in over:
        _expire(ticket, answer, now=now)
    for ticket, answer in late:
        answer.reminded_at = now
        record(LoanReminded(ticket.id, ticket.enterprise_id, answer.id), actor=SYSTEM, now=now)
    db.session.flush()
    return len(over) + len(late)


def _waits_for_days(answer: LoanAnswer, now: datetime) -> bool:
    return answer.decided_at is not None and answer.decided_at <= now - REMINDED_AFTER


def _expire(ticket: Ticket, answer: LoanAnswer, *, now: datetime) -> None:
    take(answer, Step.LAPSE)
    answer.ended_at = now
    end_reading(ticket, answer, OfferState.EXPIRED, cancelled=False, actor=SYSTEM, now=now)
    book_withdrawal(answer, actor=SYSTEM, now=now)
    data = {"institution_id": answer.institution_id, "approved": True}
    add_entry(ticket, kind=EntryKind.LOAN_LAPSED, actor=SYSTEM, now=now, data=data)
    event = LoanExpired(ticket.id, ticket.enterprise_id, answer.id)
    record(event, actor=SYSTEM, now=now)
