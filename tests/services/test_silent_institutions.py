"""An institution in which nobody can sign in and answer gets no offers: they would only run out."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.assigning.answering import expire_offers
from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.offering_by_hand import offer_to
from service_portal.assigning.services import assign_waiting
from service_portal.directory.models import Institution
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.people.models import Person
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Decision, Offer, Ticket
from service_portal.working.services import accept_ticket
from tests.factories.accounts import create_person
from tests.factories.directory import create_institution, create_member, station
from tests.factories.tickets import TUESDAY, create_ticket

SERVICE = "LEG-02"


@pytest.fixture
def accepted(db_session: None) -> tuple[Ticket, Actor]:
    """A ticket of the pool that its station has accepted, and its owner."""
    place = station("ST03")
    member = create_member(station_id=place.id, person_id=create_person().id)
    ticket = create_ticket(SERVICE)
    route_waiting(now=TUESDAY)
    assign_waiting(now=TUESDAY)
    db.session.execute(
        sa.update(Ticket)
        .where(Ticket.id == ticket.id)
        .values(station_id=place.id, owner_id=member.id)
    )
    owner = Actor(
        role=Role.STATION_MEMBER,
        person_id=member.person_id,
        member_id=member.id,
        station_id=place.id,
        name=member.name_en,
    )
    accept_ticket(actor=owner, ticket_id=ticket.id, now=TUESDAY)
    return ticket, owner


def offered_to(ticket: Ticket) -> int | None:
    """Give the institution that has an open offer of a ticket."""
    db.session.flush()
    return db.session.scalar(
        sa.select(Offer.institution_id).where(
            Offer.ticket_id == ticket.id, Offer.state == "offered"
        )
    )


def test_the_next_one_is_asked_instead(accepted: tuple[Ticket, Actor]) -> None:
    create_institution(services=(SERVICE,), answers=False)
    able = create_institution(services=(SERVICE,), last_offered_at=TUESDAY)
    assert offer_waiting(now=TUESDAY) == 1
    assert offered_to(accepted[0]) == able.id


def test_the_decision_says_why_it_was_passed_over(accepted: tuple[Ticket, Actor]) -> None:
    create_institution(services=(SERVICE,), answers=False)
    assert offer_waiting(now=TUESDAY) == 0
    words = db.session.execute(
        sa.select(Decision.words_en, Decision.words_zh).where(
            Decision.ticket_id == accepted[0].id, Decision.kind == "offer"
        )
    ).one()
    assert "nobody there can sign in" in words.words_en
    assert "无人可登录接单" in words.words_zh


def test_it_is_asked_once_its_lead_has_joined(accepted: tuple[Ticket, Actor]) -> None:
    institution = create_institution(services=(SERVICE,), answers=False)
    offer_waiting(now=TUESDAY)
    _join(institution, Role.INSTITUTION_LEAD)
    assert offer_waiting(now=TUESDAY + timedelta(minutes=5)) == 1
    assert offered_to(accepted[0]) == institution.id


def test_a_worker_alone_is_not_enough(accepted: tuple[Ticket, Actor]) -> None:
    _join(create_institution(services=(SERVICE,), answers=False), Role.INSTITUTION_WORKER)
    assert offer_waiting(now=TUESDAY) == 0


@pytest.mark.parametrize("gone", ["role", "account"])
def test_an_open_offer_moves_on_when_nobody_is_left_to_answer(
    accepted: tuple[Ticket, Actor], gone: str
) -> None:
    institution = create_institution(services=(SERVICE,), answers=False)
    lead = _join(institution, Role.INSTITUTION_LEAD)
    offer_waiting(now=TUESDAY)
    assert expire_offers(now=TUESDAY) == 0
    if gone == "role":
        lead.ended_at = TUESDAY
    else:
        db.session.get_one(Person, lead.person_id).active = False
    db.session.flush()
    assert expire_offers(now=TUESDAY) == 1
    assert offered_to(accepted[0]) is None


def test_offering_by_hand_says_what_to_do(accepted: tuple[Ticket, Actor]) -> None:
    ticket, owner = accepted
    institution = create_institution(services=(SERVICE,), answers=False)
    with pytest.raises(Refused, match="Ask its lead to join"):
        offer_to(
            actor=owner,
            ticket_id=ticket.id,
            institution_id=institution.id,
            reason="They know it.",
            now=TUESDAY,
        )


def _join(institution: Institution, role: Role) -> Membership:
    person = create_person()
    joined = Membership(person_id=person.id, role=role, institution_id=institution.id)
    db.session.add(joined)
    db.session.flush()
    return joined
