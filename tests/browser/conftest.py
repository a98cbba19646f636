"""A real browser, one for the session, and a fresh context for each test."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import Live

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The browser `./portal test` has found, else the reason why there is none."""
    program = os.environ.get("PORTAL_BROWSER")
    if not program:
        pytest.skip(
            os.environ.get(
                "PORTAL_BROWSER_SKIP_REASON", "PORTAL_BROWSER is not set: run ./portal test"
            )
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


def enter(context: Any, role: str, locale: str) -> None:
    """Sign a window in to the demo and choose its language, as the buttons for it would, without
    drawing a page for each.
    """
    for path in ([f"/demo/enter/{role}"] if role else []) + [f"/language/{locale}"]:
        page = context.request.get("/sign-in").text()
        token = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert token is not None, page
        answer = context.request.post(path, form={"csrf_token": token[1]})
        assert answer.ok, f"{path}: {answer.status}"


class Visitor:
    """Somebody at a browser: enters the demo in a role, in a language,
    on a screen of some width.
    """

    def __init__(
        self, browser: Any, live: Live, *, role: str, locale: str, width: int, dark: bool
    ) -> None:
        self.live, self.locale = live, locale
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            base_url=live.address,
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "console",
            lambda message: (
                self.wrong.append(message.text)
                if message.type == "error" and "status of 422" not in message.text
                else None
            ),
        )
        enter(self.context, role, locale)

    def axe(self) -> list[str]:
        """List what axe-core finds wrong with the page, each with the first element concerned."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa',"
            " 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(found =>"
            " found.violations)"
        )
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:160]}"
            f" {one['nodes'][0]['failureSummary'][:200]}"
            for one in found
        ]


OPENED = pytest.StashKey[list[Visitor]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a test that fails tell what its windows showed."""
    report = yield
    if report.when == "call" and report.failed:
        for visitor in item.stash.get(OPENED, []):
            shown = (
                "" if visitor.page.is_closed() else visitor.page.evaluate("document.body.innerText")
            )
            report.sections.append(
                (f"shown at {visitor.page.url}", "\n".join([*visitor.wrong, shown[:4_000]]))
            )
    return report


@pytest.fixture
def visit(
    browser: Any, live: Live, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visitor]]:
    """Open an empty browser window: `visit("station_member", locale="zh")`."""
    opened: list[Visitor] = []
    request.node.stash[OPENED] = opened

    def window(role: str, *, locale: str = "en", width: int = 1280, dark: bool = False) -> Visitor:
        opened.append(Visitor(browser, live, role=role, locale=locale, width=width, dark=dark))
        return opened[-1]

    yield window
    for one in opened:
        one.context.close()
