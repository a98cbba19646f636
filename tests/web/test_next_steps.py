"""A ticket's first act never fails, and what was promised stays until it has happened."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import g

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.factories.directory import create_institution, station
from tests.signing_in import SignedIn, SignIn
from tests.web.test_acts import acts_of, case_of


@pytest.fixture
def member(client_as: SignIn) -> SignedIn:
    """A member of the station."""
    return client_as(Role.STATION_MEMBER, station_id=station().id)


def primary_of(shown: str) -> list[str]:
    """List the primary acts beside a ticket's title."""
    head = shown.split('class="acts')[1].split("<form", maxsplit=1)[0]
    found = re.findall(r'class="btn btn-primary"[^>]*>([^<]+)', head)
    return [words.strip() for words in found]


def test_while_the_pool_is_asked_the_page_says_so_and_has_no_primary_act(member: SignedIn) -> None:
    page = f"/tickets/{case_of(member, service='LEG-02').id}"
    member.post(f"{page}/accept")
    shown = member.get(page).text
    assert "The pool is being asked now" in shown and primary_of(shown) == []


def test_the_offer_comes_first_where_nobody_else_makes_it(member: SignedIn) -> None:
    ticket = case_of(member, service="LEG-02")
    page = f"/tickets/{ticket.id}"
    member.post(f"{page}/accept")
    waits = sa.update(Ticket).where(Ticket.id == ticket.id).values(waiting_reason="no_institution")
    db.session.execute(waits)
    db.session.commit()
    shown = member.get(page).text
    assert acts_of(shown)[:2] == ["offer", "start"]
    assert primary_of(shown) == ["Offer to an institution"]


def test_an_offer_that_comes_after_the_pools_own_is_no_failure(member: SignedIn) -> None:
    institution = create_institution(services=("LEG-02",))
    ticket = case_of(member, service="LEG-02")
    page = f"/tickets/{ticket.id}"
    member.post(f"{page}/accept")
    asked = sa.update(Ticket).where(Ticket.id == ticket.id).values(status="dispatched")
    db.session.execute(asked)
    db.session.commit()
    said = {"institution_id": institution.id, "reason": "Near", "agreed": "1"}
    answer = member.post(f"{page}/offer", data=said)
    assert answer.status_code == 302
    assert "has asked an institution meanwhile" in member.get(page).text


def test_what_the_enterprise_was_promised_stays_until_it_has_happened_and_says_when(
    member: SignedIn, client_as: SignIn
) -> None:
    ticket = case_of(member)
    page = f"/tickets/{ticket.id}"

    def promises() -> str:
        g.pop("_login_user", None)
        db.session.expire_all()
        shown = asker.get(page).text
        return shown.split("<h2>Time</h2>")[1].split("<h2>Who</h2>")[0]

    asker = client_as(Role.ENTERPRISE_OWNER, enterprise_id=ticket.enterprise_id)
    assert "Acceptance" in promises() and "after acceptance" in promises()
    g.pop("_login_user", None)
    assert member.post(f"{page}/accept").status_code == 302
    assert "First contact" in promises() and "On today" in promises()
    g.pop("_login_user", None)
    member.post(f"{page}/messages", data={"body": "Hello"})
    assert "First contact" in promises() and promises().count("promised by") == 2
