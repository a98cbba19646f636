"""A station member works by keyboard alone: pick, peek, act in the row, the palette; and the list
never moves under the hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]

ROW = "[data-rows] tbody tr"


def in_progress(page: Any) -> Any:
    """Give the first case that is being worked on; what is on top of the
    queue depends on the hour.
    """
    return page.locator(ROW, has=page.locator(".state-in_progress")).first.locator(".ref a")


def test_space_peeks_and_the_panel_follows_the_row(visit: Callable[..., Any]) -> None:
    visitor = visit("station_member")
    page = visitor.page
    page.goto("/queue?view=station")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    page.wait_for_selector(".peek .peek-head")
    first = page.locator("tr.picked .ref").inner_text()
    assert first in page.locator(".peek").inner_text()
    page.keyboard.press("j")
    second = page.locator("tr.picked .ref").inner_text()
    assert second != first
    page.wait_for_function(
        "reference => document.querySelector('.peek').innerText.includes(reference)", arg=second
    )
    assert [one for one in visitor.axe() if "peek" in one] == []
    page.keyboard.press("Escape")
    assert page.locator(".peek").count() == 0
    assert page.url.endswith("/queue?view=station"), "peeking leaves the list where it was"
    assert visitor.wrong == []


def test_keys_of_a_row_begin_the_act_on_its_ticket(visit: Callable[..., Any]) -> None:
    visitor = visit("station_member")
    page = visitor.page
    for key, field in (
        ("r", "message-body"),
        ("n", "note-body"),
        ("h", "f-hold-reason_code"),
        ("d", "f-answer-body"),
    ):
        page.goto("/queue")
        in_progress(page).focus()
        page.keyboard.press(key)
        page.wait_for_url("**/tickets/*")
        page.wait_for_function("id => document.activeElement.id === id", arg=field)
        assert "#" not in page.url
        page.keyboard.type("jk/?")
        page.keyboard.press("Escape")
    assert visitor.wrong == []


def test_accept_in_the_row(visit: Callable[..., Any]) -> None:
    visitor = visit("station_lead")
    page = visitor.page
    page.goto("/queue?view=station")
    row = page.locator(ROW, has=page.locator("[data-row-key=a]")).first
    reference = row.locator(".ref").inner_text()
    assert not row.locator(".row-acts").is_visible(), (
        "the acts of a row stay quiet until it is pointed at"
    )
    row.locator(".ref a").focus()
    assert row.locator(".row-acts").is_visible()
    page.keyboard.press("a")
    page.wait_for_url("**/tickets/*")
    words = page.locator("main").inner_text()
    assert reference in words
    assert "Call " in page.locator(".alert").inner_text(), "who accepts is told whom to call"
    assert visitor.wrong == []


def test_lead_gives_a_case_away_by_keys(visit: Callable[..., Any]) -> None:
    visitor = visit("station_lead")
    page = visitor.page
    page.goto("/board")
    page.keyboard.press("j")
    reference = page.locator(".request.picked a").first.inner_text()
    page.keyboard.press("m")
    assert page.evaluate("document.activeElement.name") == "member_id"
    page.keyboard.press("Tab")
    page.keyboard.type("she knows the bank")
    page.keyboard.press("Enter")
    page.wait_for_selector(".alert-success")
    page.goto("/queue?view=station&q=" + reference)
    page.click(f"{ROW} .ref a")
    page.wait_for_url("**/tickets/*")
    assert "she knows the bank" in page.locator(".why").inner_text()
    assert visitor.wrong == []


def test_palette_finds_pages_acts_and_tickets(visit: Callable[..., Any]) -> None:
    visitor = visit("station_member")
    page = visitor.page
    page.goto("/queue")
    in_progress(page).click()
    page.wait_for_url("**/tickets/*")
    page.keyboard.press("Control+k")
    page.keyboard.type("hold")
    assert page.locator("#palette [role=option]").first.inner_text().startswith("Hold")
    assert visitor.axe() == []
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'f-hold-reason_code'")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("file for")
    page.keyboard.press("Enter")
    page.wait_for_url("**/on-behalf")
    page.keyboard.press("Control+k")
    page.keyboard.type("NH-2026-zzz")
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue?view=station&q=NH-2026-zzz")
    assert "Nothing found" in page.locator("main").inner_text()
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.type") != "search"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    assert visitor.wrong == []


def test_new_rows_wait_behind_a_chip_while_the_hand_is_on_the_list(
    visit: Callable[..., Any],
) -> None:
    visitor = visit("station_member")
    page = visitor.page
    page.goto("/queue?view=station")
    page.keyboard.press("j")
    before, grown = page.locator(ROW).first.bounding_box(), ""
    page.route(
        "**/queue?view=station",
        lambda route: (
            route.fulfill(body=grown)
            if route.request.headers.get("x-fragment")
            else route.continue_()
        ),
    )
    area = page.locator("[data-live]")
    grown = area.inner_html().replace(
        "<tbody>",
        '<tbody><tr data-id="0"><td></td><td class="ref"><a'
        ' href="/queue">NH-2026-99999</a></td></tr>',
        1,
    )
    area.dispatch_event("refresh")
    page.wait_for_selector(".chip-new")
    assert page.locator(".chip-new").inner_text() == "1 new – show"
    assert page.locator(ROW).first.bounding_box() == before, "nothing moves under the hand"
    page.click(".chip-new")
    assert page.locator(f"{ROW} .ref").first.inner_text() == "NH-2026-99999"
    assert page.locator(".chip-new").count() == 0
    assert visitor.wrong == []


def test_unchanged_list_stays_as_it_is(visit: Callable[..., Any]) -> None:
    visitor = visit("station_lead")
    page = visitor.page
    for path in ("/queue?view=hold", "/board"):
        page.goto(path)
        area = page.locator("[data-live]")
        page.locator("[data-live] a").first.focus()
        with page.expect_response(lambda answer: answer.request.headers.get("x-fragment") == "1"):
            area.dispatch_event("refresh")
        page.wait_for_timeout(200)
        assert page.locator(".chip-new").count() == 0, f"{path}: a token or a minute is nothing new"
        assert page.evaluate("document.activeElement.matches('[data-live] a')")
    assert visitor.wrong == []


def test_a_click_anywhere_in_a_row_opens_it(visit: Callable[..., Any]) -> None:
    visitor = visit("station_lead")
    page = visitor.page
    page.goto("/queue?view=station")
    row = page.locator(ROW).first
    address = row.locator(".ref a").get_attribute("href")
    with visitor.context.expect_page() as opened:
        row.locator(".whom").click(modifiers=["ControlOrMeta"])
    assert opened.value.url.endswith(address), "with Ctrl in a tab of its own"
    with visitor.context.expect_page() as opened:
        row.locator(".whom").click(button="middle")
    assert opened.value.url.endswith(address)
    assert page.url.endswith("/queue?view=station")
    row.locator(".whom").click()
    page.wait_for_url(f"**{address}")
    assert visitor.wrong == []
