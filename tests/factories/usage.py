"""Tickets that were worked on and closed, so that there is something to count."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.directory.models import Member
from service_portal.kernel.db import db
from service_portal.resolving.services import answer_ticket, confirm_ticket
from service_portal.tickets.models import Ticket
from service_portal.working.services import accept_ticket, record_contact, start_work
from tests.factories.accounts import create_person
from tests.factories.directory import create_member, station
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor


def create_answered(
    service_code: str = "POL-03",
    *,
    asker: Actor | None = None,
    station_code: str = "ST03",
    contacts: int = 0,
    attendees: int = 1,
    now: datetime = TUESDAY,
    again: Ticket | None = None,
) -> Ticket:
    """Make a ticket of a station with some contacts on following days and an answer a day later.

    `again` answers one that was opened again instead.
    """
    place = station(station_code)
    if again is not None:
        actor = _owner(again)
        ticket = again
    else:
        member = create_member(station_id=place.id, person_id=create_person().id)
        ticket = create_ticket(service_code, actor=asker or enterprise_actor(), now=now)
        values = {"station_id": place.id, "owner_id": member.id}
        db.session.execute(sa.update(Ticket).where(Ticket.id == ticket.id).values(**values))
        db.session.refresh(ticket)
        actor = _owner(ticket)
        if ticket.status == "submitted":
            accept_ticket(actor=actor, ticket_id=ticket.id, now=now)
        start_work(actor=actor, ticket_id=ticket.id, now=now)
    for day in range(contacts):
        record_contact(
            actor=actor,
            ticket_id=ticket.id,
            channel="visit",
            started_at=now + timedelta(days=day),
            minutes=45,
            attendees=attendees,
            summary="Went through the claim and what is missing.",
            evidence_note=f"visit form {day}",
            now=now + timedelta(days=day, hours=1),
        )
    answer_ticket(
        actor=actor,
        ticket_id=ticket.id,
        body="The claim was accepted.",
        outcome="resolved",
        channel="document",
        minutes=30,
        evidence_note="slip 4711",
        now=now + timedelta(days=contacts),
    )
    return ticket


def _owner(ticket: Ticket) -> Actor:
    member = db.session.get_one(Member, ticket.owner_id)
    return Actor(
        role=Role.STATION_MEMBER,
        person_id=member.person_id,
        member_id=member.id,
        station_id=ticket.station_id,
        name=member.name_en,
    )


def create_served(
    service_code: str = "POL-03",
    *,
    asker: Actor | None = None,
    station_code: str = "ST03",
    contacts: int = 1,
    attendees: int = 1,
    now: datetime = TUESDAY,
) -> Ticket:
    """Make a ticket of a station that was answered and confirmed: each contact, the answer and the
    case count.
    """
    asker = asker or enterprise_actor()
    ticket = create_answered(
        service_code,
        asker=asker,
        station_code=station_code,
        contacts=contacts,
        attendees=attendees,
        now=now,
    )
    confirm_ticket(
        actor=asker,
        ticket_id=ticket.id,
        level=5,
        verdict="solved",
        comment="",
        now=now + timedelta(days=contacts, hours=3),
    )
    db.session.refresh(ticket)
    return ticket
