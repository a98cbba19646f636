"""A list that ends says so, and goes on."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.filing import views as filing
from service_portal.kernel.db import db
from service_portal.tickets.models import Message, Ticket
from service_portal.tickets.page import MOST_LINES
from tests.factories.directory import create_enterprise
from tests.factories.tickets import create_ticket
from tests.signing_in import SignIn


@pytest.fixture
def long_talk(db_session: None) -> Ticket:
    """A ticket with more messages than a page shows at once."""
    ticket = create_ticket()
    db.session.execute(
        sa.insert(Message),
        [
            {
                "ticket_id": ticket.id,
                "enterprise_id": ticket.enterprise_id,
                "at": ticket.filed_at + timedelta(minutes=n),
                "author_role": "station_member",
                "author_name": "Lin",
                "audience": "shared",
                "body": f"word number {n} of many",
            }
            for n in range(MOST_LINES + 5)
        ],
    )
    db.session.commit()
    return ticket


def test_a_long_conversation_says_that_it_is_cut_and_opens_whole(
    long_talk: Ticket, client_as: SignIn
) -> None:
    manager = client_as(Role.MANAGER)
    page = manager.get(f"/tickets/{long_talk.id}").text
    assert f"The newest {MOST_LINES} lines are shown." in page
    assert "word number 2 of many" not in page
    whole = manager.get(f"/tickets/{long_talk.id}?all=1").text
    assert "word number 2 of many" in whole
    assert "lines are shown" not in whole


def test_the_home_goes_on_to_the_oldest_open_request(
    client_as: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "OPEN_PAGE", 2)
    asker = client_as(Role.ENTERPRISE_OWNER)
    titles = [f"Request number {n}" for n in range(5)]
    for title in titles:
        create_ticket(actor=asker.actor, title=title)
    db.session.commit()
    address: str | None = "/home"
    seen: list[str] = []
    while address:
        page = asker.get(address).text
        seen += re.findall(r"Request number \d", page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = unescape(found[1]) if found else None
    assert sorted(set(seen)) == titles


def test_filing_on_behalf_says_that_there_are_more_enterprises(client_as: SignIn) -> None:
    for n in range(filing.ENTERPRISES + 1):
        create_enterprise(name_en=f"Zebra Works {n}")
    db.session.commit()
    page = client_as(Role.STATION_MEMBER).get("/on-behalf?q=Zebra+Works").text
    assert len(re.findall(r"Zebra Works \d", page)) == filing.ENTERPRISES
    assert f"The first {filing.ENTERPRISES} are shown; type more of the name." in page
