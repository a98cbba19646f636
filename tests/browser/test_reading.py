"""Every main page in both languages, light and dark, desktop and phone: axe-core finds nothing,
nothing overflows, no script fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]

PAGES = {
    "": ["/sign-in"],
    "enterprise_owner": [
        "/home",
        "/services",
        "/services/FIN-01",
        "/tickets/new/FIN-01",
        "first:/home",
        "/notifications",
        "/settings",
        "/facts",
        "/points",
        "/points/SME-2017-115/2025",
    ],
    "station_member": [
        "/queue",
        "/queue?view=station",
        "/queue?view=hold",
        "/queue?q=zzzz",
        "/my-cases",
        "first:/queue",
    ],
    "station_lead": ["/board", "/all-tickets", "first:/queue?view=station", "/counts"],
    "institution_lead": ["/institution"],
    "manager": [
        "/counts",
        "/counts?by=enterprise",
        "/counts/lines?measure=event",
        "/counts/lines?measure=excluded",
        "/counts/proof",
        "/finance",
        "/finance?by=month&as_of=2026-09-30",
        "/finance/entries?what=drawn",
        "/finance/lines",
        "/finance/enterprises",
        "/finance/corrections",
        "/all-tickets?now=late",
        "first:/all-tickets",
        "/board",
        "/admin/routing",
        "/admin/routing/new",
        "/boards",
        "/facts/conflicts",
        "/status",
    ],
    "auditor": ["/counts", "first:/all-tickets"],
    "administrator": [
        "/admin/directory",
        "/admin/directory/members",
        "/admin/directory/institutions",
        "/admin/directory/members/new",
        "/admin/directory/stations/1",
        "/admin/directory/enterprises/import",
        "/admin/zone",
        "/admin/directory/absences",
        "/admin/directory/conflicts",
        "/admin/directory/exclusions/new",
        "/admin/directory/absences/new",
        "/organisation/people",
        "/admin/services",
        "/admin/services/FIN-01",
        "/admin/calendars",
        "/admin/calendars/1/2027",
        "/admin/people",
        "/mailbox",
        "/facts/import",
        "/admin/schemes",
        "/admin/schemes/versions/1",
        "/status",
    ],
}


@pytest.mark.parametrize("role", PAGES)
@pytest.mark.parametrize(("locale", "width", "dark"), [("en", 1280, False), ("zh", 390, True)])
def test_pages_can_be_read_by_everybody(
    visit: Callable[..., Any], role: str, locale: str, width: int, dark: bool
) -> None:
    visitor = visit(role, locale=locale, width=width, dark=dark)
    found: list[str] = []
    for path in PAGES[role]:
        if path.startswith("first:"):
            visitor.page.goto(path[6:])
            visitor.page.click("main a[href*='/tickets/']:visible >> nth=0")
        else:
            visitor.page.goto(path)
        visitor.page.wait_for_timeout(150)
        found += [f"{path}: {one}" for one in visitor.axe()]
        if visitor.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append(f"{path}: wider than the window")
    assert not found, "\n".join(found)
    assert visitor.wrong == []


def test_keys_lead_through_the_queue(visit: Callable[..., Any]) -> None:
    visitor = visit("station_member")
    page = visitor.page
    page.goto("/queue?view=station")
    page.keyboard.press("j")
    page.keyboard.press("j")
    picked = page.locator("tr.picked a").first.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/*")
    assert picked in page.locator("main").inner_text()
    page.keyboard.press("r")
    assert page.evaluate("document.activeElement.id") == "message-body"
    page.keyboard.press("Escape")
    page.locator("body").click(position={"x": 5, "y": 5})
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/queue")
    assert visitor.wrong == []
