"""A case with everybody who has to do with it: they act on its page, and read it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import g

from service_portal.access.actor import Role
from service_portal.assigning.services import assign_waiting
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Offer, Ticket
from tests.factories.directory import create_institution, create_member, create_station, station
from tests.factories.tickets import create_ticket
from tests.signing_in import SignIn

ENTERPRISE, STAFF = "enterprise", "staff"


class Case:
    """A case with its asker, its owner and whoever reads the whole zone."""

    def __init__(self, client_as: SignIn, service: str) -> None:
        """File it and give it to the member."""
        self.clients = {
            STAFF: client_as(Role.STATION_LEAD, station_id=station("ST01").id),
            "member": client_as(Role.STATION_MEMBER, station_id=station().id),
            ENTERPRISE: client_as(Role.ENTERPRISE_OWNER),
        }
        self.institution = create_institution(services=("LEG-02",), name_en="Canary Institution").id
        self.clients["institution"] = client_as(
            Role.INSTITUTION_LEAD, institution_id=self.institution
        )
        self.there = create_station(name_en="Canary Station").id
        create_member(station_id=self.there)
        self.colleague = create_member(name_en="Canary Colleague").id
        self.ticket = create_ticket(
            service, actor=self.clients[ENTERPRISE].actor, now=now(), consent=False
        )
        self.twin = create_ticket(
            "POL-03", actor=self.clients[ENTERPRISE].actor, title="Another one", now=now()
        )
        route_waiting(now=now())
        for one in (self.ticket, self.twin):
            db.session.execute(
                sa.update(Ticket)
                .where(Ticket.id == one.id)
                .values(owner_id=self.clients["member"].actor.member_id)
            )
        assign_waiting(now=now())
        db.session.commit()

    def act(self, who: str, act: str, **said: Any) -> None:
        """Make an act as the page does."""
        g.pop("_login_user", None)
        path = (
            f"/offers/{self.offer_id()}/{act}"
            if who == "institution" and act in {"accept", "decline"}
            else f"/tickets/{self.ticket.id}/{act}"
        )
        answer = self.clients[who].post(path, data=said)
        assert answer.status_code == 302, (act, answer.status_code, answer.text[-3000:])
        db.session.expire_all()

    def offer_id(self) -> int:
        """Give the offer of the case."""
        return db.session.scalars(
            sa.select(Offer.id).where(Offer.ticket_id == self.ticket.id)
        ).one()

    def reads(self, who: str) -> str:
        """Give the ticket's page as somebody sees it."""
        g.pop("_login_user", None)
        answer = self.clients[who].get(f"/tickets/{self.ticket.id}")
        assert answer.status_code == 200, (who, answer.status_code)
        text = answer.text
        # What a form offers to choose is not what somebody chose.
        while "<form" in text:
            before, rest = text.split("<form", 1)
            text = before + rest.split("</form>", 1)[1]
        return text
