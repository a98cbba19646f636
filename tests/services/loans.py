"""What banks and enterprises do in tests of loans, and how a request stands."""

from __future__ import annotations

from datetime import date
from typing import Any

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.financing.accepting import accept_answer
from service_portal.financing.answering import (
    approve_line,
    refuse_request,
    take_up_request,
)
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing
from service_portal.tickets.models import Ticket
from service_portal.tickets.queries import see_ticket
from tests.factories.loans import (
    SOON,
    answer_from,
)

LINE: dict[str, Any] = {
    "line_fen": 2_000_000_00,
    "rate_bp": 55,
    "months": 24,
    "guarantee": "credit",
    "valid_until": date(2027, 11, 24),
    "revolving": True,
    "comment": "",
}
NO = {"reason_code": "over_indebted", "comment": "You owe too much for a firm of your size."}


def approve(bank: Actor, ticket: Ticket, **said: Any) -> None:
    take_up_request(actor=bank, ticket_id=ticket.id, now=SOON)
    approve_line(actor=bank, ticket_id=ticket.id, now=SOON, **{**LINE, **said})


def refuse(bank: Actor, ticket: Ticket) -> None:
    refuse_request(actor=bank, ticket_id=ticket.id, now=SOON, **NO)


def accept(owner: Actor, ticket: Ticket, bank: Actor, *, enough: bool = False) -> None:
    accept_answer(
        actor=owner,
        ticket_id=ticket.id,
        institution_id=bank.institution_id or 0,
        enough=enough,
        now=SOON,
    )


def state(ticket: Ticket, bank: Actor) -> str:
    return answer_from(ticket, bank.institution_id or 0).state


def status(ticket: Ticket) -> str:
    return db.session.get_one(Ticket, ticket.id, populate_existing=True).status


def can_read(bank: Actor, ticket: Ticket) -> bool:
    try:
        return see_ticket(ticket.id, actor=bank, permission=Permission.LOAN_ANSWER) is not None
    except Missing:
        return False
