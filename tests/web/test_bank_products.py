"""An enterprise sees which products of banks would fit before it files, and begins with one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Actor, Role
from service_portal.facts.rules import Source
from service_portal.facts.services import record_fact
from service_portal.financing.models import LoanProduct
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person
from service_portal.tickets.models import Ticket
from tests.factories.directory import station
from tests.factories.loans import create_product
from tests.factories.tickets import enterprise_actor
from tests.signing_in import SignedIn, sign_in

FORM = "/tickets/new/FIN-01"
ASKED = {
    "title": "Three million for a second line",
    "description": "We want to buy a five-axis machining centre.",
    "contact_name": "Lin Wei",
    "contact_phone": "0757-123456",
    "answer_amount_cny": "3,000,000",
    "answer_purpose": "A machining centre",
    "answer_term_months": "24",
    "answer_guarantee_types": ["credit"],
    "answer_existing_debt": "0",
}


@pytest.fixture
def asker(db_session: None) -> Actor:
    """Somebody who asks for a loan, whose enterprise says its revenue and not its staff."""
    actor = enterprise_actor()
    know(actor, "revenue", 90_000_000_00)
    return actor


@pytest.fixture
def owner(app: Flask, asker: Actor) -> SignedIn:
    """Their browser."""
    return sign_in(app, person=db.session.get_one(Person, asker.person_id))


def know(actor: Actor, code: str, value: int) -> None:
    """Let a figure of an enterprise be known."""
    whose = {"enterprise_id": actor.enterprise_id or 0, "year": 2025, "now": now()}
    about: Any = {"code": code, "value": Decimal(value), "source": Source.OWN, **whose}
    record_fact(actor=actor, **about)


def product(**values: Any) -> LoanProduct:
    """Make a product that lasts."""
    return create_product(valid_until=None, **values)


def box(one: LoanProduct) -> str:
    """Give how the box of a product begins with which it is chosen."""
    return f'name="product_ids" value="{one.id}"'


def test_the_form_says_which_products_fit_and_why(owner: SignedIn) -> None:
    good = product(condition="revenue >= 5000000000")
    poor = product(condition="revenue >= 50000000000")
    open_one = product(condition="staff <= 300")
    page = owner.get(FORM).text
    assert "1 product fits what stands above." in page
    assert box(good) in page and box(poor) not in page and box(open_one) not in page
    assert "Revenue ≥ 50 m yuan" in page and "yours: 90 m yuan" in page
    assert "1 product may fit" in page and "Fill in your figures" in page
    assert "1 product does not fit: why?" in page


def test_what_is_typed_narrows_them(owner: SignedIn) -> None:
    one = product()
    part = owner.get("/bank-products/FIN-01/fitting", query_string=ASKED).text
    assert box(one) in part and "<html" not in part
    more = {**ASKED, "answer_amount_cny": "30,000,000"}
    part = owner.get("/bank-products/FIN-01/fitting", query_string=more).text
    assert box(one) not in part and "It goes up to 10 m yuan." in part


@pytest.mark.parametrize(
    "said",
    [
        {"answer_amount_cny": "NaN", "answer_term_months": "²"},
        {"answer_amount_cny": "9" * 400, "answer_term_months": "9" * 400},
        {"answer_guarantee_types": ["?"] * 50, "product_ids": ["x", "9" * 40, "-1"]},
    ],
)
def test_nonsense_counts_as_unsaid(owner: SignedIn, said: dict[str, Any]) -> None:
    product()
    answer = owner.get("/bank-products/FIN-01/fitting", query_string=said)
    assert answer.status_code == 200 and "fit" in answer.text


@pytest.mark.parametrize("service", ["POL-03", "NO-99"])
def test_other_services_have_no_products(owner: SignedIn, service: str) -> None:
    product()
    assert owner.get(f"/bank-products/{service}/fitting").status_code == 404


def test_a_form_that_asks_no_banks_says_nothing_of_them(owner: SignedIn) -> None:
    product()
    assert "product_ids" not in owner.get("/tickets/new/POL-03").text


def test_at_the_desk_nobody_chooses_for_an_enterprise(app: Flask, asker: Actor) -> None:
    product(condition="revenue >= 1")
    member = sign_in(app, Role.STATION_MEMBER, station_id=station().id)
    page = member.get(f"{FORM}?enterprise_id={asker.enterprise_id}")
    assert page.status_code == 200 and "product_ids" not in page.text and "90 m" not in page.text


def test_a_request_begins_with_a_product_and_leads_to_the_signature(owner: SignedIn) -> None:
    one, other = product(), product()
    listed = owner.get("/bank-products").text
    assert f"product_ids={one.id}" in listed and f"product_ids={other.id}" in listed
    form = owner.get(f"{FORM}?product_ids={one.id}").text
    assert f"{box(one)} checked" in form and f"{box(other)} checked" not in form
    sent = owner.post(FORM, data={**ASKED, "product_ids": [one.id]})
    ticket = db.session.scalars(sa.select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
    assert sent.location == f"/tickets/{ticket.id}/choose-banks?product_ids={one.id}"
    page = owner.get(sent.location).text
    assert f"We have your request, {ticket.reference}." in page
    assert f"{box(one)} checked" in page and "I sign this consent" in page


def test_what_was_unticked_on_the_next_page_is_not_asked(owner: SignedIn) -> None:
    one, other = product(), product()
    owner.post(FORM, data={**ASKED, "product_ids": [one.id]})
    ticket = db.session.scalars(sa.select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
    page = f"/tickets/{ticket.id}/choose-banks?product_ids={one.id}"
    said = owner.post(page, data={"product_ids": [other.id], "agreed": "1"}, follow_redirects=True)
    assert other.name_en in said.text and one.name_en not in said.text


def test_what_is_chosen_beside_a_form_is_kept_with_its_draft(owner: SignedIn) -> None:
    one = product()
    owner.post("/drafts/FIN-01", data={**ASKED, "product_ids": [one.id]})
    assert f"{box(one)} checked" in owner.get(FORM).text


def test_a_request_without_a_choice_says_what_comes_next(owner: SignedIn) -> None:
    product()
    page = owner.post(FORM, data=ASKED, follow_redirects=True).text
    assert "We have your request" in page and "Choose banks" in page


def test_a_mistake_in_the_form_keeps_the_choice(owner: SignedIn) -> None:
    one = product()
    page = owner.post(FORM, data={**ASKED, "title": "", "product_ids": [one.id]})
    assert page.status_code == 422 and f"{box(one)} checked" in page.text


def test_banks_that_lend_to_nobody_now_are_not_listed(owner: SignedIn) -> None:
    ended, open_one = create_product(), product()
    ended.valid_until = ended.valid_from
    db.session.commit()
    page = owner.get("/bank-products").text
    assert open_one.name_en in page and ended.name_en not in page


def test_without_products_the_page_says_what_to_do(owner: SignedIn) -> None:
    assert "Ask your station for a loan all the same" in owner.get("/bank-products").text


def test_banks_and_stations_have_no_such_page(app: Flask, asker: Actor) -> None:
    for role in (Role.INSTITUTION_LEAD, Role.STATION_MEMBER, Role.MANAGER):
        assert sign_in(app, role).get("/bank-products").status_code == 403, role


def test_the_pages_speak_chinese(owner: SignedIn, asker: Actor) -> None:
    one = product(condition="revenue >= 5000000000")
    db.session.get_one(Person, asker.person_id).locale = "zh"
    page = owner.get("/bank-products").text
    assert "银行产品" in page and one.name_zh in page and "贵企业：9,000 万元" in page


def test_a_condition_that_cant_be_computed_is_not_known_to_hold(owner: SignedIn) -> None:
    one = product(condition="revenue and points >= 60")
    db.session.commit()
    answer = owner.get(FORM)
    assert answer.status_code == 200 and box(one) not in answer.text


def test_a_stage_is_said_as_the_published_version_calls_it(owner: SignedIn, asker: Actor) -> None:
    product(condition='points_stage == "growth"')
    db.session.get_one(Person, asker.person_id).locale = "zh"
    assert "积分所属阶段 = 成长期" in owner.get("/bank-products").text


def test_a_figure_is_said_briefly_unless_that_would_seem_to_meet_a_condition(
    owner: SignedIn, asker: Actor
) -> None:
    know(asker, "revenue", 4_999_999_00)
    know(asker, "assets", 38_659_329_82)
    product(condition="revenue >= 500000000 and assets >= 500000000")
    page = owner.get("/bank-products").text
    assert "yours: 4,999,999 yuan" in page and "yours: 38.66 m yuan" in page
