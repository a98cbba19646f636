"""Tickets that were worked on and closed, so that there is something to count."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.kernel.db import db
from service_portal.resolving.services import answer_ticket, confirm_ticket
from service_portal.tickets.models import Ticket
from service_portal.working.services import accept_ticket, record_contact, start_work
from tests.factories.accounts import create_person
from tests.factories.directory import create_member, station
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor


def create_served(service_code: str = "POL-03", *, asker: Actor | None = None, station_code: str = "ST03", contacts: int = 1, attendees: int = 1, now: datetime = TUESDAY) -> Ticket:
    """Make a ticket of a station with some contacts on following days, answered and confirmed a day later: each contact, the answer and the case count."""
    asker = asker or enterprise_actor()
    place = station(station_code)
    member = create_member(station_id=place.id, person_id=create_person().id)
    actor = Actor(role=Role.STATION_MEMBER, person_id=member.person_id, member_id=member.id, station_id=place.id, name=member.name_en)
    ticket = create_ticket(service_code, actor=asker, now=now)
    db.session.execute(sa.update(Ticket).where(Ticket.id == ticket.id).values(station_id=place.id, owner_id=member.id))
    db.session.refresh(ticket)
    if ticket.status == "submitted":
        accept_ticket(actor=actor, ticket_id=ticket.id, now=now)
    start_work(actor=actor, ticket_id=ticket.id, now=now)
    for day in range(contacts):
        record_contact(
            actor=actor, ticket_id=ticket.id, channel="visit", started_at=now + timedelta(days=day), minutes=45, attendees=attendees,
            summary="Went through the claim and what is missing.", evidence_note=f"visit form {day}", now=now + timedelta(days=day, hours=1),
        )  # fmt: skip
    answered = now + timedelta(days=contacts)
    answer_ticket(actor=actor, ticket_id=ticket.id, body="The claim was accepted.", outcome="resolved", channel="document", minutes=30, evidence_note="slip 4711", now=answered)
    confirm_ticket(actor=asker, ticket_id=ticket.id, level=5, solved=True, comment="", now=answered + timedelta(hours=3))
    db.session.refresh(ticket)
    return ticket
