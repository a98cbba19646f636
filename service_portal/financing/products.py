"""Institutions keep their products, administrators everybody's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.access.policy import Scope, scope_of
from service_portal.catalogue.queries import CurrentService, services
from service_portal.facts.expressions import Malformed, parse
from service_portal.facts.kinds import KINDS
from service_portal.facts.sorts import Sort, Unsound, check_sort
from service_portal.facts.words import say_unread, say_unsound
from service_portal.financing.models import LoanProduct
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing, Refused


def loan_services() -> list[CurrentService]:
    """List the services whose requests go to several institutions side by side."""
    return [one for one in services().values() if one.definition.in_parallel]


def product_names(
    codes: Iterable[str] | None, *, institution_id: int | None = None
) -> dict[str, Any]:
    """Give the names of products by their codes, or of all: what one institution calls its own, or
    what most call them.
    """
    query = (
        sa.select(LoanProduct.code, LoanProduct.name_en, LoanProduct.name_zh)
        .group_by(LoanProduct.code, LoanProduct.name_en, LoanProduct.name_zh)
        .order_by(LoanProduct.code, sa.func.count(), sa.func.min(LoanProduct.id).desc())
    )
    if codes is not None:
        query = query.where(LoanProduct.code.in_(set(codes)))
    if institution_id is not None:
        query = query.where(LoanProduct.institution_id == institution_id)
    # The last one of a code is the one that most use.
    return {row.code: row for row in db.session.execute(query)}


def own_product(actor: Actor, product_id: int) -> LoanProduct:
    """Give a product the actor may change. Foreign and missing both raise Missing."""
    product = db.session.get(LoanProduct, product_id)
    if product is None or not _may_keep(actor, product.institution_id):
        raise Missing()
    return product


def _may_keep(actor: Actor, institution_id: int) -> bool:
    scope = scope_of(actor, Permission.PRODUCT_EDIT)
    mine = scope is Scope.SHARE and actor.institution_id == institution_id
    return scope is Scope.ZONE or mine


def save_product(*, actor: Actor, product_id: int | None, values: dict[str, Any]) -> LoanProduct:
    """Make or change a product; what was asked for before keeps its own terms."""
    if not _may_keep(actor, values["institution_id"]):
        raise Missing()
    if values["service_code"] not in {one.code for one in loan_services()}:
        raise Refused(_("Choose a loan service."), field="service_code")
    if values["least_fen"] > values["most_fen"]:
        raise Refused(_("The smallest sum is larger than the largest."), field="least")
    if values["rate_from_bp"] > values["rate_to_bp"]:
        raise Refused(_("The lowest rate is higher than the highest."), field="rate_from_bp")
    if values["valid_until"] and values["valid_until"] < values["valid_from"]:
        raise Refused(_("It ends before it begins."), field="valid_until")
    _check_condition(values["condition"])
    taken = db.session.scalar(
        sa.select(LoanProduct.id).where(
            LoanProduct.institution_id == values["institution_id"],
            LoanProduct.code == values["code"],
        )
    )
    if taken is not None and taken != product_id:
        raise Refused(_("Another product of the institution has this code."), field="code")
    if product_id is None:
        product = LoanProduct(**values)
        db.session.add(product)
    else:
        product = own_product(actor, product_id)
        for name, value in values.items():
            setattr(product, name, value)
    db.session.flush()
    return product


def _check_condition(text: str) -> None:
    if not text:
        return
    try:
        expression = parse(text)
        check_sort(expression.tree, Sort.CONDITION)
    except (Malformed, Unsound) as error:
        why = say_unread(error) if isinstance(error, Malformed) else say_unsound(error)
        raise Refused(why, field="condition") from error
    unknown = sorted(code for code, _back in expression.names if code not in KINDS)
    if unknown:
        raise Refused(_("Nobody knows the fact “%(code)s”.", code=unknown[0]), field="condition")
