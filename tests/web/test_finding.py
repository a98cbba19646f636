"""A ticket is found by its number, typed short or whole, by whoever may see it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.factories.directory import station
from tests.factories.tickets import create_ticket
from tests.signing_in import SignIn


@pytest.fixture
def ticket(db_session: None) -> Ticket:
    """A ticket of Nanhai's station."""
    made = create_ticket("POL-03")
    db.session.execute(
        sa.update(Ticket).where(Ticket.id == made.id).values(station_id=station("ST03").id)
    )
    db.session.commit()
    return made


def typings(ticket: Ticket) -> list[str]:
    """List how people type a ticket's number."""
    number = ticket.reference.rsplit("-", 1)[1]
    return [number, number.lstrip("0"), ticket.reference, ticket.reference.lower()]


def test_a_number_opens_its_ticket(ticket: Ticket, client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station("ST03").id)
    for text in typings(ticket):
        answer = member.get("/find", query_string={"q": text})
        assert answer.headers["Location"] == f"/tickets/{ticket.id}"


def test_the_queue_and_the_list_find_the_number_too(ticket: Ticket, client_as: SignIn) -> None:
    lead = client_as(Role.STATION_LEAD, station_id=station("ST03").id)
    for text in typings(ticket):
        for address in ("/queue?view=station", "/all-tickets?"):
            assert ticket.reference in lead.get(f"{address}&q={text}").text


def test_a_foreign_number_looks_like_one_that_does_not_exist(
    ticket: Ticket, client_as: SignIn
) -> None:
    other = client_as(Role.ENTERPRISE_OWNER)
    foreign = other.get("/find", query_string={"q": ticket.reference})
    missing = other.get("/find", query_string={"q": "NH-2026-99999"})
    assert foreign.headers["Location"].replace(ticket.reference, "X") == missing.headers[
        "Location"
    ].replace("NH-2026-99999", "X")


@pytest.mark.parametrize(
    "role", [Role.ENTERPRISE_OWNER, Role.INSTITUTION_LEAD, Role.STATION_MEMBER, Role.MANAGER]
)
def test_a_number_that_leads_nowhere_says_so_and_shows_the_way_on(
    db_session: None, client_as: SignIn, role: Role
) -> None:
    page = client_as(role).get("/find", query_string={"q": "NH-2026-99999"}, follow_redirects=True)
    assert page.status_code == 200
    assert "of that number that you can open" in page.text


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.STATION_MEMBER, "/queue"),
        (Role.MANAGER, "/all-tickets"),
        (Role.ENTERPRISE_OWNER, "/services"),
    ],
)
def test_words_are_searched_for_where_the_reader_works(
    db_session: None, client_as: SignIn, role: Role, place: str
) -> None:
    answer = client_as(role).get("/find", query_string={"q": "laser 资金"})
    assert answer.headers["Location"].startswith(place)
    assert "q=laser" in answer.headers["Location"]
