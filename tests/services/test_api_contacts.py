"""A contact with the enterprise, recorded over the API as it is on the web."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.api import shapes
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.ledger.models import UsageEntry
from service_portal.tickets.models import ServiceEvent, Ticket
from service_portal.tickets.rules import Move, Status
from tests.factories.directory import create_station
from tests.services.programs import Program, Walk, fits, problem

CONTACT: dict[str, Any] = {
    "channel": "phone",
    "minutes": 20,
    "summary": "Went through the whole claim with them.",
    "evidence_note": "call 4711",
}


@pytest.fixture
def reference(walk: Walk) -> str:
    """A ticket that the station has accepted."""
    made = walk.file()
    walk.move(walk.member, made, Move.ACCEPT, Status.ACCEPTED)
    return made


def recorded(reference: str) -> list[ServiceEvent]:
    """Read the contacts of a ticket."""
    query = sa.select(ServiceEvent).join(Ticket, Ticket.id == ServiceEvent.ticket_id)
    return list(db.session.scalars(query.where(Ticket.reference == reference)))


def test_a_contact_is_recorded_and_counts(walk: Walk, reference: str) -> None:
    began = (now() - timedelta(minutes=30)).replace(microsecond=0)
    said = {**CONTACT, "attendees": 3, "started_at": began.astimezone(UTC).isoformat()}
    answer = walk.member.post(f"/tickets/{reference}/contacts", said)
    assert answer.status_code == 201
    fits(answer.get_json(), shapes.ContactRecorded)
    (done,) = recorded(reference)
    assert (done.channel, done.minutes, done.attendees, done.summary, done.evidence_note) == (
        "phone",
        20,
        3,
        CONTACT["summary"],
        "call 4711",
    )
    assert answer.get_json() == {
        "id": done.id,
        "reference": reference,
        "countable": done.countable,
        "not_counted": done.not_countable_reason,
    }


def test_a_contact_begins_now_where_nothing_else_is_said(walk: Walk, reference: str) -> None:
    before = now()
    assert walk.member.post(f"/tickets/{reference}/contacts", CONTACT).status_code == 201
    (done,) = recorded(reference)
    assert before <= done.started_at <= now()
    assert done.countable


def test_the_first_contact_keeps_its_promise(walk: Walk, reference: str) -> None:
    walk.member.post(f"/tickets/{reference}/contacts", CONTACT)
    said = walk.member.get(f"/tickets/{reference}").get_json()
    assert said["first_contact_at"] is not None
    (clock,) = (one for one in said["clocks"] if one["kind"] == "contact")
    assert clock["outcome"] == "met"


def test_without_evidence_it_is_recorded_and_does_not_count(walk: Walk, reference: str) -> None:
    said = {key: value for key, value in CONTACT.items() if key != "evidence_note"}
    answer = walk.member.post(f"/tickets/{reference}/contacts", said).get_json()
    assert (answer["countable"], answer["not_counted"]) == (False, "no_evidence")


def test_evidence_may_be_as_long_as_on_the_web(walk: Walk, reference: str) -> None:
    long = {**CONTACT, "evidence_note": "x" * 10_000}
    assert walk.member.post(f"/tickets/{reference}/contacts", long).status_code == 201
    problem(
        walk.member.post(f"/tickets/{reference}/contacts", {**long, "evidence_note": "x" * 10_001}),
        422,
        "evidence_note",
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"minutes": 1441}, "minutes"),
        ({"attendees": 0}, "attendees"),
        ({"summary": " "}, "summary"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"started_at": 20261124}, "started_at"),
        ({"started_at": "2199-01-01T09:30:00Z"}, "started_at"),
        ({"status": "closed"}, "status"),
    ],
)
def test_a_wrong_field_is_named(
    walk: Walk, reference: str, wrong: dict[str, Any], field: str
) -> None:
    problem(walk.member.post(f"/tickets/{reference}/contacts", {**CONTACT, **wrong}), 422, field)
    assert recorded(reference) == []


def test_the_same_key_records_once(walk: Walk, reference: str) -> None:
    key = {"Idempotency_Key": "a-contact-once"}
    first, again = (
        walk.member.post(f"/tickets/{reference}/contacts", CONTACT, **key) for _ in range(2)
    )
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(recorded(reference)) == 1
    other = {**CONTACT, "minutes": 5}
    answer = walk.member.post(f"/tickets/{reference}/contacts", other, **key)
    assert problem(answer, 409)["code"] == "key_reused"


def test_before_it_is_accepted_no_contact_is_recorded(walk: Walk) -> None:
    made = walk.file()
    problem(walk.member.post(f"/tickets/{made}/contacts", CONTACT), 409)


def test_an_enterprise_records_none(walk: Walk, reference: str) -> None:
    problem(walk.owner.post(f"/tickets/{reference}/contacts", CONTACT), 403)


def test_another_station_finds_nothing(
    walk: Walk, reference: str, as_role: Callable[..., Program]
) -> None:
    stranger = as_role(Role.STATION_MEMBER, station_id=create_station().id)
    for name in (reference, "NH-2026-99999"):
        problem(stranger.post(f"/tickets/{name}/contacts", CONTACT), 404)


def test_what_is_recorded_is_counted(walk: Walk, reference: str) -> None:
    walk.member.post(f"/tickets/{reference}/contacts", CONTACT)
    (done,) = recorded(reference)
    counted = sa.select(sa.func.count()).select_from(UsageEntry)
    assert db.session.scalar(counted.where(UsageEntry.ticket_id == done.ticket_id)) == 1
