"""Reads products as they fit a request, the answers to it, and each bank's own conversation."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from service_portal.catalogue.queries import definition
from service_portal.directory.models import Enterprise, Institution, InstitutionScope
from service_portal.facts.expressions import Malformed, Missing, Undefined, Value, parse
from service_portal.facts.queries import facts_of
from service_portal.financing.models import CreditConsent, LoanAnswer, LoanProduct
from service_portal.financing.rules import (
    LIVE,
    AnswerState,
    Checked,
    Misfit,
    Terms,
    Wanted,
    misfits,
)
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.reasons import Reason
from service_portal.people.models import Person
from service_portal.tickets.clock_models import Clock
from service_portal.tickets.models import Message, Offer, Ticket
from service_portal.tickets.provider_rules import OfferWork, why_not_offer
from service_portal.tickets.providers import barred_pairs, read_providers
from service_portal.tickets.queries import LIVE_OFFERS

MOST_LINES = 300


@dataclass(frozen=True, slots=True)
class Fit:
    """A product beside a request: what speaks against it, and its conditions one by one."""

    product: LoanProduct
    institution: Any
    against: Sequence[Reason]
    checks: Sequence[Checked]

    @property
    def fits(self) -> bool:
        """Say whether the enterprise may choose it."""
        return not self.against and all(one.holds for one in self.checks)


def wanted_by(ticket: Ticket) -> Wanted:
    """Read what a request asks for out of its answers."""
    months = str(ticket.answers.get("term_months") or "")
    return Wanted(
        amount_fen=None if ticket.amount is None else int(Decimal(ticket.amount) * 100),
        months=int(months) if months.isdigit() else None,
        guarantees=tuple(ticket.answers.get("guarantee_types") or ()),
    )


def newest_facts(enterprise_id: int, today: date) -> dict[tuple[str, int], Value]:
    """Give what counts of an enterprise, each fact by how many years it lies before the newest that
    is known of it.
    """
    known = facts_of(enterprise_id, today.year)
    newest: dict[str, int] = {}
    for code, back in known:
        newest[code] = min(back, newest.get(code, back))
    return {(code, back - newest[code]): value for (code, back), value in known.items()}


def conditions_of(text: str) -> list[str]:
    """Give the parts of a condition that must all hold, each for itself."""
    if not text.strip():
        return []
    try:
        tree = parse(text).tree
    except Malformed:
        return [text]
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [ast.unparse(part) for part in tree.values]
    return [text]


def check(text: str, facts: Mapping[tuple[str, int], Value]) -> Checked:
    """Look whether a condition holds; it is None where a fact lacks or nothing can be computed."""
    try:
        return Checked(text, parse(text).holds(facts))
    except Missing as missing:
        return Checked(text, None, tuple(dict.fromkeys(code for code, _back in missing.codes)))
    except (Undefined, Malformed):
        return Checked(text, None)


def products_for(ticket: Ticket, today: date) -> list[Fit]:
    """List the products of a request's service in its park, those that fit first."""
    in_park = sa.and_(
        InstitutionScope.institution_id == LoanProduct.institution_id,
        InstitutionScope.service_code == LoanProduct.service_code,
        InstitutionScope.park_id == ticket.park_id,
    )
    rows = db.session.execute(
        sa.select(LoanProduct, Institution)
        .join(Institution, Institution.id == LoanProduct.institution_id)
        .join(InstitutionScope, in_park)
        .where(LoanProduct.service_code == ticket.service_code)
        .order_by(Institution.sort_key, Institution.id, LoanProduct.id)
    ).all()
    if not rows:
        return []
    enterprise = db.session.get_one(Enterprise, ticket.enterprise_id)
    ids = sorted({row.Institution.id for row in rows})
    work = OfferWork(
        ticket.id,
        ticket.enterprise_id,
        ticket.service_code,
        ticket.park_id,
        0,
        frozenset(),
        enterprise.controller,
    )
    barred = barred_pairs([work])
    rejected = {one.id: why_not_offer(work, one, *barred) for one in read_providers(ids, today)}
    asked = set(_live_institutions(ticket.id))
    wanted, facts = wanted_by(ticket), newest_facts(ticket.enterprise_id, today)
    fits = []
    for product, institution in rows:
        against = misfits(terms_of(product), wanted, today)
        # How many cases an institution has at a time says nothing of a bank's loans.
        why = rejected[institution.id]
        if why is not None and why != "no_capacity":
            against.append(Reason(Misfit.INSTITUTION, {"why": why}))
        if institution.id in asked:
            against.append(Reason(Misfit.ASKED))
        checks = [check(text, facts) for text in conditions_of(product.condition)]
        fits.append(Fit(product, institution, against, checks))
    return sorted(fits, key=lambda one: not one.fits)


def terms_of(product: LoanProduct) -> Terms:
    """Make the plain value the rules work with."""
    return Terms(
        product.least_fen,
        product.most_fen,
        product.longest_months,
        product.guarantees,
        product.valid_from,
        product.valid_until,
    )


def _live_institutions(ticket_id: int) -> Sequence[int]:
    return db.session.scalars(
        sa.select(LoanAnswer.institution_id).where(
            LoanAnswer.ticket_id == ticket_id, LoanAnswer.state.in_(LIVE)
        )
    ).all()


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
