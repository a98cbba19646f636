"""Banks keep their products, administrators everybody's: terms, and conditions on figures."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from service_portal.financing.models import LoanProduct
from service_portal.kernel.db import db
from service_portal.people.models import Person
from tests.factories.loans import bank_actor, create_product
from tests.signing_in import SignedIn, sign_in

PRODUCT = {
    "service_code": "FIN-01",
    "code": "test-loan",
    "name_zh": "测试贷",
    "name_en": "Test loan",
    "answers_with": "line",
    "least": "100000",
    "most": "5000000",
    "longest_months": "36",
    "rate_from_bp": "-20",
    "rate_to_bp": "80",
    "guarantees": ["credit", "ip"],
    "condition": "points >= 60 and revenue <= 20000000000",
    "valid_from": "2026-01-01",
    "valid_until": "",
}


@pytest.fixture
def products(db_session: None) -> list[LoanProduct]:
    """Products of two banks that last."""
    return [create_product(valid_until=None) for _ in range(2)]


def bank_of(app: Flask, product: LoanProduct) -> SignedIn:
    """Let the lead of a product's bank sign in."""
    person = db.session.get_one(Person, bank_actor(product.institution_id).person_id)
    return sign_in(app, person=person)


def test_a_bank_keeps_its_own_products(app: Flask, products: list[LoanProduct]) -> None:
    bank = bank_of(app, products[0])
    said = {**PRODUCT, "institution_id": products[0].institution_id}
    page = bank.post("/loan-products/new", data=said, follow_redirects=True).get_data(as_text=True)
    assert "test-loan" in page and products[0].code in page and products[1].code not in page
    assert bank.get(f"/loan-products/{products[1].id}").status_code == 404
    said["institution_id"] = products[1].institution_id
    assert bank.post("/loan-products/new", data={**said, "code": "x-1"}).status_code == 422


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"condition": "points >= "}, "It breaks off, or a sign is missing"),
        ({"condition": "revenue + 1"}, "Something that holds or not must stand here"),
        ({"condition": "revenue and points >= 60"}, "Something that holds or not must stand here"),
        ({"condition": "stars > 3"}, "Nobody knows the fact “stars”."),
        ({"least": "9000000"}, "The smallest sum is larger than the largest."),
        ({"valid_until": "2025-01-01"}, "It ends before it begins."),
        ({"rate_from_bp": "90"}, "The lowest rate is higher than the highest."),
        ({"guarantees": []}, "Choose at least one guarantee."),
    ],
)
def test_what_makes_no_product_is_said(
    app: Flask, admin: SignedIn, products: list[LoanProduct], said: dict[str, Any], sentence: str
) -> None:
    whose = {"institution_id": products[0].institution_id}
    answer = admin.post("/loan-products/new", data={**PRODUCT, **whose, **said})
    assert answer.status_code == 422 and sentence in answer.get_data(as_text=True)


def test_whoever_writes_a_condition_sees_how_it_is_said(
    app: Flask, admin: SignedIn, products: list[LoanProduct]
) -> None:
    whose = {"institution_id": products[0].institution_id}
    admin.post(f"/loan-products/{products[0].id}", data={**PRODUCT, **whose})
    shown = admin.get(f"/loan-products/{products[0].id}").text
    assert "It says: Innovation points ≥ 60 and Revenue ≤ 200 m yuan" in shown
    assert "<code>points_stage</code>" in shown and "<code>rd_expense</code>" in shown


def test_an_administrator_changes_any_product(
    app: Flask, admin: SignedIn, products: list[LoanProduct]
) -> None:
    shown = admin.get(f"/loan-products/{products[0].id}").get_data(as_text=True)
    assert products[0].name_zh in shown
    said = {**PRODUCT, "institution_id": products[0].institution_id}
    admin.post(f"/loan-products/{products[0].id}", data=said)
    db.session.expire_all()
    assert db.session.get_one(LoanProduct, products[0].id).most_fen == 5_000_000_00
