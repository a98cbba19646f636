"""The warning before a request is asked twice: it names only what its reader may open."""

from __future__ import annotations

from flask import Flask, g

from service_portal.access.actor import Role
from service_portal.accounts.tokens import make_token
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.factories.directory import create_station
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.signing_in import SignIn

WORDS = {
    "title": "Which support is there for a press line",
    "description": "We buy a press line next year.",
}
REQUEST = {
    **WORDS,
    "answer_policy_topic": "machines",
    "answer_question": "Which policy fits?",
    "contact_name": "Lin Wei",
    "contact_phone": "0757-5555 0101",
}


def earlier(
    enterprise_id: int, title: str = "Confidential: which support is there for a press line"
) -> Ticket:
    """File something alike for an enterprise, by its owner."""
    ticket = create_ticket(
        "POL-01",
        actor=enterprise_actor(enterprise_id),
        title=title,
        description=WORDS["description"],
        now=now(),
    )
    db.session.commit()
    return ticket


def test_staff_are_warned_of_a_colleagues_request_without_its_words(
    client_as: SignIn,
) -> None:
    staff = client_as(Role.ENTERPRISE_STAFF)
    theirs = earlier(staff.actor.enterprise_id or 0)
    warned = staff.post("/tickets/new/POL-01", data=REQUEST)
    assert (
        warned.status_code == 409
        and "Your enterprise has already asked something very similar." in warned.text
    )
    assert (
        theirs.reference not in warned.text
        and "Confidential" not in warned.text
        and f"/tickets/{theirs.id}" not in warned.text
    )
    assert staff.post("/tickets/new/POL-01", data={**REQUEST, "anyway": "1"}).status_code == 302


def test_staff_are_warned_of_their_own_request_rather_than_of_a_colleagues(
    client_as: SignIn,
) -> None:
    staff = client_as(Role.ENTERPRISE_STAFF)
    mine = create_ticket(
        "POL-01",
        actor=staff.actor,
        title=WORDS["title"],
        description=WORDS["description"],
        now=now(),
    )
    theirs = earlier(staff.actor.enterprise_id or 0, title=WORDS["title"])
    warned = staff.post("/tickets/new/POL-01", data=REQUEST).text
    assert f"{mine.reference} · {mine.title}" in warned and theirs.reference not in warned


def test_the_owner_is_warned_of_everybodys_by_name(client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    theirs = earlier(owner.actor.enterprise_id or 0)
    assert (
        f"{theirs.reference} · {theirs.title}"
        in owner.post("/tickets/new/POL-01", data=REQUEST).text
    )


def test_a_desk_is_told_nothing_of_another_stations_case(
    client_as: SignIn,
) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=create_station().id)
    enterprise_id = enterprise_actor().enterprise_id or 0
    earlier(enterprise_id)
    assert (
        member.post(
            "/tickets/new/POL-01", data={**REQUEST, "enterprise_id": enterprise_id}
        ).status_code
        == 302
    )


def test_a_desk_is_warned_of_its_own_stations_case(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=create_station().id)
    enterprise_id = enterprise_actor().enterprise_id or 0
    theirs = earlier(enterprise_id)
    theirs.station_id = member.actor.station_id
    db.session.commit()
    warned = member.post("/tickets/new/POL-01", data={**REQUEST, "enterprise_id": enterprise_id})
    assert warned.status_code == 409 and theirs.reference in warned.text


def test_the_api_says_nothing_of_what_was_asked_before(app: Flask, client_as: SignIn) -> None:
    staff = client_as(Role.ENTERPRISE_STAFF)
    theirs = earlier(staff.actor.enterprise_id or 0)
    token = make_token(actor=staff.actor, name="a program", days=5, now=now())
    db.session.commit()
    g.pop("_login_user", None)
    body = {
        **WORDS,
        "service": "POL-01",
        "contact_name": "Lin",
        "contact_phone": "0757-5555",
        "answers": {"policy_topic": "machines", "question": "Which?"},
    }
    answer = app.test_client().post(
        "/api/v1/tickets", json=body, headers={"Authorization": f"Bearer {token}"}
    )
    assert (
        answer.status_code == 201
        and theirs.reference not in answer.text
        and "Confidential" not in answer.text
    )
