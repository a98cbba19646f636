"""No side uses up what another one needs: every measure of the product, and whose it is."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from service_portal.access.actor import Role
from service_portal.accounts.tokens import make_token
from service_portal.directory.models import Enterprise
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from tests.architecture.source import ROOT
from tests.services.programs import FILING

MOST = 20
# What is counted, by the name it is counted under, and whose it is alone.
MEASURES = {
    "file:person {}": "one person",
    "file:enterprise {}": "the people of one enterprise",
    "act:person {}": "one person",
    "act:ticket {}:{}": "one side of a ticket",
    "verdict:{}": "the enterprise of a ticket: nobody else says what is solved",
    "rating:{}": "the enterprise of a ticket",
    "invite:person {}": "one person",
    "invite:organisation {}": "one organisation",
    "reset-letter:{}": "one address: an earlier letter is valid for as long as none goes",
    "code:{}": "one machine",
    "{}:person {}": "one person who is signed in",
    "{}:{}:{}": "one place: a machine, or a browser that is known",
    "{}:{}": "one machine; or all strangers at one address, without whom known browsers do",
}
# What else looks like one where things are counted.
NO_MEASURES = {"address:{}"}


def written() -> set[str]:
    """List the names under which the source counts."""
    found = set()
    for path in sorted((ROOT / "service_portal").rglob("*.py")):
        if path.name in {"limits.py", "counting_together.py"}:
            continue
        text = path.read_text()
        if not re.search(r"limits import|counting_together import", text):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.JoinedStr):
                found.add(_name(node))
    return {name for name in found if ":" in name} - NO_MEASURES


def _name(node: ast.JoinedStr) -> str:
    parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
    return re.sub(r"\b(person|enterprise|ticket|organisation):", r"\1 ", "".join(map(str, parts)))


def test_every_measure_is_listed_with_whose_it_is() -> None:
    assert written() == MEASURES.keys()


Filing = tuple[Callable[[str], Any], Callable[[str], Any]]


@pytest.fixture
def filing(client_as: Callable, clock: Callable, limits: dict[str, Any]) -> Filing:
    """How a member of a station files for an enterprise, and how its owner does."""
    owner, member = client_as(Role.ENTERPRISE_OWNER), client_as(Role.STATION_MEMBER)
    limits["FILINGS_PER_MINUTE"] = MOST
    uscc = db.session.get_one(Enterprise, owner.actor.enterprise_id).uscc

    def by(client: Any, said: dict[str, Any]) -> Callable[[str], Any]:
        token = make_token(actor=client.actor, name="program", days=3, now=now())
        db.session.commit()

        def file(key: str) -> Any:
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
            return client.post("/api/v1/tickets", json=said, headers=headers)

        return file

    on_behalf = {**FILING, "enterprise": uscc, "channel": "desk", "consent": True}
    return by(member, on_behalf), by(owner, FILING)


def test_who_files_for_an_enterprise_uses_up_nothing_of_its_own(filing: Filing) -> None:
    for_it, by_it = filing
    got = Counter(for_it(f"key-of-the-desk-{n}").status_code for n in range(MOST + 5))
    assert got == {201: MOST, 429: 5}
    assert by_it("key-of-the-enterprise").status_code == 201


@pytest.mark.parametrize("which", [0, 1])
def test_a_filing_sent_again_counts_for_nothing(filing: Filing, which: int) -> None:
    file = filing[which]
    assert {file("one-and-the-same").status_code for _ in range(2 * MOST)} == {201}
    assert file("another-one").status_code == 201


def test_a_filing_sent_again_is_answered_when_no_new_one_is_taken(filing: Filing) -> None:
    file = filing[0]
    assert {file(f"key-number-{n}").status_code for n in range(MOST)} == {201}
    assert (file("one-too-many").status_code, file("key-number-1").status_code) == (429, 201)
