"""Filing for an enterprise at a station's desk."""

from __future__ import annotations

from flask import g

from service_portal.access.actor import Role
from tests.factories.directory import station
from tests.factories.tickets import enterprise_actor
from tests.signing_in import SignIn

REQUEST = {
    "title": "Which support is there for a press line",
    "description": "We buy a press line next year.",
    "answer_policy_topic": "machines",
    "answer_question": "Which policy fits?",
    "contact_name": "Lin Wei",
    "contact_phone": "0757-5555 0101",
    "channel": "phone",
}


def test_filing_at_the_desk_ends_on_the_request(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station("ST09").id)
    sent = {**REQUEST, "enterprise_id": enterprise_actor().enterprise_id}
    page = member.post("/tickets/new/POL-01", data=sent, follow_redirects=True)
    assert page.status_code == 200 and REQUEST["title"] in page.text


def test_the_desk_lists_what_one_filed_there_and_nobody_elses(
    client_as: SignIn,
) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station("ST09").id)
    sent = {**REQUEST, "enterprise_id": enterprise_actor().enterprise_id}
    member.post("/tickets/new/POL-01", data=sent)
    assert REQUEST["title"] in member.get("/on-behalf").text
    g.pop("_login_user", None)
    other = client_as(Role.STATION_MEMBER, station_id=station("ST09").id)
    assert REQUEST["title"] not in other.get("/on-behalf").text
