"""Reads the answers to a request, and each bank's own conversation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from service_portal.catalogue.queries import definition
from service_portal.directory.models import Enterprise, Institution
from service_portal.financing.models import CreditConsent, LoanAnswer, LoanProduct
from service_portal.financing.rules import (
    LIVE,
    AnswerState,
)
from service_portal.kernel.db import AnyRow, db
from service_portal.people.models import Person
from service_portal.tickets.clock_models import Clock
from service_portal.tickets.codes import LIVE_OFFERS
from service_portal.tickets.models import Message, Offer, Ticket
from service_portal.tickets.providers import answers_sql

MOST_LINES = 300


_ANSWERS = (
    sa.select(
        LoanAnswer,
        LoanProduct.code.label("product_code"),
        LoanProduct.name_en.label("product_en"),
        LoanProduct.name_zh.label("product_zh"),
        LoanProduct.answers_with,
        Institution.name_en.label("institution_en"),
        Institution.name_zh.label("institution_zh"),
        CreditConsent.signed_at,
        sa.literal_column(answers_sql("institution"), sa.Boolean).label("can_answer"),
    )
    .join(LoanProduct, LoanProduct.id == LoanAnswer.product_id)
    .join(Institution, Institution.id == LoanAnswer.institution_id)
    .outerjoin(
        CreditConsent,
        sa.and_(
            CreditConsent.ticket_id == LoanAnswer.ticket_id,
            CreditConsent.institution_id == LoanAnswer.institution_id,
            CreditConsent.revoked_at.is_(None),
        ),
    )
)


def answers_of(ticket_id: int) -> Sequence[AnyRow]:
    """List every institution's answer to a request, in the order in which they were asked."""
    query = _ANSWERS.where(LoanAnswer.ticket_id == ticket_id).order_by(LoanAnswer.id)
    return db.session.execute(query).all()


def answer_by_offer(offer_id: int, institution_id: int) -> AnyRow | None:
    """Give an institution's own answer by the offer it hangs on, with its consent."""
    mine = sa.and_(LoanAnswer.offer_id == offer_id, LoanAnswer.institution_id == institution_id)
    return db.session.execute(_ANSWERS.where(mine)).one_or_none()


def consent_stands(ticket_id: int, institution_id: int) -> bool:
    """Say whether an enterprise's consent stands that an institution reads its request."""
    standing = sa.exists().where(
        CreditConsent.ticket_id == ticket_id,
        CreditConsent.institution_id == institution_id,
        CreditConsent.revoked_at.is_(None),
    )
    return bool(db.session.scalar(sa.select(standing)))


def lock_answers(ticket_id: int) -> Sequence[LoanAnswer]:
    """Lock the live answers to a locked request, freshly read."""
    return db.session.scalars(
        sa.select(LoanAnswer)
        .where(LoanAnswer.ticket_id == ticket_id, LoanAnswer.state.in_(LIVE))
        .order_by(LoanAnswer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def states_of(ticket_id: int) -> list[AnswerState]:
    """Give how far every institution is with a request."""
    states = db.session.scalars(
        sa.select(LoanAnswer.state).where(LoanAnswer.ticket_id == ticket_id)
    )
    return [AnswerState(state) for state in states]


_TALK = (
    sa.select(
        Message.id,
        Message.at,
        Message.author_role,
        Message.author_name.label("name"),
        Person.name_en.label("person_en"),
        Person.name_zh.label("person_zh"),
        Message.body,
        Message.institution_id,
    )
    .outerjoin(Person, Person.id == Message.author_id)
    .where(Message.institution_id.is_not(None))
    .order_by(Message.at.desc(), Message.id.desc())
    .limit(MOST_LINES)
)


def talks_of(ticket_id: int) -> dict[int, list[AnyRow]]:
    """Read the conversations with all institutions of a request, each oldest first."""
    found: dict[int, list[AnyRow]] = {}
    for row in db.session.execute(_TALK.where(Message.ticket_id == ticket_id)).all()[::-1]:
        found.setdefault(row.institution_id, []).append(row)
    return found


def talk_with(ticket_id: int, institution_id: int) -> Sequence[AnyRow]:
    """Read the conversation with one institution, oldest first."""
    one = sa.and_(Message.ticket_id == ticket_id, Message.institution_id == institution_id)
    return db.session.execute(_TALK.where(one)).all()[::-1]


def asks_in_parallel(ticket: Ticket) -> bool:
    """Say whether a request goes to several institutions side by side."""
    return definition(ticket.service_version_id).in_parallel


def desk_answers(institution_id: int, *, before: int | None, size: int) -> Sequence[AnyRow]:
    """List an institution's requests, the newest first, one more than `size`.

    Of those it may no longer read, it sees what it answered, and not whom.
    """
    is_live = Offer.state.in_(LIVE_OFFERS)
    query = (
        sa.select(
            LoanAnswer,
            Ticket.reference,
            sa.case((is_live, Ticket.title)).label("title"),
            sa.case((is_live, Enterprise.name_en)).label("enterprise_en"),
            sa.case((is_live, Enterprise.name_zh)).label("enterprise_zh"),
            is_live.label("is_live"),
            LoanProduct.name_en.label("product_en"),
            LoanProduct.name_zh.label("product_zh"),
            LoanProduct.answers_with,
        )
        .join(Ticket, Ticket.id == LoanAnswer.ticket_id)
        .join(Offer, Offer.id == LoanAnswer.offer_id)
        .join(Enterprise, Enterprise.id == LoanAnswer.enterprise_id)
        .join(LoanProduct, LoanProduct.id == LoanAnswer.product_id)
        .where(LoanAnswer.institution_id == institution_id)
        .order_by(LoanAnswer.id.desc())
        .limit(size + 1)
    )
    if before is not None:
        query = query.where(LoanAnswer.id < before)
    return db.session.execute(query).all()


def due_of(ticket_id: int) -> dict[int, datetime]:
    """Give until when each institution owes its next answer, by its offer."""
    rows = db.session.execute(
        sa.select(Clock.offer_id, Clock.due_at).where(
            Clock.ticket_id == ticket_id,
            Clock.offer_id.is_not(None),
            Clock.stopped_at.is_(None),
        )
    )
    return {offer_id: due_at for offer_id, due_at in rows if offer_id and due_at}
