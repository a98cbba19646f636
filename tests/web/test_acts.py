"""Which acts a ticket's page offers to whom, and what it says when an institution
may not be asked.
"""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask, g
from flask_babel import refresh

from service_portal.access.actor import Role
from service_portal.assigning.services import assign_waiting
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Ticket
from tests.factories.directory import create_institution, create_member, create_station, station
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.signing_in import SignedIn, SignIn
from tests.web.test_pages import MOST_STATEMENTS, Statements

POOL = {
    "title": "Review of a contract",
    "description": "Forty pages, in English.",
    "contact_name": "Lin Wei",
    "contact_phone": "0757-5555 0101",
}


@pytest.fixture
def member(client_as: SignIn) -> SignedIn:
    """A member of the station."""
    return client_as(Role.STATION_MEMBER, station_id=station().id)


def case_of(member: SignedIn, *, service: str = "POL-03", consent: bool = True) -> Ticket:
    """File a ticket that the member owns."""
    ticket = create_ticket(service, actor=enterprise_actor(), now=now(), consent=consent)
    route_waiting(now=now())
    assign_waiting(now=now())
    db.session.commit()
    assert (
        db.session.get_one(Ticket, ticket.id, populate_existing=True).owner_id
        == member.actor.member_id
    )
    return ticket


def test_the_owner_gives_their_case_to_a_colleague_and_nobody_elses(
    app: Flask, client_as: SignIn, member: SignedIn
) -> None:
    ticket = case_of(member)
    colleague = create_member()
    for twin in range(2):
        create_ticket(
            "POL-03",
            actor=enterprise_actor(ticket.enterprise_id),
            title=f"Something else {twin}",
            now=now(),
        )
    db.session.commit()
    page = f"/tickets/{ticket.id}"
    member.get(page)
    with Statements(app) as statements:
        shown = member.get(page).text
    form = shown.split(f'action="{page}/assign"')[1].split("</form>")[0]
    assert (
        f'<option value="{colleague.id}"' in form
        and f'<option value="{member.actor.member_id}"' not in form
    )
    assert len(statements.seen) <= MOST_STATEMENTS, "\n".join(statements.seen)
    assert (
        member.post(
            f"{page}/assign", data={"member_id": colleague.id, "reason": "You know them."}
        ).status_code
        == 302
    )
    assert db.session.get_one(Ticket, ticket.id, populate_existing=True).owner_id == colleague.id
    assert f'action="{page}/assign"' not in member.get(page).text
    assert (
        member.post(
            f"{page}/assign", data={"member_id": member.actor.member_id, "reason": "Back."}
        ).status_code
        == 403
    )


def test_a_case_handed_over_through_the_page(member: SignedIn) -> None:
    ticket, there = case_of(member), create_station()
    able = create_member(station_id=there.id)
    db.session.commit()
    page = f"/tickets/{ticket.id}"
    assert f'action="{page}/hand-over"' in member.get(page).text
    assert (
        member.post(f"{page}/hand-over", data={"station_id": there.id, "reason": "Their field."})
        .headers["Location"]
        .endswith("/queue")
    )
    assert db.session.get_one(Ticket, ticket.id, populate_existing=True).owner_id == able.id
    shown = member.get(page)
    assert shown.status_code == 200 and acts_of(shown.text) == [], "read on, and nothing to do"


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
        assert (
            refused.status_code == 422
            and 'id="into-error"' in refused.text
            and f'value="{master.reference}"' in refused.text
        )
    assert (
        member.post(page, data={"into": master.reference})
        .headers["Location"]
        .endswith(f"/tickets/{master.id}")
    )
    assert member.post(page, data={"into": master.reference}).status_code == 409, "done once"
    merged = member.get(f"/tickets/{twin.id}").text
    assert f'href="/tickets/{master.id}"' in merged and f"merged into {master.reference}" in merged
    assert f"{twin.reference} was merged into this" in member.get(f"/tickets/{master.id}").text


def test_a_service_of_the_pool_needs_consent_and_says_why(
    client_as: SignIn,
) -> None:
    asker = client_as(Role.ENTERPRISE_OWNER)
    shown = asker.get("/tickets/new/LEG-02").text
    assert "Only an institution of the service pool delivers this service" in shown
    refused = asker.post("/tickets/new/LEG-02", data=POOL)
    assert (
        refused.status_code == 422
        and "Without this nobody could deliver the service." in refused.text
    )
    assert "may share this request" not in asker.get("/tickets/new/POL-03").text, (
        "a station's own service asks for nothing it does not need"
    )


