"""After the answer, in the browser: not solved, done again, solved; and who is not content is
called by the lead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]


def test_not_solved_is_done_again_and_who_is_not_content_is_called(
    visit: Callable[..., Any],
) -> None:
    asker, lead = visit("enterprise_owner"), visit("station_lead")
    page, work = asker.page, lead.page
    page.goto("/home")
    page.locator("main a[href$='#confirm']").first.click()
    ticket = page.url.split("/tickets/")[1].partition("#")[0]

    page.locator("#confirm [value='not_solved']").check()
    page.fill("#redo-reason", "The second question has no answer.")
    page.locator("#confirm button[form='redo-form']").click()
    page.wait_for_selector(".state-in_progress")
    assert "First answer" in page.locator("aside").inner_text()

    work.goto(f"/tickets/{ticket}")
    assert "The second question" in work.locator(".talk").inner_text()
    work.keyboard.press("d")
    work.fill("[name=body]:visible >> nth=0", "The second question: yes, it is covered.")
    work.fill("#f-answer-evidence_note", "call record 12")
    work.locator(f"form[action$='/tickets/{ticket}/answer'] button.btn-primary").click()
    work.wait_for_selector(".state-answered")

    page.reload()
    assert "yes, it is covered" in page.locator("#confirm").inner_text()
    page.locator("#confirm [value='solved']").check()
    page.locator("#confirm [name=level][value='2']").check()
    page.locator("#confirm .unless-missing").click()
    page.wait_for_selector(".state-closed")
    assert "The lead of the station calls you by" in page.locator("main").inner_text()

    work.goto("/board")
    owed = work.locator(f".request[data-id='c{ticket}']")
    assert "2 of 5 stars" in owed.inner_text()
    owed.locator("summary").click()
    owed.locator("textarea").fill("They had waited for a call.")
    owed.locator("form button").click()
    work.wait_for_url("**/board")
    assert work.locator(f".request[data-id='c{ticket}']").count() == 0

    page.reload()
    assert "called the enterprise back" in page.locator(".talk").inner_text()
    assert "They had waited" not in page.locator("main").inner_text()
    change = page.locator("details.act", has=page.locator("#rate-verdict"))
    change.locator("summary").click()
    change.locator("[name=level][value='4']").check()
    change.locator("button.btn-primary").click()
    page.wait_for_selector("text=First said")
    assert asker.wrong == lead.wrong == []
