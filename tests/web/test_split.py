"""The page on which parts of a request become requests of their own."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.factories.directory import station
from tests.signing_in import SignedIn, SignIn
from tests.web.test_acts import case_of

ONE = {"title_1": "Two welders", "description_1": "With a certificate.", "service_1": "TAL-01"}
TWO = {"title_2": "A course", "description_2": "For forty people.", "service_2": "POL-03"}
WHY = {"reason": "Two things."}


@pytest.fixture
def member(client_as: SignIn) -> SignedIn:
    """A member of the station."""
    return client_as(Role.STATION_MEMBER, station_id=station().id)


@pytest.fixture
def path(member: SignedIn) -> str:
    """The page for a case of the member's."""
    return f"/tickets/{case_of(member).id}/split"


def parts(path: str) -> list[tuple[str, str]]:
    """List what was split off, by title and service."""
    first = int(path.split("/")[2])
    wanted = sa.select(Ticket.title, Ticket.service_code).where(Ticket.split_from_id == first)
    rows = db.session.execute(wanted.order_by(Ticket.id))
    return [(row.title, row.service_code) for row in rows]


def test_the_ticket_leads_to_it(member: SignedIn, path: str) -> None:
    assert f'href="{path}"' in member.get(path.removesuffix("/split")).text


def test_its_own_service_is_chosen_beforehand(member: SignedIn, path: str) -> None:
    page = member.get(path).text
    assert page.count('value="POL-03" selected') + page.count("selected") >= 4


def test_parts_are_split_off_and_the_page_shows_them(member: SignedIn, path: str) -> None:
    assert member.post(path, data={**ONE, **TWO, **WHY}).status_code == 302
    assert parts(path) == [("Two welders", "TAL-01"), ("A course", "POL-03")]
    page = member.get(path.removesuffix("/split")).text
    assert "2 parts go on as requests of their own." in page and "Two things." in page


def test_parts_left_empty_are_none(member: SignedIn, path: str) -> None:
    member.post(path, data={**ONE, **WHY, "title_3": "", "service_3": "POL-03"})
    assert len(parts(path)) == 1


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (WHY, "title_1"),
        ({**ONE, "reason": ""}, "reason"),
        ({**ONE, **WHY, "title_2": "A course"}, "description_2"),
        ({**ONE, **WHY, "service_1": "NOP-99"}, "service_1"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_happens(
    member: SignedIn, path: str, said: dict[str, str], wrong: str
) -> None:
    answer = member.post(path, data=said)
    assert (answer.status_code, f'id="{wrong}-error"' in answer.text) == (422, True)
    kept = [text for name, text in said.items() if not name.startswith("service")]
    assert all(text in answer.text for text in kept)
    assert parts(path) == []


def test_nobody_of_another_station_reaches_it(client_as: SignIn, path: str) -> None:
    other = client_as(Role.STATION_MEMBER, station_id=station("ST01").id)
    assert other.get(path).status_code == 404
