"""An institution is reminded of what it was offered, and told when that is withdrawn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.assigning.answering import accept_offer, decline_offer, expire_offers
from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.offering_by_hand import offer_to
from service_portal.filing.services import withdraw_ticket
from service_portal.kernel.db import db
from service_portal.reminding.services import fire_due
from service_portal.tickets.models import Clock, Offer, Ticket
from service_portal.working.services import accept_ticket
from tests.factories.accounts import create_person
from tests.factories.directory import create_institution
from tests.factories.tickets import TUESDAY, enterprise_actor
from tests.services.alarms import rungs_of, told
from tests.services.test_journey import fresh, routed_and_assigned

HOUR = timedelta(hours=1)


def lead_of(institution: Any) -> tuple[Actor, int]:
    """Give the lead of an institution, with a membership, and their person's id."""
    person = create_person()
    membership = Membership(
        person_id=person.id, role=Role.INSTITUTION_LEAD, institution_id=institution.id
    )
    db.session.add(membership)
    db.session.flush()
    return (
        Actor(
            role=Role.INSTITUTION_LEAD,
            person_id=person.id,
            membership_id=membership.id,
            institution_id=institution.id,
            name=person.name_en,
        ),
        person.id,
    )


@pytest.fixture
def offered(db_session: None) -> tuple[Ticket, Actor, Actor, int]:
    """A ticket of the pool, just offered by the round: ticket, its owner, the lead of the
    institution, the lead's person.
    """
    institution = create_institution(services=("LEG-02",), answers=False)
    lead, person_id = lead_of(institution)
    ticket, member = routed_and_assigned("LEG-02", enterprise_actor())
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    assert offer_waiting(now=TUESDAY) == 1
    return fresh(ticket), member, lead, person_id


def offer_clock(ticket: Ticket) -> Clock:
    """Give the newest clock of an institution's answer."""
    query = (
        sa.select(Clock)
        .where(Clock.ticket_id == ticket.id, Clock.kind == "offer")
        .order_by(Clock.run.desc())
        .limit(1)
    )
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def test_the_institution_is_reminded_before_its_time_is_over(
    offered: tuple[Ticket, Actor, Actor, int],
) -> None:
    ticket, _member, lead, person_id = offered
    offer = db.session.scalars(sa.select(Offer).where(Offer.ticket_id == ticket.id)).one()
    due, half = offer_clock(ticket).due_at, offer_clock(ticket).next_alarm_at
    assert (
        due == offer.answer_due_at and half is not None and due is not None and TUESDAY < half < due
    )
    others = sa.select(sa.func.min(Clock.due_at)).where(
        Clock.ticket_id == ticket.id, Clock.kind != "offer", Clock.stopped_at.is_(None)
    )
    assert ticket.next_due_at == db.session.scalar(others), (
        "an offer's time is no deadline of the ticket"
    )
    fire_due(now=half)
    assert rungs_of(ticket, "offer") == ["remind"] and fresh(ticket).light == 0
    reminded = [row for row in told(ticket, "rung.reached") if row.kind == "rung.offer.remind"]
    assert [(row.person_id, row.channel) for row in reminded] == [(person_id, "app")]
    accept_offer(actor=lead, offer_id=offer.id, now=half)
    assert offer_clock(ticket).outcome == "met"


def test_each_offer_has_a_time_of_its_own(offered: tuple[Ticket, Actor, Actor, int]) -> None:
    ticket, member, lead, _person = offered
    offer = db.session.scalars(sa.select(Offer).where(Offer.ticket_id == ticket.id)).one()
    first, half = offer_clock(ticket).id, offer_clock(ticket).next_alarm_at
    assert half is not None
    fire_due(now=half)
    decline_offer(actor=lead, offer_id=offer.id, reason_code="no_capacity", comment="", now=half)
    assert offer_clock(ticket).outcome == "met", "declining in time is an answer in time"
    other = create_institution(services=("LEG-02",), answers=False)
    _lead, person_id = lead_of(other)
    offer_to(
        actor=member, ticket_id=ticket.id, institution_id=other.id, reason="They know it.", now=half
    )
    second, half, due = (
        offer_clock(ticket).id,
        offer_clock(ticket).next_alarm_at,
        offer_clock(ticket).due_at,
    )
    assert second != first and half is not None and due is not None
    fire_due(now=half)
    reminded = [
        row.person_id for row in told(ticket, "rung.reached") if row.kind == "rung.offer.remind"
    ]
    assert person_id in reminded and rungs_of(ticket, "offer") == ["remind", "remind"]
    assert expire_offers(now=due + HOUR) == 1
    assert offer_clock(ticket).outcome == "late" and offer_clock(ticket).next_alarm_at is None


def test_a_withdrawn_request_reminds_nobody_and_tells_whom_it_was_offered(
    offered: tuple[Ticket, Actor, Actor, int],
) -> None:
    ticket, _member, _lead, person_id = offered
    asker = Actor(
        role=Role.ENTERPRISE_OWNER,
        person_id=ticket.filed_by_id,
        enterprise_id=ticket.enterprise_id,
        name="Lin Wei",
    )
    withdraw_ticket(actor=asker, ticket_id=ticket.id, reason="Solved.", now=TUESDAY + HOUR)
    assert (
        offer_clock(ticket).outcome == "cancelled"
        and fire_due(now=TUESDAY + timedelta(days=30)) == 0
    )
    assert person_id in {
        row.person_id for row in told(ticket, "ticket.withdrawn") if row.kind == "ticket.withdrawn"
    }


def test_a_withdrawal_tells_the_institution_that_works_on_it(
    offered: tuple[Ticket, Actor, Actor, int],
) -> None:
    ticket, _member, lead, person_id = offered
    offer = db.session.scalars(sa.select(Offer).where(Offer.ticket_id == ticket.id)).one()
    accept_offer(actor=lead, offer_id=offer.id, now=TUESDAY + HOUR)
    asker = Actor(
        role=Role.ENTERPRISE_OWNER,
        person_id=ticket.filed_by_id,
        enterprise_id=ticket.enterprise_id,
        name="Lin Wei",
    )
    withdraw_ticket(actor=asker, ticket_id=ticket.id, reason="", now=TUESDAY + HOUR)
    assert person_id in {
        row.person_id for row in told(ticket, "ticket.withdrawn") if row.kind == "ticket.withdrawn"
    }
