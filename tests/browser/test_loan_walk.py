"""A loan walked through the browser: from an enterprise's figures over two banks, of which one
refuses, to the slip behind the manager's sentence of the day.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]

AMOUNT = Decimal("123456.78")
SLIP, ZONE = "WALK-0001", ZoneInfo("Asia/Shanghai")


def wait_for(page: Any, address: str, selector: str) -> None:
    """Look at a page again until something is there that workers bring."""
    for _ in range(60):
        page.goto(address)
        if page.locator(selector).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{selector} does not appear on {address}")


def at_the_bank(visitor: Any) -> str:
    """Let somebody act for their bank, and give its name."""
    visitor.page.goto("/")
    button = visitor.page.locator("form[action*='/acting-as/'] button").first
    name = button.text_content().split("·")[-1].strip()
    visitor.page.evaluate("document.querySelector(\"form[action*='/acting-as/']\").submit()")
    visitor.page.wait_for_load_state()
    return str(name)


def drawn(page: Any) -> Decimal:
    """Read what the manager's sentence says has been drawn, to the fen."""
    page.goto("/finance")
    exact = page.locator(".finance-sentence a[href*='what=drawn']").get_attribute("title")
    return Decimal(re.sub(r"[^\d.]", "", exact))


def open_request(page: Any, reference: str) -> None:
    """Open a request from a bank's list."""
    page.goto("/loan-requests")
    page.click(f"main a:text-is('{reference}')")


def test_from_the_figures_to_the_slip(visit: Callable[..., Any]) -> None:
    manager, asker = visit("manager"), visit("enterprise_owner")
    lead, worker = visit("institution_lead"), visit("institution_worker")
    before, banks = drawn(manager.page), [at_the_bank(lead), at_the_bank(worker)]

    page = asker.page
    page.goto("/facts")
    page.fill("[name=rd_expense]", "1500000")
    page.press("[name=rd_expense]", "Tab")
    page.locator("main form button.btn-primary").first.click()
    page.goto("/points")
    assert page.get_by_text("What would help most").count()

    page.goto("/tickets/new/FIN-01")
    page.fill("[name=title]", "Two million for a new line")
    page.fill("[name=description]", "Orders grow; we buy a machining centre.")
    page.fill("[name=answer_amount_cny]", "2000000")
    page.fill("[name=answer_purpose]", "A machining centre")
    page.fill("[name=answer_term_months]", "24")
    page.locator("[name=answer_guarantee_types][value=credit]").check()
    page.fill("[name=answer_existing_debt]", "0")
    page.fill("[name=contact_name]", "Lin Wei")
    page.fill("[name=contact_phone]", "0757-5555 0101")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(re.compile(r"/tickets/\d+/filed"))
    reference = page.locator("h1").inner_text()
    ticket = page.url.split("/tickets/")[1].split("/")[0]
    page.goto(f"/tickets/{ticket}")
    page.click("main a[href$='/choose-banks']")
    for bank in banks:
        page.locator("label", has_text=bank).locator("input:enabled").first.check()
    page.check("[name=agreed]")
    page.locator("main form button.btn-primary").click()
    assert page.get_by_text("chosen, not sent yet").count() == 2

    station = visit("station_lead").page
    wait_for(station, f"/tickets/{ticket}", f"form[action$='/tickets/{ticket}/accept'] button")
    station.click(f"form[action$='/tickets/{ticket}/accept'] button")
    firm = re.search(r"\b9[0-9A-Z]{17}\b", station.locator("main").inner_text())
    assert firm is not None

    for visitor in (lead, worker):
        open_request(visitor.page, reference)
        visitor.page.click("form[action$='/take-up-loan'] button")
    refusing = worker.page
    refusing.locator("summary", has_text="Refuse").click()
    refusing.select_option("[name=reason_code]", "collateral")
    refusing.fill("form[action$='/refuse-loan'] [name=comment]", "We need a pledge for this sum.")
    refusing.click("form[action$='/refuse-loan'] button")
    approving = lead.page
    approving.locator("summary", has_text="Approve").click()
    approving.fill("[name=line_fen]", "1,500,000")
    approving.fill("[name=rate_bp]", "35")
    approving.fill("[name=valid_until]", "2035-12-31")
    approving.click("form[action$='/approve-loan'] button")

    page.goto(f"/tickets/{ticket}/banks")
    assert page.get_by_text("We need a pledge for this sum.").count() == 1
    page.click("form[action$='/accept-answer'] button")
    assert page.get_by_text("approved, and accepted by the enterprise").count() == 1

    open_request(approving, reference)
    line = approving.locator("main a[href*='/finance/lines/']").get_attribute("href")
    number = line.rsplit("/", 1)[1]
    row = f"{SLIP},{number},{firm.group()},drawn,{datetime.now(ZONE).date().isoformat()},{AMOUNT}"
    slips = f"slip,line,uscc,kind,day,amount\n{row}\n"
    for _ in range(2):
        approving.goto("/finance/slips")
        slip_file = {"name": "slips.csv", "mimeType": "text/csv", "buffer": slips.encode()}
        approving.set_input_files("[name=file]", slip_file)
        approving.locator("main button.btn-primary").click()

    assert drawn(manager.page) == before + AMOUNT
    manager.page.click(".finance-sentence a[href*='what=drawn']")
    assert manager.page.get_by_text(SLIP).count() == 1
    assert not [one for visitor in (manager, asker, lead, worker) for one in visitor.wrong]