def test_without_consent_staff_sees_why_no_institution_is_asked(
    client_as: SignIn, member: SignedIn
) -> None:
    institution = create_institution(services=("LEG-02",))
    ticket = case_of(member, service="LEG-02", consent=False)
    page = f"/tickets/{ticket.id}"
    member.post(f"{page}/accept")
    shown = member.get(page).text
    assert (
        "the enterprise has not agreed to share it with an institution" in shown
        and 'name="agreed"' in shown
    )
    refused = member.post(
        f"{page}/offer", data={"institution_id": institution.id, "reason": "They know it."}
    )
    assert (
        refused.status_code == 422
        and 'id="offer-agreed-error"' in refused.text
        and "They know it." in refused.text
    )
    assert (
        member.post(
            f"{page}/offer",
            data={"institution_id": institution.id, "reason": "They know it.", "agreed": "1"},
        ).status_code
        == 302
    )
    assert db.session.scalar(sa.select(Ticket.consent).where(Ticket.id == ticket.id)) is True
    g.pop("_login_user", None)
    asker = client_as(Role.ENTERPRISE_OWNER, enterprise_id=ticket.enterprise_id)
    assert "noted that the enterprise agrees" in asker.get(page).text, (
        "the enterprise reads who said so"
    )


def acts_of(page: str) -> list[str]:
    """List the addresses of the acts at a page's top, in their order."""
    return re.findall(
        r'action="/tickets/\d+/([a-z-]+)"',
        page.split('class="acts')[1].split("status-line", maxsplit=1)[0],
    )


def test_what_accepted_itself_can_still_be_asked_for_more_or_not_accepted(member: SignedIn) -> None:
    ticket = case_of(member, service="POL-01")
    page = f"/tickets/{ticket.id}"
    assert db.session.scalar(sa.select(Ticket.status).where(Ticket.id == ticket.id)) == "accepted"
    assert {"return", "refuse", "start"} <= set(acts_of(member.get(page).text))
    refused = member.post(
        f"{page}/refuse", data={"reason_code": "out_of_scope", "words": "Not ours."}
    )
    assert refused.status_code == 302
    assert (
        db.session.scalar(sa.select(Ticket.status).where(Ticket.id == ticket.id)) == "not_accepted"
    )
    assert "Not ours." in member.get(page).text


def test_what_somebody_accepted_can_be_asked_for_more_and_not_refused(member: SignedIn) -> None:
    ticket = case_of(member)
    page = f"/tickets/{ticket.id}"
    member.post(f"{page}/accept")
    offered = acts_of(member.get(page).text)
    assert "return" in offered and "refuse" not in offered
    assert (
        member.post(
            f"{page}/refuse", data={"reason_code": "out_of_scope", "words": "Not ours."}
        ).status_code
        == 409
    )


@pytest.mark.parametrize(
    ("act", "said"), [("messages", "Sent."), ("notes", "Kept; only staff read it.")]
)
def test_what_is_said_is_confirmed_where_it_stands(member: SignedIn, act: str, said: str) -> None:
    page = f"/tickets/{case_of(member).id}"
    answer = member.post(f"{page}/{act}", data={"body": "A word"})
    assert answer.headers["Location"] == f"{page}#said"
    shown = member.get(page).text
    after_talk = shown.split('<ol class="talk"')[1].split("</ol>")[1]
    assert 'id="said" role="status"' in after_talk and shown.count(said) == 1
    assert said not in member.get(page).text, "once"


@pytest.mark.parametrize("act", ["assign", "offer"])
def test_who_gives_a_case_to_another_says_why(client_as: SignIn, act: str) -> None:
    lead = client_as(Role.STATION_LEAD, station_id=station().id)
    member = create_member()
    institution = create_institution(services=("LEG-02",))
    ticket = create_ticket("LEG-02", now=now())
    values = {"station_id": station().id, "owner_id": lead.actor.member_id, "status": "accepted"}
    db.session.execute(sa.update(Ticket).where(Ticket.id == ticket.id).values(values))
    db.session.commit()
    sent = {"member_id": member.id, "institution_id": institution.id, "reason": " "}
    refused = lead.post(f"/tickets/{ticket.id}/{act}", data=sent)
    assert refused.status_code == 422 and f'id="{act}-reason-error"' in refused.text


def test_declining_without_a_reason_says_so_in_the_language_of_the_page(
    client_as: SignIn, member: SignedIn
) -> None:
    institution = create_institution(services=("LEG-02",))
    ticket = case_of(member, service="LEG-02")
    member.post(f"/tickets/{ticket.id}/accept")
    member.post(
        f"/tickets/{ticket.id}/offer", data={"institution_id": institution.id, "reason": "Able"}
    )
    offer_id = db.session.scalar(
        sa.text("SELECT id FROM offer WHERE ticket_id = :id"), {"id": ticket.id}
    )
    g.pop("_login_user", None)
    lead = client_as(Role.INSTITUTION_LEAD, institution_id=institution.id, locale="zh")
    g.pop("language", None)
    refresh()
    assert re.search(r"<form[^>]*novalidate[^>]*decline", lead.get(f"/offers/{offer_id}").text)
    refused = lead.post(f"/offers/{offer_id}/decline", data={"comment": "忙"})
    error = re.search(r'<div class="field-error" role="alert">([^<]+)</div>', refused.text)
    assert (
        refused.status_code == 422
        and error is not None
        and re.search(r"[\u4e00-\u9fff]", error[1])
        and 'value="忙"' in refused.text
    )
