"""Loans over the API: the same acts, answers of one's own only, nothing done twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from service_portal.access.actor import Actor, Role
from service_portal.financing.models import LoanProduct
from service_portal.kernel.clock import now
from service_portal.tickets.models import Ticket
from service_portal.tickets.rules import Status
from tests.factories.loans import ask, bank_actor, create_product, create_request
from tests.services.programs import Program, program_of

APPROVAL: dict[str, Any] = {
    "act": "approve_loan",
    "line_fen": 2_000_000_00,
    "rate_bp": -20,
    "months": 24,
    "guarantee": "credit",
    "valid_until": "2035-11-24",
    "revolving": True,
}


@pytest.fixture
def lasting(db_session: None) -> list[LoanProduct]:
    """Products of two banks that last."""
    return [create_product(valid_until=None) for _ in range(2)]


@pytest.fixture
def sent(asker: Actor, lasting: list[LoanProduct]) -> Ticket:
    """A request that went to both just now."""
    ticket = create_request(asker)
    ask(asker, ticket, *lasting, now=now())
    return ticket


def bank(app: Flask, product: LoanProduct) -> Program:
    """Give the program of a product's bank."""
    return program_of(app, bank_actor(product.institution_id))


def act(who: Program, ticket: Ticket, said: dict[str, Any], **headers: str) -> Any:
    """Act on an answer."""
    return who.post(f"/tickets/{ticket.reference}/loan-acts", said, **headers)


def test_the_enterprise_reads_what_fits_and_asks(
    app: Flask, asker: Actor, lasting: list[LoanProduct]
) -> None:
    ticket, owner = create_request(asker), program_of(app, asker)
    small = create_product(most_fen=1_000_000_00, valid_until=None)
    found = owner.get(f"/tickets/{ticket.reference}/loan-products").get_json()["products"]
    assert [one["id"] for one in found if one["fits"]] == [one.id for one in lasting]
    assert [one["against"] for one in found if one["id"] == small.id] == [
        ["It goes up to 1 m yuan."]
    ]
    page = f"/tickets/{ticket.reference}/loan-requests"
    assert owner.post(page, {"products": [small.id], "agreed": True}).status_code == 422
    assert owner.post(page, {"products": [lasting[0].id], "agreed": False}).status_code == 422
    answer = owner.post(page, {"products": [one.id for one in lasting], "agreed": True})
    assert answer.status_code == 201
    assert [one["state"] for one in answer.get_json()["answers"]] == ["received", "received"]


def test_banks_answer_and_the_enterprise_accepts(
    app: Flask, asker: Actor, sent: Ticket, lasting: list[LoanProduct]
) -> None:
    one, other = (bank(app, product) for product in lasting)
    act(one, sent, {"act": "refuse_loan", "reason_code": "documents", "comment": "No accounts."})
    act(other, sent, {"act": "take_up_loan"})
    act(other, sent, {"act": "examine_loan"})
    assert act(other, sent, APPROVAL).status_code == 200
    owner = program_of(app, asker)
    said = {"act": "accept_answer", "institution_id": lasting[1].institution_id}
    accepted = act(owner, sent, said).get_json()
    assert [answer["state"] for answer in accepted["answers"]] == ["refused", "approved"]
    assert accepted["answers"][0]["reason"] == "documents"
    assert accepted["answers"][1]["accepted_at"]
    assert owner.get(f"/tickets/{sent.reference}").get_json()["status"] == Status.ANSWERED


def test_a_bank_reads_its_own_answer_only(
    app: Flask, sent: Ticket, lasting: list[LoanProduct]
) -> None:
    answers = bank(app, lasting[0]).get(f"/tickets/{sent.reference}/loan-answers").get_json()
    assert [one["product"] for one in answers["answers"]] == [lasting[0].code]


def test_whoever_was_not_asked_finds_nothing(
    app: Flask, sent: Ticket, as_role: Callable[..., Program]
) -> None:
    for role in (Role.INSTITUTION_LEAD, Role.ENTERPRISE_OWNER):
        found = as_role(role).get(f"/tickets/{sent.reference}/loan-answers")
        assert found.status_code == 404


def test_an_act_that_is_not_possible_is_a_conflict(
    app: Flask, sent: Ticket, lasting: list[LoanProduct]
) -> None:
    answer = act(bank(app, lasting[0]), sent, APPROVAL)
    assert answer.status_code == 409 and answer.get_json()["code"] == "illegal_step"


def test_an_unknown_act_and_a_wrong_field_are_named(
    app: Flask, sent: Ticket, lasting: list[LoanProduct]
) -> None:
    who = bank(app, lasting[0])
    assert act(who, sent, {"act": "lend"}).status_code == 422
    act(who, sent, {"act": "take_up_loan"})
    answer = act(who, sent, {**APPROVAL, "valid_until": "soon"})
    assert [one["field"] for one in answer.get_json()["errors"]] == ["valid_until"]


def test_with_a_key_nothing_is_written_twice(
    app: Flask, sent: Ticket, lasting: list[LoanProduct]
) -> None:
    who = bank(app, lasting[0])
    said = {"act": "write_to_bank", "body": "Your accounts, if we may ask."}
    first = act(who, sent, said, Idempotency_Key="loan-talk-1")
    again = act(who, sent, said, Idempotency_Key="loan-talk-1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
