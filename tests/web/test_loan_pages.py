"""The pages of loans: choosing banks, comparing answers, and a bank's own request."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Actor
from service_portal.financing.models import LoanProduct
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person
from service_portal.tickets.models import Message, Ticket
from tests.factories.loans import (
    answer_from,
    ask,
    bank_actor,
    create_product,
    create_request,
    station_actor,
)
from tests.factories.tickets import enterprise_actor
from tests.signing_in import SignedIn, sign_in

APPROVAL = {
    "line_fen": "2,000,000",
    "rate_bp": "-20",
    "months": "24",
    "guarantee": "credit",
    "valid_until": "2035-11-24",
    "revolving": "1",
    "comment": "You may draw it in parts.",
}


@pytest.fixture
def asker(db_session: None) -> Actor:
    """Somebody who asks for a loan."""
    return enterprise_actor()


@pytest.fixture
def products(db_session: None) -> list[LoanProduct]:
    """Products of two banks that last."""
    return [create_product(valid_until=None) for _ in range(2)]


@pytest.fixture
def loan(asker: Actor, products: list[LoanProduct]) -> Ticket:
    """A request that went to both banks just now."""
    ticket = create_request(asker)
    ask(asker, ticket, *products, now=now())
    return ticket


def browser(app: Flask, actor: Actor) -> SignedIn:
    """Let somebody sign in."""
    return sign_in(app, person=db.session.get_one(Person, actor.person_id))


def bank_of(app: Flask, product: LoanProduct) -> SignedIn:
    """Let the lead of a product's bank sign in."""
    return browser(app, bank_actor(product.institution_id))


def post(who: SignedIn, ticket: Ticket, act: str, **said: Any) -> str:
    """Send an act of a ticket's page and read where it leads."""
    page = f"/tickets/{ticket.id}/{act}"
    return who.post(page, data=said, follow_redirects=True).get_data(as_text=True)


def test_the_enterprise_chooses_what_fits_and_signs(
    app: Flask, asker: Actor, products: list[LoanProduct]
) -> None:
    ticket, small = create_request(asker), create_product(most_fen=1_000_000_00, valid_until=None)
    owner = browser(app, asker)
    page = owner.get(f"/tickets/{ticket.id}/choose-banks").get_data(as_text=True)
    assert products[0].name_en in page and small.name_en in page
    assert "It goes up to 1 m yuan." in page
    said = post(owner, ticket, "choose-banks", product_ids=[products[0].id], agreed="1")
    assert "Sent to 1 institution." in said
    assert products[0].name_en in said and products[1].name_en not in said


