"""The page on which a request gets another service."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.factories.directory import station
from tests.signing_in import SignedIn, SignIn
from tests.web.test_acts import case_of

POL_02 = {
    "service": "POL-02",
    "answer_industry_code": "C34",
    "answer_revenue_last_year": "3,000,000",
    "answer_rd_spend_last_year": "100000",
    "answer_headcount": "12",
    "answer_qualifications": ["none"],
}


@pytest.fixture
def member(client_as: SignIn) -> SignedIn:
    """A member of the station."""
    return client_as(Role.STATION_MEMBER, station_id=station().id)


@pytest.fixture
def path(member: SignedIn) -> str:
    """The page for a case of the member's."""
    return f"/tickets/{case_of(member).id}/change-service"


def service_of(path: str) -> str | None:
    """Give the code of the service a case is under."""
    ticket_id = int(path.split("/")[2])
    return db.session.scalar(sa.select(Ticket.service_code).where(Ticket.id == ticket_id))


def test_the_ticket_leads_to_it(member: SignedIn, path: str) -> None:
    assert f'href="{path}"' in member.get(path.removesuffix("/change-service")).text


def test_first_one_chooses(member: SignedIn, path: str) -> None:
    page = member.get(path).text
    assert '<option value="POL-02"' in page and '<option value="POL-03"' not in page


def test_then_one_sees_what_it_asks_for_and_promises(member: SignedIn, path: str) -> None:
    page = member.get(f"{path}?service=POL-02").text
    assert "What this service asks for besides" in page and page.count("answer by") == 2


def test_confirming_changes_it(member: SignedIn, path: str) -> None:
    assert member.post(path, data={**POL_02, "reason": "It is a check."}).status_code == 302
    assert service_of(path) == "POL-02"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"service": ""}, "Choose a service that is offered."),
        ({"service": "NOP-99", "reason": "x"}, "Choose a service that is offered."),
        ({"service": "POL-02"}, "Tell the enterprise why in a sentence."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(
    member: SignedIn, path: str, said: dict[str, str], words: str
) -> None:
    answer = member.post(path, data=said)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert service_of(path) == "POL-03"


def test_nobody_of_another_station_reaches_it(client_as: SignIn, path: str) -> None:
    other = client_as(Role.STATION_MEMBER, station_id=station("ST01").id)
    assert other.get(path).status_code == 404
