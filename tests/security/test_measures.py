"""No side uses up what another one needs: every measure of the product, and whose it is."""

from __future__ import annotations

import ast
import io
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage

from service_portal.access.actor import Actor, Role
from service_portal.accounts.tokens import make_token
from service_portal.directory.models import Enterprise
from service_portal.files.models import EnterpriseStorage
from service_portal.files.storing import MOST_FILES, storing
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.tickets.attachments import attach
from service_portal.tickets.models import Attachment, Ticket
from tests.architecture.source import ROOT
from tests.clock import SetClock
from tests.factories.tickets import create_ticket
from tests.services.programs import FILING
from tests.signing_in import SignIn

MOST = 20
# What is counted, by the name it is counted under, and whose it is alone.
MEASURES = {
    "file:person {}": "one person",
    "file:enterprise {}": "the people of one enterprise",
    "act:person {}": "one person",
    "act:ticket {}:{}:{}": "one side of a ticket",
    "export:person {}": "one person",
    "verdict:{}": "the enterprise of a ticket: nobody else says what is solved",
    "rating:{}": "the enterprise of a ticket",
    "invite:person {}": "one person",
    "invite:organisation {}": "one organisation",
    "reset-letter:{}": "one address: an earlier letter is valid for as long as none goes",
    "codes-letter:person {}": "one person, of whose codes they were warned",
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
def filing(client_as: SignIn, clock: SetClock, limits: dict[str, Any]) -> Filing:
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


Sides = tuple[Any, Any, Ticket]


@pytest.fixture
def sides(client_as: SignIn, limits: dict[str, Any]) -> Sides:
    """An enterprise and the station that works on a request of its."""
    owner, lead = client_as(Role.ENTERPRISE_OWNER), client_as(Role.STATION_LEAD)
    ticket = create_ticket(actor=owner.actor)
    ticket.station_id, ticket.status = lead.actor.station_id, "in_progress"
    db.session.commit()
    return owner, lead, ticket


def send(client: Any, ticket: Ticket, number: int, content: bytes = b"words") -> int:
    """Send a message with files."""
    some = [(io.BytesIO(content), f"x{n}.txt") for n in range(number)]
    said = {"body": "See the files.", "files": some}
    return int(client.post(f"/tickets/{ticket.id}/messages", data=said).status_code)


def prove_contact(client: Any, ticket: Ticket) -> int:
    """Record a contact with its evidence."""
    said = {
        "channel": "phone",
        "minutes": "10",
        "summary": "We talked about all of it.",
        "attendees": "1",
        "files": [(io.BytesIO(b"slip"), "slip.txt")],
    }
    return int(client.post(f"/tickets/{ticket.id}/contact", data=said).status_code)


def test_files_of_the_enterprise_keep_the_stations_out_of_no_ticket(sides: Sides) -> None:
    owner, lead, ticket = sides
    owner.application.config["FILES_PER_TICKET"] = 3
    assert [send(owner, ticket, number) for number in (3, 1)] == [302, 422]
    assert (send(lead, ticket, 1), prove_contact(lead, ticket)) == (302, 302)
    assert [send(lead, ticket, number) for number in (1, 1)] == [302, 422]


def test_files_of_the_station_keep_the_enterprises_out_of_no_ticket(sides: Sides) -> None:
    owner, lead, ticket = sides
    owner.application.config["FILES_PER_TICKET"] = 3
    assert [send(lead, ticket, number) for number in (3, 1)] == [302, 422]
    assert send(owner, ticket, 3) == 302


def test_an_enterprise_without_room_still_gets_the_stations_files(sides: Sides) -> None:
    owner, lead, ticket = sides
    owner.application.config["STORAGE_PER_ENTERPRISE_MB"] = 1
    assert [send(owner, ticket, 1, b"x" * 700_000) for _ in range(2)] == [302, 422]
    assert (send(lead, ticket, 1, b"x" * 700_000), prove_contact(lead, ticket)) == (302, 302)


def test_files_of_the_station_take_none_of_the_enterprises_room(sides: Sides) -> None:
    owner, lead, ticket = sides
    owner.application.config["STORAGE_PER_ENTERPRISE_MB"] = 1
    assert [send(lead, ticket, 1, b"x" * 700_000) for _ in range(2)] == [302, 302]
    assert send(owner, ticket, 1, b"x" * 700_000) == 302
    db.session.execute(sa.delete(Attachment))
    taken = sa.select(EnterpriseStorage.bytes, EnterpriseStorage.files)
    mine = EnterpriseStorage.enterprise_id == ticket.enterprise_id
    assert db.session.execute(taken.where(mine)).one() == (0, 0)


def test_evidence_of_the_station_leaves_the_enterprise_its_files_of_the_request(
    sides: Sides,
) -> None:
    owner, lead, ticket = sides
    lead_files = [{"file_name": f"{n}.txt", "storage_name": f"{n:040x}"} for n in range(MOST_FILES)]
    shared = {
        "ticket_id": ticket.id,
        "enterprise_id": ticket.enterprise_id,
        "purpose": "evidence",
        "content_type": "text/plain",
        "size": 1,
        "sha256": "",
        "uploaded_by_id": lead.actor.person_id,
        "side": "zone",
        "at": now(),
    }
    db.session.execute(sa.insert(Attachment), [{**shared, **one} for one in lead_files])
    put(ticket, owner.actor, purpose="request")


def put(ticket: Ticket, actor: Actor, *, purpose: str) -> None:
    """Put a file on a ticket."""
    with storing(FileStorage(io.BytesIO(b"more"), "more.txt")) as stored:
        attach(
            stored,
            actor=actor,
            enterprise_id=ticket.enterprise_id,
            purpose=purpose,
            now=now(),
            ticket_id=ticket.id,
        )


def test_files_of_one_institution_keep_out_none_of_the_next_one(
    client_as: SignIn, sides: Sides
) -> None:
    owner, _lead, ticket = sides
    owner.application.config["FILES_PER_TICKET"] = 2
    first, next_one = (client_as(Role.INSTITUTION_LEAD).actor for _ in range(2))
    for _ in range(2):
        put(ticket, first, purpose="evidence")
    with pytest.raises(Refused, match="2 files of yours"):
        put(ticket, first, purpose="evidence")
    put(ticket, next_one, purpose="evidence")
