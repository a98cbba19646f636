"""Filing as people really do it: with mistakes, files of every kind, two tabs, the back button, an
ended session, another language; with and without JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from tests.browser.conftest import enter

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]

FORM = "/tickets/new/POL-01"
FILED = re.compile(r"/tickets/\d+/filed")
ANSWERS = {
    "answer_policy_topic": "machines",
    "answer_question": "which one?",
    "contact_name": "Lin Wei",
    "contact_phone": "0757-5555 0101",
}


def _fill(page: Any, title: str, description: str = "") -> None:
    """Fill everything in, with words no other filing has, so that it is not
    taken for a duplicate.
    """
    own = " ".join(token_hex(3) for _ in range(12))
    for name, value in {
        "title": title,
        "description": f"{description or title} {own}",
        **ANSWERS,
    }.items():
        page.fill(f"[name={name}]", value)


def _send(page: Any) -> None:
    page.click("#request .send .btn-primary")


def _fresh(page: Any) -> None:
    """Open the form without what another test has left."""
    page.goto(FORM)
    again = page.locator("form[action$='/discard'] button")
    if again.count():
        again.click()


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def page(request: pytest.FixtureRequest, browser: Any, live: Any) -> Iterator[Any]:
    """An enterprise owner's window on an empty form, once with JavaScript and once without."""
    context = browser.new_context(java_script_enabled=request.param, base_url=live.address)
    context.set_default_timeout(10_000)
    enter(context, "enterprise_owner", "en")
    opened = context.new_page()
    _fresh(opened)
    yield opened
    context.close()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Files as people attach them: a good one, one too large, one of a kind nobody takes, one that
    is not what it says.
    """
    made = {
        "good.pdf": b"%PDF-1.7 a licence",
        "huge.pdf": b"%PDF-1.7" + b"0" * (21 * 1_048_576),
        "run.exe": b"MZ",
        "fake.png": b"not a picture",
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    return {name: str(tmp_path / name) for name in made}


def test_files_that_cannot_be_taken_are_named_and_nothing_else_is_lost(
    page: Any, files: dict[str, str]
) -> None:
    _fill(page, "Files of every kind")
    page.set_input_files("#files", [files["good.pdf"], files["run.exe"], files["fake.png"]])
    _send(page)
    said = page.locator("#files-error").inner_text()
    assert "run.exe" in said
    assert "fake.png" in said
    assert "good.pdf" in page.locator("#request .lines").inner_text(), (
        "the good file stays with the draft"
    )
    assert page.input_value("[name=title]") == "Files of every kind"
    page.set_input_files("#files", files["huge.pdf"])
    _send(page)
    assert "huge.pdf" in page.locator("#files-error").inner_text()
    assert page.input_value("[name=answer_question]") == "which one?"
    page.click("#request .lines button")
    assert page.locator("#request .lines").count() == 0, "a file can be taken off again"
    assert page.input_value("[name=title]") == "Files of every kind"
    page.set_input_files("#files", files["good.pdf"])
    _send(page)
    page.wait_for_url(FILED)
    page.click("main a.btn-primary")
    assert page.locator("aside a:has-text('good.pdf')").count() == 1


def test_a_draft_waits_at_home_until_it_is_resumed(page: Any) -> None:
    page.fill("[name=title]", "To go on with tomorrow")
    page.click("[name=later]")
    page.wait_for_url("**/home")
    page.click("main .request:has-text('To go on with tomorrow') .btn")
    assert page.input_value("[name=title]") == "To go on with tomorrow"
    assert page.locator(".field-error:visible:not(:empty)").count() == 0, (
        "a resumed draft is not scolded"
    )


def test_the_language_can_change_in_the_middle_of_the_form(page: Any) -> None:
    page.fill("[name=title]", "Half a title")
    page.fill("[name=description]", "Half a story")
    page.click("button[name=switch]")
    page.wait_for_selector("html[lang=zh-CN]")
    assert page.input_value("[name=title]") == "Half a title"
    assert page.input_value("[name=description]") == "Half a story"
    page.click("button[name=switch]")
    page.wait_for_selector("html[lang=en]")
    assert page.input_value("[name=title]") == "Half a title"


@pytest.mark.parametrize("page", [False], indirect=True)
def test_a_duplicate_is_shown_and_can_be_filed_anyway(page: Any) -> None:
    _fill(page, "Overhead crane permit")
    story = page.input_value("[name=description]")
    _send(page)
    page.wait_for_url(FILED)
    first = page.locator("h1").inner_text()
    page.goto(FORM)
    _fill(page, "Overhead crane permit")
    page.fill("[name=description]", story)
    _send(page)
    assert first in page.locator(".alert-warning a[href*='/tickets/']").inner_text()
    page.click(".send [name=anyway]")
    page.wait_for_url(FILED)
    assert page.locator("h1").inner_text() != first


@pytest.mark.parametrize("page", [True], indirect=True)
def test_one_form_sent_twice_from_the_history_makes_no_second_ticket(page: Any) -> None:
    """Back after filing gives a form; sending it unchanged brings the first ticket, sending another
    text asks.
    """
    _fill(page, "Sent from two windows", "Once only")
    other = page.context.new_page()
    other.goto(FORM)
    once = page.input_value("[name=once]")
    _send(page)
    page.wait_for_url(FILED)
    reference = page.locator("h1").inner_text()
    page.go_back()
    page.wait_for_selector("#request")
    if page.input_value("[name=once]") == once:
        _fill(page, "Something else altogether")
        _send(page)
        assert reference in page.locator(".alert-warning").inner_text()
        assert page.input_value("[name=title]") == "Something else altogether"
    _fill(other, "From the other window about trade marks", "Brand register abroad")
    _send(other)
    other.wait_for_url(FILED)
    assert other.locator("h1").inner_text() != reference


def test_an_ended_session_loses_nothing(page: Any) -> None:
    _fill(page, "Typed for an hour", "A long story")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.context.add_cookies([one for one in cookies if one["name"] == "locale"])
    _send(page)
    assert (
        page.locator("main [type=hidden][name=title]").get_attribute("value") == "Typed for an hour"
    )
    assert page.locator("main a[href^='/sign-in']").count() == 1
    with page.context.expect_page() as opened:
        page.click("main a[href^='/sign-in']")
    door = opened.value
    door.click("form[action='/demo/enter/enterprise_owner'] button")
    door.wait_for_url("**/home")
    page.click("main form button")
    if not FILED.search(page.url):
        page.click("main form button")
    page.wait_for_url(FILED)
    assert "Typed for an hour" in page.locator("main").inner_text()


def test_the_form_can_be_filed_with_the_keyboard_alone(visit: Callable[..., Any]) -> None:
    visitor = visit("enterprise_owner")
    page = visitor.page
    _fresh(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    seen: list[str] = []
    values = {"title": "Typed without a mouse", "description": "Nothing but keys", **ANSWERS}
    for _ in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || ''")
        seen.append(name)
        if name in values:
            page.keyboard.type(values[name])
        elif page.evaluate("document.activeElement.matches('#request .send .btn-primary')"):
            page.keyboard.press("Enter")
            break
    page.wait_for_url(FILED)
    typed = [name for name in seen if name in values]
    assert typed == [name for name in page_order(values) if name in typed], (
        "the order of the keys is the order of the page"
    )
    assert visitor.wrong == []


def page_order(values: dict[str, str]) -> list[str]:
    """Give the names in the order of the form: title and story, the service's own questions, whom
    to call.
    """
    return [
        "title",
        "description",
        *[name for name in values if name.startswith("answer_")],
        "contact_name",
        "contact_phone",
    ]
