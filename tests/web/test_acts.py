"""Which acts a ticket's page offers to whom, and what it says when an institution may not be asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask, g

from service_portal.access.actor import Role
from service_portal.assigning.services import assign_waiting
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Ticket
from tests.factories.directory import create_institution, create_member, create_station, station
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.signing_in import SignedIn
from tests.web.test_pages import MOST_STATEMENTS, Statements

POOL = {"title": "Review of a contract", "description": "Forty pages, in English.", "contact_name": "Lin Wei", "contact_phone": "0757-5555 0101"}


@pytest.fixture
def member(client_as: Callable[..., SignedIn]) -> SignedIn:
    """A member of the station."""
    return client_as(Role.STATION_MEMBER, station_id=station().id)


def case_of(member: SignedIn, *, service: str = "POL-03", consent: bool = True) -> Ticket:
    """File a ticket that the member owns."""
    ticket = create_ticket(service, actor=enterprise_actor(), now=now(), consent=consent)
    route_waiting(now=now())
    assign_waiting(now=now())
    db.session.commit()
    assert db.session.get_one(Ticket, ticket.id, populate_existing=True).owner_id == member.actor.member_id
    return ticket


def test_the_owner_gives_their_case_to_a_colleague_and_nobody_elses(app: Flask, client_as: Callable[..., SignedIn], member: SignedIn) -> None:
    ticket = case_of(member)
    colleague = create_member()
    for twin in range(2):
        create_ticket("POL-03", actor=enterprise_actor(ticket.enterprise_id), title=f"Something else {twin}", now=now())
    db.session.commit()
    page = f"/tickets/{ticket.id}"
    member.get(page)
    with Statements(app) as statements:
        shown = member.get(page).text
    form = shown.split(f'action="{page}/assign"')[1].split("</form>")[0]
    assert f'<option value="{colleague.id}"' in form and f'<option value="{member.actor.member_id}"' not in form
    assert len(statements.seen) <= MOST_STATEMENTS, "\n".join(statements.seen)
    assert member.post(f"{page}/assign", data={"member_id": colleague.id, "reason": "You know them."}).status_code == 302
    assert db.session.get_one(Ticket, ticket.id, populate_existing=True).owner_id == colleague.id
    assert f'action="{page}/assign"' not in member.get(page).text
    assert member.post(f"{page}/assign", data={"member_id": member.actor.member_id, "reason": "Back."}).status_code == 403


def test_a_case_handed_over_through_the_page(member: SignedIn) -> None:
    ticket, there = case_of(member), create_station()
    able = create_member(station_id=there.id)
    db.session.commit()
    page = f"/tickets/{ticket.id}"
    assert f'action="{page}/hand-over"' in member.get(page).text
    assert member.post(f"{page}/hand-over", data={"station_id": there.id, "reason": "Their field."}).headers["Location"].endswith("/queue")
    assert db.session.get_one(Ticket, ticket.id, populate_existing=True).owner_id == able.id
    assert member.get(page).status_code == 404


def test_a_duplicate_is_merged_through_the_page(member: SignedIn) -> None:
    master = case_of(member)
    twin = create_ticket("POL-03", actor=enterprise_actor(master.enterprise_id), now=now())
    stranger = create_ticket("POL-03", now=now())
    route_waiting(now=now())
    assign_waiting(now=now())
    db.session.commit()
    db.session.expire_all()
    page = f"/tickets/{twin.id}/merge"
    assert f'href="{page}"' in member.get(f"/tickets/{twin.id}").text
    shown = member.get(page).text
    assert f'value="{master.reference}"' in shown and stranger.reference not in shown
    for into in ("", stranger.reference, twin.reference):
        refused = member.post(page, data={"into": into})
        assert refused.status_code == 422 and 'id="into-error"' in refused.text and f'value="{master.reference}"' in refused.text
    assert member.post(page, data={"into": master.reference}).headers["Location"].endswith(f"/tickets/{master.id}")
    assert member.post(page, data={"into": master.reference}).status_code == 409, "done once"
    merged = member.get(f"/tickets/{twin.id}").text
    assert f'href="/tickets/{master.id}"' in merged and f"merged into {master.reference}" in merged
    assert f"{twin.reference} was merged into this" in member.get(f"/tickets/{master.id}").text


def test_a_service_of_the_pool_needs_consent_and_says_why(client_as: Callable[..., SignedIn]) -> None:
    asker = client_as(Role.ENTERPRISE_OWNER)
    shown = asker.get("/tickets/new/LEG-02").text
    assert "Only an institution of the service pool delivers this service" in shown
    refused = asker.post("/tickets/new/LEG-02", data=POOL)
    assert refused.status_code == 422 and "Without this nobody could deliver the service." in refused.text
    assert "may share this request" not in asker.get("/tickets/new/POL-03").text, "a station's own service asks for nothing it does not need"


def test_without_consent_staff_sees_why_no_institution_is_asked(client_as: Callable[..., SignedIn], member: SignedIn) -> None:
    institution = create_institution(services=("LEG-02",))
    ticket = case_of(member, service="LEG-02", consent=False)
    page = f"/tickets/{ticket.id}"
    member.post(f"{page}/accept")
    shown = member.get(page).text
    assert "the enterprise has not agreed to share it with an institution" in shown and 'name="agreed"' in shown
    refused = member.post(f"{page}/offer", data={"institution_id": institution.id, "reason": "They know it."})
    assert refused.status_code == 422 and 'id="offer-agreed-error"' in refused.text and "They know it." in refused.text
    assert member.post(f"{page}/offer", data={"institution_id": institution.id, "reason": "They know it.", "agreed": "1"}).status_code == 302
    assert db.session.scalar(sa.select(Ticket.consent).where(Ticket.id == ticket.id)) is True
    g.pop("_login_user", None)
    asker = client_as(Role.ENTERPRISE_OWNER, enterprise_id=ticket.enterprise_id)
    assert "noted that the enterprise agrees" in asker.get(page).text, "the enterprise reads who said so"
