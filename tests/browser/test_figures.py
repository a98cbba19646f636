"""Figures and points in a real browser: a field saves itself, a worker scores it, reasons open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]


def test_a_figure_saves_itself_and_is_scored_within_seconds(visit: Callable[..., Any]) -> None:
    visitor = visit("enterprise_owner")
    page = visitor.page
    page.goto("/facts")
    page.fill("#venture_capital", "2000000")
    page.keyboard.press("Tab")
    page.locator("#venture_capital-state", has_text="Saved").wait_for()
    for _ in range(40):
        page.goto("/points")
        said = page.locator("#line-venture .score-points").inner_text()
        if said == "1.00 of 10":
            break
        page.wait_for_timeout(500)
    assert said == "1.00 of 10"
    page.locator("#line-venture summary").click()
    assert "own statement" in page.locator("#line-venture .score-why").inner_text()
    assert page.locator("[data-score-chart] svg").count() == 1
    assert visitor.wrong == []


def test_a_wrong_figure_is_named_where_it_stands(visit: Callable[..., Any]) -> None:
    visitor = visit("enterprise_owner")
    page = visitor.page
    page.goto("/facts")
    page.fill("#awards", "some")
    page.keyboard.press("Tab")
    page.locator("#awards-state", has_text="Write a number").wait_for()
    page.fill("#awards", "0")
    page.keyboard.press("Tab")
    page.locator("#awards-state", has_text="Saved").wait_for()
    assert visitor.wrong == []


def test_a_published_version_is_watched_to_its_result(visit: Callable[..., Any]) -> None:
    visitor = visit("administrator")
    page = visitor.page
    page.goto("/admin/schemes")
    page.locator("form[action$='/draft'] button").last.click()
    page.locator(".ask-once summary", has_text="Publish").click()
    page.locator(".ask-once button", has_text="Publish").click()
    page.get_by_text("See the result").first.wait_for()
    page.get_by_text("See the result").first.click()
    page.get_by_text("Scores that stand by this version").wait_for()
    assert page.locator("#result tbody tr").count()
    assert page.get_by_text("Look again").count() == 0
    assert visitor.wrong == []
