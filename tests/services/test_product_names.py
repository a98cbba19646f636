"""Sums by product are said with the names of products: by what most banks call them, to a bank by
what it calls its own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from service_portal.access.actor import Actor, Role
from service_portal.financing.models import LoanProduct
from service_portal.financing.products import product_names
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.money.booking import local_day
from service_portal.money.services import open_line, record_application
from tests.factories.directory import create_enterprise
from tests.factories.loans import bank_actor, create_product
from tests.services.programs import Program

Browser = Callable[..., FlaskClient]


def kind_of(name_en: str, name_zh: str) -> LoanProduct:
    """Let another bank offer a product of the same kind by a name of its own."""
    return create_product(code="equipment", name_en=name_en, name_zh=name_zh, valid_until=None)


@pytest.fixture
def three(db_session: None) -> list[LoanProduct]:
    """Three banks: two say equipment loan, one says machine loan; that one has a line, too."""
    made = [
        kind_of("Machine loan", "机器贷"),
        kind_of("Equipment loan", "设备贷"),
        kind_of("Equipment loan", "设备贷"),
    ]
    for one in made[:2]:
        lend(bank_actor(one.institution_id), one.code)
    lend(bank_actor(made[0].institution_id), "gone")
    db.session.commit()
    return made


def lend(bank: Actor, code: str) -> None:
    """Open a line of a product."""
    about: Any = {"actor": bank, "amount": 1_000_000_00, "day": local_day(now()), "now": now()}
    asked = record_application(
        enterprise_id=create_enterprise().id,
        institution_id=bank.institution_id or 0,
        product_code=code,
        own_code=f"{code}-1",
        **about,
    )
    until = local_day(now()).replace(year=2035, day=1)
    open_line(application_id=asked, revolving=False, valid_until=until, **about)


def exported(client: FlaskClient, path: str) -> list[dict[str, str]]:
    """Read a file of the finance pages."""
    text = client.get(path).get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


def test_most_decide_the_name_and_a_bank_its_own(three: list[LoanProduct]) -> None:
    assert product_names(["equipment"])["equipment"].name_en == "Equipment loan"
    own = product_names(["equipment"], institution_id=three[0].institution_id)
    assert own["equipment"].name_zh == "机器贷"


def test_page_and_files_say_names(three: list[LoanProduct], client_as: Browser) -> None:
    manager = client_as(Role.MANAGER)
    page = manager.get("/finance?by=product").text
    assert ">Equipment loan</a>" in page and ">gone</a>" in page and ">equipment</a>" not in page
    assert ">设备贷</a>" in client_as(Role.MANAGER, locale="zh").get("/finance?by=product").text
    rows = exported(manager, "/finance/export.csv?by=product")
    assert [(row["Product"], row["Code"]) for row in rows] == [
        ("Equipment loan", "equipment"),
        ("gone", "gone"),
    ]
    entries = exported(manager, "/finance/entries/export.csv?product=equipment")
    assert {(row["product_code"], row["product"]) for row in entries} == {
        ("equipment", "Equipment loan")
    }


@pytest.mark.parametrize("path", ["/finance/entries", "/finance/lines"])
def test_lists_say_names(three: list[LoanProduct], client_as: Browser, path: str) -> None:
    page = client_as(Role.MANAGER).get(path).text
    assert "Equipment loan" in page and "Machine loan" not in page


def test_a_page_is_narrowed_to_a_product_by_its_name(
    three: list[LoanProduct], client_as: Browser
) -> None:
    page = client_as(Role.MANAGER).get("/finance?product=equipment").text
    assert '<option value="equipment" selected>Equipment loan</option>' in page
    assert "· Equipment loan" in page, "below the heading"


def test_a_bank_reads_its_own_name_and_no_other(
    three: list[LoanProduct], client_as: Browser
) -> None:
    bank = client_as(Role.INSTITUTION_LEAD, institution_id=three[0].institution_id)
    for path in ("/finance?by=product", "/finance/entries", "/finance/lines"):
        page = bank.get(path).text
        assert "Machine loan" in page and "Equipment loan" not in page, path


def test_the_api_says_names_in_both_languages(
    three: list[LoanProduct], as_role: Callable[..., Program]
) -> None:
    told = as_role(Role.MANAGER).get("/finance/sums", group_by="product").get_json()
    assert {row["key"]: row["name"] for row in told["rows"]} == {
        "equipment": {"en": "Equipment loan", "zh": "设备贷"},
        "gone": None,
    }
    told = as_role(Role.MANAGER).get("/finance/sums", group_by="stage").get_json()
    assert told["rows"][0]["name"]["en"] == "without a stage"
