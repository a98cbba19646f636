"""What pages look like in the states one meets on the way: mistakes, open menus, nothing found, no
right, nothing there; on the narrowest phone as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]


def _problems(visitor: Any, where: str) -> list[str]:
    visitor.page.wait_for_timeout(150)
    found = [f"{where}: {one}" for one in visitor.axe()]
    if visitor.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append(f"{where}: wider than the window")
    return found


def _open_and_look(visitor: Any, path: str, *, opens: str = "") -> list[str]:
    """Open a page and one of its menus, if it has it now, and look."""
    visitor.page.goto(path)
    if opens and visitor.page.locator(opens).count():
        visitor.page.locator(opens).first.click()
    return _problems(visitor, f"{path} {opens}")


@pytest.mark.parametrize(("locale", "width", "dark"), [("en", 320, False), ("zh", 390, True)])
def test_states_can_be_read_by_everybody(
    visit: Callable[..., Any], locale: str, width: int, dark: bool
) -> None:
    about = {"locale": locale, "width": width, "dark": dark}
    stranger = visit("", **about)
    found = []
    for path in (
        "/reset-password",
        "/services",
        "/services?q=zzzqq",
        "/services/FIN-01",
        "/nowhere",
        "/invitation/nonsense",
    ):
        found += _open_and_look(stranger, path)
    stranger.page.goto("/sign-in")
    stranger.page.fill("#email", "nobody@example.org")
    stranger.page.fill("#password", "not-the-password")
    stranger.page.press("#password", "Enter")
    found += _problems(stranger, "wrong password")

    owner = visit("enterprise_owner", **about)
    page = owner.page
    found += _open_and_look(owner, "/organisation/people", opens="details.ask-once summary")
    found += _open_and_look(owner, "/settings", opens="main details.act summary")
    found += _open_and_look(owner, "/settings/password")
    found += _open_and_look(owner, "/queue")
    page.goto("/home")
    page.click("main a[href*='/tickets/']:visible >> nth=0")
    found += _open_and_look(owner, page.url, opens=".acts details.act summary")
    page.goto("/tickets/new/FIN-01")
    page.fill("[name=title]", "Only a title")
    page.click("#request .send .btn-primary")
    page.wait_for_selector(".field-error:not(:empty)")
    assert page.evaluate("document.activeElement.matches('.alert-danger')"), (
        "the list of mistakes has the focus"
    )
    found += _problems(owner, "a form with mistakes")
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "locale", "value": locale, "url": owner.live.address}])
    page.click("#request .send .btn-primary")
    found += _problems(owner, "an ended session")

    institution = visit("institution_lead", **about)
    found += _open_and_look(institution, "/institution")
    offer = institution.page.locator("main a[href*='/offers/']")
    if offer.count():
        found += _open_and_look(
            institution, offer.first.get_attribute("href"), opens=".acts details.act summary"
        )
    assert not found, "\n".join(found)


def test_pages_of_a_phone_without_scripts_have_their_menu(browser: Any, live: Any) -> None:
    context = browser.new_context(
        java_script_enabled=False, base_url=live.address, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.click("form[action='/demo/enter/enterprise_owner'] button")
    page.click("#menu a[href='/services']")
    assert page.url.endswith("/services")
    context.close()


@pytest.mark.parametrize("dark", [False, True])
def test_a_draft_that_is_back_and_an_open_account_can_be_read(
    visit: Callable[..., Any], dark: bool
) -> None:
    owner = visit("enterprise_owner", locale="en", width=1280, dark=dark)
    page = owner.page
    page.goto("/tickets/new/GRN-01")
    page.fill("[name=title]", "Half a title")
    page.locator("[name=title]").blur()
    page.wait_for_timeout(2_000)
    page.goto("/tickets/new/GRN-01")
    page.wait_for_selector(".alert-info")
    found = _problems(owner, "a draft that is back")
    page.click(".account > summary")
    found += _problems(owner, "an open account")
    assert found == []
