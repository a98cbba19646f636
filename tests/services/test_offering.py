"""A case goes to the pool with consent alone, and none waits behind others for ever."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.assigning import queries
from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.offering_by_hand import offer_to
from service_portal.assigning.services import assign_waiting
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Offer, Ticket
from service_portal.tickets.rules import Status
from service_portal.working.services import accept_ticket, start_work
from tests.factories.directory import create_institution, create_member
from tests.factories.tickets import TUESDAY, create_ticket
from tests.services.test_journey import fresh, kinds_of, member_actor


def accepted(
    consent: bool = True,
    *,
    urgent: bool = False,
    service: str = "LEG-02",
    member: Actor | None = None,
) -> tuple[Ticket, Actor]:
    """File a ticket of the pool and accept it."""
    if member is None:
        member = member_actor(create_member(capacity_points=500))
    ticket = create_ticket(service, consent=consent, urgent=urgent)
    route_waiting(now=TUESDAY)
    assign_waiting(now=TUESDAY)
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    return fresh(ticket), member


def test_without_consent_no_institution_reads_it(db_session: None) -> None:
    institution = create_institution(services=("LEG-02",))
    ticket, member = accepted(consent=False)
    assert offer_waiting(now=TUESDAY) == 0
    with pytest.raises(Refused) as refused:
        offer_to(
            actor=member,
            ticket_id=ticket.id,
            institution_id=institution.id,
            reason="They know it.",
            now=TUESDAY,
        )
    assert (
        refused.value.field == "agreed"
        and db.session.scalar(sa.select(sa.func.count()).select_from(Offer)) == 0
    )
    offer_to(
        actor=member,
        ticket_id=ticket.id,
        institution_id=institution.id,
        reason="They know it.",
        now=TUESDAY,
        agreed=True,
    )
    assert fresh(ticket).consent and kinds_of(ticket)[-2:] == ["consent", "dispatch"]


def test_without_consent_the_station_does_it_itself(db_session: None) -> None:
    ticket, member = accepted(consent=False)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
    assert fresh(ticket).status == Status.IN_PROGRESS and not fresh(ticket).consent


def test_tickets_nobody_delivers_do_not_starve_the_others(db_session: None) -> None:
    stuck, member = accepted()
    more = [accepted(member=member)[0] for _ in range(3)]
    assert offer_waiting(now=TUESDAY) == 0 and fresh(stuck).waiting_reason == "no_institution"
    create_institution(services=("TST-01",))
    late, _ = accepted(service="TST-01", member=member)
    urgent, _ = accepted(service="TST-01", urgent=True, member=member)
    assert [row.id for row in queries.lock_unoffered(1)] == [urgent.id], (
        "new ones before stuck ones, urgent ones before older ones"
    )
    assert offer_waiting(now=TUESDAY, limit=1) == 1 and fresh(urgent).status == Status.DISPATCHED
    assert offer_waiting(now=TUESDAY, limit=1) == 1 and fresh(late).status == Status.DISPATCHED
    create_institution(services=("LEG-02",))
    assert offer_waiting(now=TUESDAY) == 4, "who was stuck is looked at again"
    assert {fresh(one).status for one in (stuck, *more)} == {Status.DISPATCHED}
