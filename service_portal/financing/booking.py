"""What becomes of an answer in the ledger of money; guarantors answer for a share instead."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.financing.models import LoanAnswer, LoanProduct
from service_portal.financing.rules import AnswersWith
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.money.codes import RefusalReason
from service_portal.money.models import CreditLine
from service_portal.money.services import (
    open_line,
    record_application,
    refuse_application,
    withdraw_application,
)
from service_portal.tickets.models import Ticket


def book_request(answer: LoanAnswer, *, actor: Actor, now: datetime) -> None:
    """Book that a bank has received a request; each time it gets it anew, once."""
    product = db.session.get_one(LoanProduct, answer.product_id)
    if product.answers_with != AnswersWith.LINE or not answer.asked_fen:
        return
    before = db.session.scalar(
        sa.select(sa.func.count()).where(
            LoanAnswer.ticket_id == answer.ticket_id,
            LoanAnswer.institution_id == answer.institution_id,
            LoanAnswer.application_id.is_not(None),
        )
    )
    answer.application_id = record_application(
        actor=actor,
        enterprise_id=answer.enterprise_id,
        institution_id=answer.institution_id,
        product_code=product.code,
        amount=answer.asked_fen,
        day=_day(now),
        now=now,
        ticket_id=answer.ticket_id,
        first_time=_is_first_loan(answer),
        own_code=str(before + 1) if before else "",
    )


def _is_first_loan(answer: LoanAnswer) -> bool:
    """Say whether the enterprise has had no line here and says that it owes nothing elsewhere."""
    ticket = db.session.get_one(Ticket, answer.ticket_id)
    owes = ticket.answers.get("existing_debt")
    if owes is None or Decimal(str(owes)):
        return False
    lines = sa.select(CreditLine.id).where(CreditLine.enterprise_id == answer.enterprise_id)
    return db.session.scalar(lines.limit(1)) is None


def book_refusal(answer: LoanAnswer, *, actor: Actor, now: datetime) -> None:
    """Book that the bank refused."""
    if answer.application_id is not None and answer.reason_code is not None:
        refuse_application(
            actor=actor,
            application_id=answer.application_id,
            reason_code=RefusalReason(answer.reason_code),
            day=_day(now),
            now=now,
        )


def book_withdrawal(answer: LoanAnswer, *, actor: Actor, now: datetime) -> None:
    """Book that a request ended without an answer that stands."""
    if answer.application_id is not None:
        withdraw_application(
            actor=actor, application_id=answer.application_id, day=_day(now), now=now
        )


def book_line(answer: LoanAnswer, *, actor: Actor, now: datetime) -> None:
    """Book the line of an answer that was accepted."""
    if answer.application_id is None or not answer.line_fen or answer.valid_until is None:
        return
    answer.line_id = open_line(
        actor=actor,
        application_id=answer.application_id,
        amount=answer.line_fen,
        revolving=answer.revolving,
        valid_until=answer.valid_until,
        day=_day(now),
        now=now,
    )


def _day(now: datetime) -> date:
    return now.astimezone(zone_time()).date()
