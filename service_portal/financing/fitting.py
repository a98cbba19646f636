"""Which products fit what an enterprise needs, and why: their terms, their institutions, and their
conditions on its facts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from service_portal.catalogue.rules import ServiceDefinition
from service_portal.directory.models import Enterprise, Institution, InstitutionScope
from service_portal.facts.expressions import Malformed, Missing, Undefined, Value, parse
from service_portal.facts.queries import facts_of
from service_portal.financing.models import LoanAnswer, LoanProduct
from service_portal.financing.rules import LIVE, Checked, Misfit, Terms, Wanted, misfits
from service_portal.kernel.db import db
from service_portal.kernel.reasons import Reason
from service_portal.tickets.codes import Rejection
from service_portal.tickets.models import Ticket
from service_portal.tickets.provider_rules import OfferWork, why_not_offer
from service_portal.tickets.providers import barred_pairs, read_providers
from service_portal.web.amounts import fen_in

# Why an institution offers nothing to anybody at present.
NOT_LENDING = {Rejection.NOT_ADMITTED, Rejection.LICENCE, Rejection.NOBODY_ANSWERS}


@dataclass(frozen=True, slots=True)
class Need:
    """What an enterprise in a park asks for, through some services, and whom it has asked."""

    enterprise_id: int
    park_id: int
    service_codes: Sequence[str]
    wanted: Wanted
    asked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Fit:
    """A product beside a need: what speaks against it, and its conditions one by one."""

    product: LoanProduct
    institution: Any
    against: Sequence[Reason]
    checks: Sequence[Checked]

    @property
    def fits(self) -> bool:
        """Say whether the enterprise may choose it."""
        return not self.against and all(one.holds for one in self.checks)

    @property
    def may_fit(self) -> bool:
        """Say whether nothing speaks against it, but something is not known."""
        unmet = any(one.holds is False for one in self.checks)
        return not self.against and not unmet and not self.fits

    @property
    def is_on_offer(self) -> bool:
        """Say whether its institution lends now, whomever and however much."""
        return not any(
            one.code == Misfit.ENDED or one.facts.get("why") in NOT_LENDING for one in self.against
        )


def products_for(ticket: Ticket, today: date) -> list[Fit]:
    """List the products of a request's service in its park, those that fit first."""
    asked = db.session.scalars(
        sa.select(LoanAnswer.institution_id).where(
            LoanAnswer.ticket_id == ticket.id, LoanAnswer.state.in_(LIVE)
        )
    )
    need = Need(
        ticket.enterprise_id,
        ticket.park_id,
        [ticket.service_code],
        wanted_by(ticket),
        frozenset(asked),
    )
    return fitting(need, today)


def wanted_by(ticket: Ticket) -> Wanted:
    """Read what a request asks for out of its answers."""
    amount = None if ticket.amount is None else int(Decimal(ticket.amount) * 100)
    return Wanted(amount, *_terms_in(ticket.answers))


def wanted_in(definition: ServiceDefinition, answers: Mapping[str, Any]) -> Wanted:
    """Read the same out of answers that nobody has checked yet; what can't be read is not said."""
    amount = fen_in(str(answers.get(definition.amount_field or "") or ""))
    return Wanted(amount, *_terms_in(answers))


def _terms_in(answers: Mapping[str, Any]) -> tuple[int | None, tuple[str, ...]]:
    months = str(answers.get("term_months") or "")
    return (
        int(months) if re.fullmatch(r"[0-9]{1,4}", months) else None,
        tuple(answers.get("guarantee_types") or ()),
    )


def fitting(need: Need, today: date) -> list[Fit]:
    """List the products of some services in a park: those that fit first, then those of which too
    little is known to say.
    """
    in_park = sa.and_(
        InstitutionScope.institution_id == LoanProduct.institution_id,
        InstitutionScope.service_code == LoanProduct.service_code,
        InstitutionScope.park_id == need.park_id,
    )
    rows = db.session.execute(
        sa.select(LoanProduct, Institution)
        .join(Institution, Institution.id == LoanProduct.institution_id)
        .join(InstitutionScope, in_park)
        .where(LoanProduct.service_code.in_(need.service_codes))
        .order_by(Institution.sort_key, Institution.id, LoanProduct.id)
    ).all()
    if not rows:
        return []
    rejected = _rejected(need, sorted({row.Institution.id for row in rows}), today)
    facts = newest_facts(need.enterprise_id, today)
    fits = []
    for product, institution in rows:
        against = misfits(terms_of(product), need.wanted, today)
        # How many cases an institution has at a time says nothing of a bank's loans.
        why = rejected[institution.id]
        if why is not None and why != "no_capacity":
            against.append(Reason(Misfit.INSTITUTION, {"why": why}))
        if institution.id in need.asked:
            against.append(Reason(Misfit.ASKED))
        checks = [check(text, facts) for text in conditions_of(product.condition)]
        fits.append(Fit(product, institution, against, checks))
    return sorted(fits, key=lambda one: (not one.fits, not one.may_fit))


def _rejected(need: Need, institution_ids: list[int], today: date) -> dict[int, str | None]:
    """Say why the pool does not offer the enterprise's requests to institutions."""
    enterprise = db.session.get_one(Enterprise, need.enterprise_id)
    controller = enterprise.controller
    work = OfferWork(0, enterprise.id, "", need.park_id, 0, frozenset(), controller)
    barred = barred_pairs([work])
    providers = read_providers(institution_ids, today)
    return {one.id: why_not_offer(work, one, *barred) for one in providers}


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
        expression = parse(text)
    except Malformed:
        return Checked(text, None)
    known = {name: facts[name] for name in sorted(expression.names) if name in facts}
    try:
        return Checked(text, expression.holds(facts), known=known)
    except Missing as missing:
        lacks = tuple(dict.fromkeys(code for code, _back in missing.codes))
        return Checked(text, None, lacks, known)
    except (Undefined, Malformed):
        return Checked(text, None, known=known)


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