def test_without_a_signature_what_was_chosen_stays_chosen(
    app: Flask, asker: Actor, products: list[LoanProduct]
) -> None:
    ticket = create_request(asker)
    answer = browser(app, asker).post(
        f"/tickets/{ticket.id}/choose-banks", data={"product_ids": [products[1].id]}
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "Sign the consent" in page
    assert f'value="{products[1].id}" checked' in page


def test_a_bank_walks_a_request_to_its_approval(
    app: Flask, asker: Actor, loan: Ticket, products: list[LoanProduct]
) -> None:
    bank = bank_of(app, products[0])
    page = bank.get(f"/tickets/{loan.id}", follow_redirects=True).get_data(as_text=True)
    assert "We are in contact" in page and "Approve" not in page
    assert "Lin Wei" in page
    post(bank, loan, "take-up-loan")
    page = post(bank, loan, "examine-loan")
    assert "due diligence" in page
    page = post(bank, loan, "approve-loan", **APPROVAL)
    assert "LPR − 20 bp" in page and "2 m yuan" in page
    compared = browser(app, asker).get(f"/tickets/{loan.id}/banks").get_data(as_text=True)
    assert "Accept this answer" in compared and APPROVAL["comment"] in compared


def test_what_is_wrong_stands_on_the_banks_own_page(
    app: Flask, loan: Ticket, products: list[LoanProduct]
) -> None:
    bank = bank_of(app, products[0])
    post(bank, loan, "take-up-loan")
    answer = bank.post(
        f"/tickets/{loan.id}/approve-loan", data={**APPROVAL, "valid_until": "tomorrow"}
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Write a day, such as 2026-11-24." in page and 'value="2,000,000"' in page


def test_a_guarantor_is_asked_for_a_share(app: Flask, asker: Actor) -> None:
    product, ticket = create_product(answers_with="share", valid_until=None), create_request(asker)
    ask(asker, ticket, product, now=now())
    guarantor = bank_of(app, product)
    page = post(guarantor, ticket, "take-up-loan")
    assert "Share of the risk (percent)" in page and "Line (yuan)" not in page
    said = {**APPROVAL, "share_percent": "60", "guarantee": "guarantor"}
    assert "60 %" in post(guarantor, ticket, "approve-share", **said)


def test_a_refusal_reads_in_plain_words_and_leaves_the_bank(
    app: Flask, asker: Actor, loan: Ticket, products: list[LoanProduct]
) -> None:
    bank = bank_of(app, products[0])
    page = post(
        bank, loan, "refuse-loan", reason_code="over_indebted", comment="Too much for your size."
    )
    assert "no longer readable" in page and loan.title not in page
    compared = browser(app, asker).get(f"/tickets/{loan.id}/banks").get_data(as_text=True)
    assert "The enterprise owes too much already." in compared
    assert "Too much for your size." in compared


def test_the_enterprise_accepts_and_takes_back(
    app: Flask, asker: Actor, loan: Ticket, products: list[LoanProduct]
) -> None:
    bank, owner = bank_of(app, products[0]), browser(app, asker)
    post(bank, loan, "take-up-loan")
    post(bank, loan, "approve-loan", **APPROVAL)
    one, other = (product.institution_id for product in products)
    page = post(owner, loan, "accept-answer", institution_id=one)
    assert "approved, and accepted by the enterprise" in page
    assert answer_from(loan, one).line_id
    page = post(owner, loan, "take-back", institution_id=other)
    assert "taken back by the enterprise" in page
    assert bank_of(app, products[1]).get(f"/tickets/{loan.id}").status_code == 404


def test_a_bank_withdraws_its_approval_with_a_word(
    app: Flask, asker: Actor, loan: Ticket, products: list[LoanProduct]
) -> None:
    bank = bank_of(app, products[0])
    post(bank, loan, "take-up-loan")
    post(bank, loan, "approve-loan", **APPROVAL)
    post(bank, loan, "withdraw-answer", comment="The board has changed its mind.")
    page = browser(app, asker).get(f"/tickets/{loan.id}/banks").get_data(as_text=True)
    assert "withdrawn by the institution" in page
    assert "The board has changed its mind." in page


def test_the_station_sees_all_and_stops_waiting(
    app: Flask, loan: Ticket, products: list[LoanProduct]
) -> None:
    lead = browser(app, station_actor())
    page = lead.get(f"/tickets/{loan.id}").get_data(as_text=True)
    assert all(product.name_en in page for product in products)
    assert "Accept this answer" not in lead.get(f"/tickets/{loan.id}/banks").get_data(as_text=True)
    page = post(lead, loan, "stop-waiting", institution_id=products[0].institution_id)
    assert "ended by the station" in page


def test_each_bank_reads_its_own_conversation_only(
    app: Flask, asker: Actor, loan: Ticket, products: list[LoanProduct]
) -> None:
    owner = browser(app, asker)
    for product in products:
        word = f"A word to {product.code}"
        whose = product.institution_id
        assert word in post(owner, loan, "write-to-bank", institution_id=whose, body=word)
    one, other = products
    page = post(bank_of(app, one), loan, "write-to-bank", body="And one back")
    assert f"A word to {one.code}" in page and "And one back" in page
    assert other.code not in page
    written = sa.select(sa.func.count(Message.id)).where(Message.institution_id.is_not(None))
    assert db.session.scalar(written) == 3
    assert "A word to" not in owner.get(f"/tickets/{loan.id}").get_data(as_text=True)


def test_another_bank_and_another_enterprise_find_nothing(
    app: Flask, loan: Ticket, products: list[LoanProduct]
) -> None:
    offer = answer_from(loan, products[0].institution_id).offer_id
    assert bank_of(app, products[1]).get(f"/loan-offers/{offer}").status_code == 404
    stranger = browser(app, enterprise_actor())
    for page in ("banks", "choose-banks"):
        assert stranger.get(f"/tickets/{loan.id}/{page}").status_code == 404


def test_the_pages_speak_chinese(
    app: Flask, asker: Actor, loan: Ticket, products: list[LoanProduct]
) -> None:
    db.session.get_one(Person, asker.person_id).locale = "zh"
    owner = browser(app, asker)
    page = owner.get(f"/tickets/{loan.id}/banks").get_data(as_text=True)
    assert "各机构答复" in page and products[0].name_zh in page
