"""What the API answers about the institutions that are asked for a loan."""

from __future__ import annotations

from collections.abc import Iterable

from marshmallow import fields

from service_portal.api.shapes import Shape, _moment, _one_of, _words
from service_portal.financing.rules import AnswerState, AnswersWith, EndedBy, Guarantee
from service_portal.money.codes import RefusalReason


def _or_none(words: Iterable[str]) -> fields.String:
    return fields.String(allow_none=True, metadata={"enum": [*(str(word) for word in words), None]})


class LoanAnswer(Shape):
    """How far one institution is with a request, and what it answers; money is in fen."""

    institution_id = fields.Integer()
    name = _words()
    product = fields.String(metadata={"description": "code of the product"})
    state = _one_of(AnswerState)
    asked_fen = fields.Integer(allow_none=True)
    line_fen = fields.Integer(allow_none=True)
    share_percent = fields.Integer(allow_none=True)
    rate_bp = fields.Integer(
        allow_none=True, metadata={"description": "basis points from the loan prime rate"}
    )
    months = fields.Integer(allow_none=True)
    guarantee = _or_none(Guarantee)
    valid_until = fields.String(allow_none=True, metadata={"format": "date"})
    revolving = fields.Boolean()
    reason = _or_none(RefusalReason)
    comment = fields.String(allow_none=True)
    ended_by = _or_none(EndedBy)
    received_at, decided_at, accepted_at, ended_at = (_moment() for _ in range(4))
    consent_signed_at = _moment("null once the consent has ended")


class LoanAnswers(Shape):
    """The answers that the token may see: an institution sees its own."""

    reference = fields.String()
    answers = fields.List(fields.Nested(LoanAnswer))


class LoanActed(LoanAnswers):
    """The answers after an act."""

    act = fields.String()


class LoanProduct(Shape):
    """A product beside a request."""

    id, institution_id = fields.Integer(), fields.Integer()
    code = fields.String(metadata={"description": "the same for products of the same kind"})
    name, institution_name = _words(), _words()
    answers_with = _one_of(AnswersWith)
    least_fen, most_fen = fields.Integer(), fields.Integer()
    longest_months, rate_from_bp, rate_to_bp = (fields.Integer() for _ in range(3))
    guarantees = fields.List(_one_of(Guarantee))
    revolving = fields.Boolean()
    fits = fields.Boolean(metadata={"description": "whether it may be chosen"})
    against = fields.List(
        fields.String(), metadata={"description": "what speaks against it, in sentences"}
    )


class LoanProducts(Shape):
    """The products of a request's service."""

    reference = fields.String()
    products = fields.List(fields.Nested(LoanProduct))
