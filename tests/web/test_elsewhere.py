"""A link to what is no longer one's own says what happened; one to what another of one's roles may
open offers to switch.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from flask import g

from service_portal.access.actor import SYSTEM, Role
from service_portal.accounts.models import Membership
from service_portal.assigning.answering import decline_offer, expire_offers
from service_portal.assigning.offering_by_hand import offer_to
from service_portal.assigning.services import assign_waiting
from service_portal.filing.services import withdraw_ticket
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.tickets.codes import OfferState
from service_portal.tickets.models import Attachment, Offer, Ticket
from service_portal.tickets.parallel import end_offer, offer_side_by_side
from service_portal.working.services import accept_ticket
from tests.factories.directory import create_institution, create_member, create_station, station
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.signing_in import SignedIn, SignIn
from tests.web.markup import flat

NOTHING = "Nothing here"


def case_of(member: SignedIn, service: str = "POL-03", **about: Any) -> Ticket:
    """File a ticket that the member owns."""
    ticket = create_ticket(service, now=now(), **about)
    route_waiting(now=now())
    assign_waiting(now=now())
    db.session.commit()
    return db.session.get_one(Ticket, ticket.id, populate_existing=True)


def offered(member: SignedIn, **about: object) -> Offer:
    """Offer a case of the member to an institution of its own."""
    institution = create_institution(services=("LEG-02",))
    ticket = case_of(member, "LEG-02", **about)
    accept_ticket(actor=member.actor, ticket_id=ticket.id, now=now())
    offer_to(
        actor=member.actor,
        ticket_id=ticket.id,
        institution_id=institution.id,
        reason="Able",
        now=now(),
    )
    db.session.commit()
    g.pop("_login_user", None)
    return db.session.scalars(sa.select(Offer).where(Offer.ticket_id == ticket.id)).one()


def lines_of(offer: Offer) -> tuple[str, str]:
    return f"/offers/{offer.id}", f"/tickets/{offer.ticket_id}"


def test_a_declined_offers_links_say_that_it_was_declined(
    client_as: SignIn,
) -> None:
    offer = offered(client_as(Role.STATION_MEMBER, station_id=station().id))
    lead = client_as(Role.INSTITUTION_LEAD, institution_id=offer.institution_id)
    decline_offer(
        actor=lead.actor, offer_id=offer.id, reason_code="no_capacity", comment="", now=now()
    )
    db.session.commit()
    for path in lines_of(offer):
        answer = lead.get(path)
        assert (
            answer.status_code == 404
            and "Your institution declined this case" in answer.text
            and NOTHING not in answer.text
        )
    answered = lead.post(f"/offers/{offer.id}/accept")
    assert answered.status_code == 409 and "This offer is no longer open" in answered.text


def test_an_expired_offers_links_say_so(client_as: SignIn) -> None:
    offer = offered(client_as(Role.STATION_MEMBER, station_id=station().id))
    lead = client_as(Role.INSTITUTION_WORKER, institution_id=offer.institution_id)
    db.session.execute(sa.update(Offer).where(Offer.id == offer.id).values(answer_due_at=now()))
    assert expire_offers(now=now()) == 1
    db.session.commit()
    for path in lines_of(offer):
        assert "did not answer this offer in time" in lead.get(path).text


def test_a_withdrawn_requests_offer_says_so(client_as: SignIn) -> None:
    asker = enterprise_actor()
    offer = offered(client_as(Role.STATION_MEMBER, station_id=station().id), actor=asker)
    lead = client_as(Role.INSTITUTION_LEAD, institution_id=offer.institution_id)
    withdraw_ticket(actor=asker, ticket_id=offer.ticket_id, reason="", now=now())
    db.session.commit()
    for path in lines_of(offer):
        assert "This offer was withdrawn" in lead.get(path).text


def test_another_institution_learns_nothing_of_an_offer(client_as: SignIn) -> None:
    offer = offered(client_as(Role.STATION_MEMBER, station_id=station().id))
    stranger = client_as(Role.INSTITUTION_LEAD)
    for path in lines_of(offer):
        assert NOTHING in stranger.get(path).text


def test_whoever_handed_a_case_over_reads_on_and_is_told_who_has_it(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station().id)
    ticket, there = case_of(member), create_station(name_en="Over There Station")
    create_member(station_id=there.id)
    db.session.commit()
    sent = {"station_id": there.id, "reason": "Their field."}
    assert member.post(f"/tickets/{ticket.id}/hand-over", data=sent).status_code == 302
    answer = member.get(f"/tickets/{ticket.id}")
    assert answer.status_code == 200
    assert "You read it; it lies with Over There Station." in answer.text
    g.pop("_login_user", None)
    assert (
        NOTHING
        in client_as(Role.STATION_MEMBER, station_id=create_station().id)
        .get(f"/tickets/{ticket.id}")
        .text
    )


def test_a_link_to_another_organisations_ticket_offers_to_switch_and_leads_there(
    client_as: SignIn,
) -> None:
    asker = client_as(Role.ENTERPRISE_OWNER)
    ticket = create_ticket("POL-03", actor=asker.actor, now=now())
    other = enterprise_actor().enterprise_id
    second = Membership(person_id=asker.person.id, role=Role.ENTERPRISE_OWNER, enterprise_id=other)
    db.session.add(second)
    db.session.commit()
    assert asker.post(f"/acting-as/{second.id}").status_code == 302
    page = asker.get(f"/tickets/{ticket.id}")
    assert (
        page.status_code == 404
        and ticket.title not in page.text
        and ticket.reference not in page.text
    )
    form = re.search(r'action="(/acting-as/\d+)">.*?name="next" value="([^"]+)"', flat(page.text))
    assert form is not None and form[2] == f"/tickets/{ticket.id}"
    led = asker.post(form[1], data={"next": form[2]})
    assert led.headers["Location"] == f"/tickets/{ticket.id}"
    assert ticket.title in asker.get(led.headers["Location"]).text


def test_a_page_of_another_of_ones_roles_offers_to_switch(
    client_as: SignIn,
) -> None:
    asker = client_as(Role.ENTERPRISE_OWNER)
    second = Membership(person_id=asker.person.id, role=Role.STATION_LEAD, station_id=station().id)
    db.session.add(second)
    db.session.commit()
    refused = asker.get("/board")
    assert refused.status_code == 403 and f'action="/acting-as/{second.id}"' in refused.text
    g.pop("_login_user", None)
    assert "/acting-as/" not in client_as(Role.ENTERPRISE_OWNER).get("/board").text


def test_switching_leads_nowhere_outside(client_as: SignIn) -> None:
    asker = client_as(Role.ENTERPRISE_OWNER)
    for target in ("https://evil.example", "//evil.example", "/\\evil.example"):
        sent = asker.post(f"/acting-as/{asker.actor.membership_id}", data={"next": target})
        assert sent.headers["Location"] == "/"


def test_whoever_declined_learns_of_no_other_offer(client_as: SignIn) -> None:
    ticket = create_ticket("FIN-01", actor=enterprise_actor())
    one, other = (create_institution().id for _ in range(2))
    offers = offer_side_by_side(ticket, [one, other], actor=SYSTEM, now=now())
    end_offer(ticket, offers[one], OfferState.DECLINED, cancelled=True, now=now())
    db.session.commit()
    bank = client_as(Role.INSTITUTION_LEAD, institution_id=one)
    assert "declined this case" in bank.get(f"/offers/{offers[one].id}").text
    assert NOTHING in bank.get(f"/offers/{offers[other].id}").text


def test_whoever_declined_learns_of_no_file(client_as: SignIn) -> None:
    ticket = create_ticket("FIN-01", actor=enterprise_actor())
    bank_id = create_institution().id
    offers = offer_side_by_side(ticket, [bank_id], actor=SYSTEM, now=now())
    end_offer(ticket, offers[bank_id], OfferState.DECLINED, cancelled=True, now=now())
    file = Attachment(
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        purpose="request",
        side="enterprise",
        file_name="plan.pdf",
        content_type="application/pdf",
        size=1,
        sha256=b"x" * 32,
        storage_name="ab" * 16,
        uploaded_by_name="Lin",
        at=now(),
    )
    db.session.add(file)
    db.session.commit()
    bank = client_as(Role.INSTITUTION_LEAD, institution_id=bank_id)
    assert NOTHING in bank.get(f"/attachments/{file.id}").text


def test_a_list_tells_whoever_is_asked_no_station(client_as: SignIn) -> None:
    ticket = create_ticket("FIN-01", actor=enterprise_actor(), now=now())
    bank_id, here = create_institution().id, station()
    ticket.station_id, ticket.status = here.id, "in_progress"
    offer_side_by_side(ticket, [bank_id], actor=SYSTEM, now=now())
    db.session.commit()
    bank = client_as(Role.INSTITUTION_LEAD, institution_id=bank_id)
    for asked in ("", f"?station={here.id}", f"?station={here.id + 1}", "?now=stuck"):
        page = bank.get(f"/all-tickets{asked}").text
        assert ticket.reference in page and here.name_en not in page, asked
