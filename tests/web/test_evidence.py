"""Whoever defends or checks a count opens what proves it, from the line itself."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest

from service_portal.access.actor import Role
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from tests.factories.directory import create_institution, create_station
from tests.factories.usage import create_answered
from tests.signing_in import SignIn


@pytest.fixture
def proof(client_as: SignIn) -> tuple[str, int]:
    """The address of a file that proves a counted contact, and the station that recorded it."""
    ticket = create_answered(now=now() - timedelta(days=2))
    db.session.commit()
    lead = client_as(Role.STATION_LEAD, station_id=ticket.station_id)
    started = (now() - timedelta(hours=1)).astimezone(zone_time())
    sent = lead.post(
        f"/tickets/{ticket.id}/contact",
        data={
            "channel": "visit",
            "minutes": "30",
            "attendees": "1",
            "started_at": f"{started:%Y-%m-%dT%H:%M}",
            "summary": "We went through the claim.",
            "evidence_note": "",
            "files": (io.BytesIO(b"signed"), "form.txt"),
        },
    )
    assert sent.status_code == 302
    page = lead.get("/counts/lines?measure=event").text
    link = r'href="(/attachments/\d+)"[^<]*(?:<svg.*?</svg>)?\s*form\.txt'
    found = re.search(link, page, re.DOTALL)
    assert found, "the lead's own line has the file"
    return found[1], ticket.station_id or 0


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR])
def test_the_line_opens_its_evidence(proof: tuple[str, int], client_as: SignIn, role: Role) -> None:
    reader = client_as(role)
    assert proof[0] in reader.get("/counts/lines?measure=event").text
    answer = reader.get(proof[0])
    assert (answer.status_code, answer.data) == (200, b"signed")


def test_another_stations_lead_opens_neither(proof: tuple[str, int], client_as: SignIn) -> None:
    other = client_as(Role.STATION_LEAD, station_id=create_station().id)
    assert proof[0] not in other.get("/counts/lines?measure=event").text
    assert other.get(proof[0]).status_code == 404


def test_another_institution_opens_neither(proof: tuple[str, int], client_as: SignIn) -> None:
    other = client_as(Role.INSTITUTION_LEAD, institution_id=create_institution().id)
    assert proof[0] not in other.get("/counts/lines?measure=event").text
    assert other.get(proof[0]).status_code == 404


def test_an_auditor_opens_no_other_file(client_as: SignIn) -> None:
    ticket = create_answered()
    db.session.commit()
    lead = client_as(Role.STATION_LEAD, station_id=ticket.station_id)
    lead.post(
        f"/tickets/{ticket.id}/messages",
        data={"body": "See the paper.", "files": (io.BytesIO(b"paper"), "paper.txt")},
    )
    address = re.search(r"/attachments/\d+", lead.get(f"/tickets/{ticket.id}").text)
    assert address
    assert client_as(Role.AUDITOR).get(address[0]).status_code == 404
