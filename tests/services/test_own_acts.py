"""Nobody is told of their own act, whatever their part in the case; the others of the same party
are.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.assigning.services import assign_to, assign_waiting
from service_portal.events.models import OutboxRow
from service_portal.kernel.db import db
from service_portal.notifications.models import Notification
from service_portal.resolving.services import answer_ticket, confirm_ticket, reopen_ticket
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Ticket
from service_portal.working.services import accept_ticket, start_work
from tests.factories.accounts import create_person
from tests.factories.directory import create_member
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor
from tests.services.alarms import told
from tests.services.test_journey import routed_and_assigned


def lead_of(station_id: int) -> Actor:
    """Give a lead of a station who is a member of it."""
    person = create_person()
    role = Membership(person_id=person.id, role=Role.STATION_LEAD, station_id=station_id)
    db.session.add(role)
    member = create_member(station_id=station_id, person_id=person.id, is_lead=True)
    return Actor(
        role=Role.STATION_LEAD,
        person_id=person.id,
        membership_id=role.id,
        station_id=station_id,
        member_id=member.id,
        name="Lead",
    )


def hearers(rows: Sequence[Notification]) -> set[int]:
    return {row.person_id for row in rows}


def closed() -> tuple[Ticket, Actor, Actor]:
    """Give a closed ticket with two leads of its station."""
    ticket, _member = routed_and_assigned("POL-03")
    assert ticket.station_id is not None
    first, second = lead_of(ticket.station_id), lead_of(ticket.station_id)
    accept_ticket(actor=first, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=first, ticket_id=ticket.id, now=TUESDAY)
    answer_ticket(
        actor=first,
        ticket_id=ticket.id,
        body="Done",
        outcome="resolved",
        channel="message",
        minutes=5,
        evidence_note="slip",
        now=TUESDAY,
    )
    asker = Actor(
        role=Role.ENTERPRISE_OWNER, person_id=ticket.filed_by_id, enterprise_id=ticket.enterprise_id
    )
    confirm_ticket(
        actor=asker, ticket_id=ticket.id, level=None, verdict="solved", comment="", now=TUESDAY
    )
    return ticket, first, second


def test_a_lead_who_reopens_is_not_told_and_the_other_lead_is(db_session: None) -> None:
    ticket, first, second = closed()
    reopen_ticket(actor=first, ticket_id=ticket.id, reason="More", window_days=30, now=TUESDAY)
    heard = hearers(told(ticket, "ticket.reopened"))
    assert first.person_id not in heard and second.person_id in heard


def test_a_lead_who_takes_a_case_is_not_told_that_it_is_theirs(db_session: None) -> None:
    ticket, _member = routed_and_assigned("POL-03")
    assert ticket.station_id is not None
    lead = lead_of(ticket.station_id)
    db.session.execute(sa.delete(OutboxRow))
    assign_to(
        actor=lead, ticket_id=ticket.id, member_id=lead.member_id or 0, reason="Mine", now=TUESDAY
    )
    rows = told(ticket, "ticket.assigned")
    assert not [row for row in rows if row.person_id == lead.person_id]


def test_whoever_files_gets_a_receipt(db_session: None) -> None:
    asker = enterprise_actor()
    ticket = create_ticket("POL-03", actor=asker)
    assert hearers(told(ticket, "ticket.filed")) == {asker.person_id}


def test_an_event_of_the_portal_is_told_to_everybody(db_session: None) -> None:
    asker = enterprise_actor()
    ticket = create_ticket("POL-01", actor=asker)
    create_member()
    route_waiting(now=TUESDAY)
    assign_waiting(now=TUESDAY)
    db.session.expire_all()
    assert db.session.scalar(sa.select(Ticket.status).where(Ticket.id == ticket.id)) == "accepted"
    assert asker.person_id in hearers(told(ticket, "ticket.accepted"))
