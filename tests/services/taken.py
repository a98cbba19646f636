"""A case that an institution has taken, with everybody who has to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.assigning.answering import accept_offer
from service_portal.assigning.offering_by_hand import offer_to
from service_portal.assigning.services import assign_waiting
from service_portal.kernel.db import db
from service_portal.tickets.models import Clock, Offer, Ticket
from service_portal.working.services import accept_ticket
from tests.factories.accounts import create_person
from tests.factories.directory import create_institution, create_member, create_station
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor

SERVICE = "LEG-02"
HOUR = timedelta(hours=1)


def with_person(role: Role, **place: Any) -> Actor:
    """Give somebody with an account in a role."""
    person = create_person()
    membership = Membership(
        person_id=person.id,
        role=role,
        **{name: one for name, one in place.items() if name != "member_id"},
    )
    db.session.add(membership)
    db.session.flush()
    return Actor(
        role=role,
        person_id=person.id,
        membership_id=membership.id,
        name=person.name_en,
        **place,
    )


@dataclass
class Taken:
    """The case and its people; `other` is a second institution that could take it."""

    ticket: Ticket
    asker: Actor
    member: Actor
    lead: Actor
    institution: Actor
    other: Actor

    def offer(self, to: Actor, *, now: datetime = TUESDAY) -> int:
        """Offer the case to an institution and give the offer."""
        offer_to(
            actor=self.member,
            ticket_id=self.ticket.id,
            institution_id=to.institution_id or 0,
            reason="They know it.",
            now=now,
        )
        return self.offers()[-1].id

    def take(self, by: Actor, *, now: datetime = TUESDAY) -> None:
        """Let an institution take the case that it was offered."""
        accept_offer(actor=by, offer_id=self.offers()[-1].id, now=now)

    def offers(self) -> list[Offer]:
        """List the offers of the case as they are now."""
        found = sa.select(Offer).where(Offer.ticket_id == self.ticket.id).order_by(Offer.id)
        return list(db.session.scalars(found.execution_options(populate_existing=True)))

    def clocks(self, kind: str) -> list[Clock]:
        """List the runs of a promise."""
        found = sa.select(Clock).where(Clock.ticket_id == self.ticket.id, Clock.kind == kind)
        ordered = found.order_by(Clock.id).execution_options(populate_existing=True)
        return list(db.session.scalars(ordered))

    def now(self) -> Ticket:
        """Read the ticket again."""
        return db.session.get_one(Ticket, self.ticket.id, populate_existing=True)


def accepted(*, now: datetime = TUESDAY) -> Taken:
    """File a case that its station has accepted, with two institutions that could take it."""
    place = create_station()
    people = {
        Role.STATION_MEMBER: create_member(station_id=place.id),
        Role.STATION_LEAD: create_member(station_id=place.id, is_lead=True, capacity_points=0),
    }
    staff = {
        role: with_person(role, station_id=place.id, member_id=member.id)
        for role, member in people.items()
    }
    for role, member in people.items():
        member.person_id = staff[role].person_id
    institutions = [
        with_person(
            Role.INSTITUTION_LEAD,
            institution_id=create_institution(services=(SERVICE,), answers=False).id,
        )
        for _ in range(2)
    ]
    asker = enterprise_actor()
    ticket = create_ticket(SERVICE, actor=asker, now=now)
    placed = sa.update(Ticket).where(Ticket.id == ticket.id).values(station_id=place.id)
    db.session.execute(placed)
    assert assign_waiting(now=now) == 1
    case = Taken(ticket, asker, *staff.values(), *institutions)
    accept_ticket(actor=case.member, ticket_id=ticket.id, now=now)
    return case


def taken(*, now: datetime = TUESDAY) -> Taken:
    """File a case that its station has accepted and an institution has taken."""
    case = accepted(now=now)
    case.offer(case.institution, now=now)
    case.take(case.institution, now=now)
    return case
