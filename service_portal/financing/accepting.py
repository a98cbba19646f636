"""The enterprise accepts one answer or several, and a line is opened for each."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.events.catalog import LoanAccepted
from service_portal.events.outbox import record
from service_portal.financing.answering import answer_when_all_have
from service_portal.financing.booking import book_line
from service_portal.financing.ending import end_those_waiting, locked_answer
from service_portal.financing.models import LoanAnswer
from service_portal.financing.rules import AnswerState
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.services import add_entry, spoke


def accept_answer(
    *,
    actor: Actor,
    ticket_id: int,
    institution_id: int,
    enough: bool,
    now: datetime,
) -> LoanAnswer:
    """Accept an institution's answer; with `enough` nobody else is waited for."""
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.LOAN_ACCEPT).ticket
    answer = locked_answer(ticket, institution_id)
    if answer.state != AnswerState.APPROVED or answer.valid_until is None:
        raise Conflict(_("This institution has not approved anything yet."))
    if answer.accepted_at is not None:
        raise Conflict(_("You have accepted this answer already."), code="accepted_already")
    if answer.valid_until < now.astimezone(zone_time()).date():
        raise Conflict(
            _(
                "This answer was valid until %(day)s. Ask the institution for a new one.",
                day=answer.valid_until.isoformat(),
            ),
            code="answer_ended",
        )
    answer.accepted_at, answer.accepted_by_id = now, actor.person_id
    book_line(answer, actor=actor, now=now)
    add_entry(
        ticket,
        kind=EntryKind.LOAN_ACCEPTED,
        actor=actor,
        now=now,
        data={"institution_id": institution_id},
    )
    spoke(ticket, actor=actor, now=now)
    db.session.flush()
    event = LoanAccepted(ticket.id, ticket.enterprise_id, answer.id, institution_id)
    record(event, actor=actor, now=now)
    if enough:
        end_those_waiting(ticket, actor=actor, now=now)
        answer_when_all_have(ticket, actor=actor, now=now)
    return answer
