"""Loans over the API: which institutions are asked, what each answers, and the acts on answers."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from marshmallow import fields
from werkzeug.wrappers import Response

from service_portal.access.actor import INSTITUTION_ROLES, Role
from service_portal.access.permissions import Permission
from service_portal.api import loan_shapes, repeating
from service_portal.api.addresses import of_ticket
from service_portal.api.answers import answer, both, stamp
from service_portal.api.blueprint import v1
from service_portal.api.bodies import body_of
from service_portal.api.fields import Flag, Number
from service_portal.api.input import fit, read_json
from service_portal.api.problems import Invalid
from service_portal.api.schemas import Body
from service_portal.financing.asking import ask_banks
from service_portal.financing.fitting import Fit, products_for
from service_portal.financing.moves import ACTS
from service_portal.financing.queries import answers_of, asks_in_parallel
from service_portal.financing.rules import MOST_BANKS
from service_portal.financing.words import say_checked, say_misfit
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.errors import Missing
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.queries import Seen
from service_portal.web.guards import requires

BY_NAME: dict[str, Act] = {act.name: act for act in ACTS if not act.own_page}


def _body(act: Act) -> Body:
    named = fields.String(required=True, metadata={"enum": [act.name]})
    return body_of(act, f"Loan{act.name.title().replace('_', '')}", act=named)


BODIES = {name: _body(act) for name, act in BY_NAME.items()}
_SHAPE_OF = {name: f"#/components/schemas/{type(body).__name__}" for name, body in BODIES.items()}
_SAID = {
    "oneOf": list(BODIES.values()),
    "discriminator": {"propertyName": "act", "mapping": _SHAPE_OF},
}
_BODY = {"content": {"application/json": {"schema": _SAID}}, "required": True}


class Asking(Body):
    """Which products are chosen, and that the consent is signed."""

    products = fields.List(
        Number(1, about="id of a product", required=True),
        required=True,
        metadata={"minItems": 1, "maxItems": MOST_BANKS},
    )
    agreed = Flag(
        required=True,
        metadata={"description": "the consent to the credit query is signed by the enterprise"},
    )


@v1.get("/tickets/<reference>/loan-answers", tags=["loans"])
@v1.response(200, loan_shapes.LoanAnswers)
@requires(Permission.LOAN_TALK)
@of_ticket
def loan_answers(seen: Seen) -> Response:
    """List what the institutions answer that were asked: an institution reads its own answer."""
    return answer(_said(seen))


@v1.get("/tickets/<reference>/loan-products", tags=["loans"])
@v1.response(200, loan_shapes.LoanProducts)
@requires(Permission.LOAN_ASK)
@of_ticket
def loan_products(seen: Seen) -> Response:
    """List the products of the request's service, those that fit first, and what speaks against the
    others.
    """
    if not asks_in_parallel(seen.ticket):
        raise Missing()
    today = now().astimezone(zone_time()).date()
    return answer(
        {
            "reference": seen.ticket.reference,
            "products": [_product(fit) for fit in products_for(seen.ticket, today)],
        }
    )


def _product(fit: Fit) -> dict[str, Any]:
    one = fit.product
    return {
        "id": one.id,
        "code": one.code,
        "name": both(one),
        "institution_id": one.institution_id,
        "institution_name": both(fit.institution),
        "answers_with": one.answers_with,
        "least_fen": one.least_fen,
        "most_fen": one.most_fen,
        "longest_months": one.longest_months,
        "rate_from_bp": one.rate_from_bp,
        "rate_to_bp": one.rate_to_bp,
        "guarantees": list(one.guarantees),
        "revolving": one.revolving,
        "fits": fit.fits,
        "against": [
            *(say_misfit(reason) for reason in fit.against),
            *(say_checked(condition) for condition in fit.checks if not condition.holds),
        ],
    }


@v1.post("/tickets/<reference>/loan-requests", tags=["loans"])
@v1.response(201, loan_shapes.LoanAnswers)
@requires(Permission.LOAN_ASK)
@of_ticket
@v1.arguments(Asking())
def ask_for_loans(seen: Seen, said: dict[str, Any]) -> Response:
    """Choose products, one of each institution, and sign the consent for these institutions.

    They get the request now, or once the station has accepted it.
    """
    if len(said["products"]) > MOST_BANKS:
        raise Invalid([("products", _("Ask at most %(most)d institutions.", most=MOST_BANKS))])
    with unit_of_work():
        ask_banks(
            actor=seen.actor,
            ticket_id=seen.ticket.id,
            product_ids=said["products"],
            agreed=said["agreed"],
            now=now(),
        )
    return answer(_said(seen), 201)


@v1.post("/tickets/<reference>/loan-acts", tags=["loans"])
@v1.response(200, loan_shapes.LoanActed, headers=repeating.ANSWERED)
@v1.doc(requestBody=_BODY, **repeating.DESCRIBED)
@requires(Permission.LOAN_TALK)
@of_ticket
def act_on_loan(seen: Seen) -> Response:
    """Act on an answer: an institution on its own, the enterprise and its station on the one of the
    institution that is named.

    With an `Idempotency-Key` a repetition does nothing twice.
    """
    said = read_json()
    name = said.get("act") if isinstance(said, dict) else None
    if not isinstance(name, str) or name not in BY_NAME:
        raise Invalid([("act", _("Choose from: %(choices)s.", choices=", ".join(BY_NAME)))])
    values, at, ticket = fit(BODIES[name], said), now(), seen.ticket
    values.pop("act")
    with unit_of_work():
        done_at = repeating.done_before(
            repeating.key_of(said),
            actor=seen.actor,
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            now=at,
        )
        if done_at is None:
            BY_NAME[name].service(actor=seen.actor, ticket_id=ticket.id, now=at, **values)
    headers = repeating.REPLAYED if done_at else repeating.FIRST
    return answer({**_said(seen), "act": name}, headers=headers)


def _said(seen: Seen) -> dict[str, Any]:
    """Write the answers that the actor may see. Raises Missing where nobody is asked side by side.

    Auditors judge acts, not contents.
    """
    if not asks_in_parallel(seen.ticket):
        raise Missing()
    actor = seen.actor
    return {
        "reference": seen.ticket.reference,
        "answers": [
            _answer(row, hidden=actor.role is Role.AUDITOR)
            for row in answers_of(seen.ticket.id)
            if actor.role not in INSTITUTION_ROLES
            or row.LoanAnswer.institution_id == actor.institution_id
        ],
    }


def _answer(row: Any, *, hidden: bool) -> dict[str, Any]:
    one = row.LoanAnswer
    return {
        "institution_id": one.institution_id,
        "name": both(row, "institution"),
        "product": row.product_code,
        "state": one.state,
        "asked_fen": one.asked_fen,
        "line_fen": one.line_fen,
        "share_percent": one.share_percent,
        "rate_bp": one.rate_bp,
        "months": one.months,
        "guarantee": one.guarantee,
        "valid_until": one.valid_until.isoformat() if one.valid_until else None,
        "revolving": one.revolving,
        "reason": one.reason_code,
        "comment": None if hidden else one.comment,
        "ended_by": one.ended_by,
        "received_at": stamp(one.received_at),
        "decided_at": stamp(one.decided_at),
        "accepted_at": stamp(one.accepted_at),
        "ended_at": stamp(one.ended_at),
        "consent_signed_at": stamp(row.signed_at),
    }
