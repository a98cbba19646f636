"""Two of everything: enterprises, stations, institutions and their people, with tickets in every
state between them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from secrets import token_hex

import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.accounts.invitations import invite
from service_portal.accounts.models import Membership
from service_portal.accounts.queries import acting_as
from service_portal.accounts.tokens import make_token
from service_portal.assigning.services import assign_waiting
from service_portal.catalogue.queries import get_service
from service_portal.directory.models import Absence, EnterpriseExclusion, InterestConflict
from service_portal.financing.answering import approve_line, take_up_request
from service_portal.financing.talking import write_to
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.tickets.models import Draft, Ticket
from service_portal.working.services import accept_ticket
from tests.factories.accounts import create_person
from tests.factories.directory import (
    create_enterprise,
    create_institution,
    create_member,
    create_station,
    station,
)
from tests.factories.loans import ask, create_product, create_request
from tests.factories.tickets import create_ticket
from tests.security.figures import know_and_dispute
from tests.security.money import book_money
from tests.security.sides import Side, Somebody
from tests.security.steps import Steps
from tests.signing_in import open_session

STATION_SERVICE, POOL_SERVICE, LOAN_SERVICE = "POL-03", "LEG-02", "FIN-01"


class World:
    """Both sides and the zone's own people."""

    def __init__(self, app: Flask) -> None:
        """Build everything, committed, on the database of `app`."""
        self.app = app
        self.home = Path(app.config["PORTAL_HOME"])
        self.at = now() - timedelta(hours=3)
        self.steps = Steps(self.home, self.at)
        self.sides = {name: self._side() for name in ("a", "b")}
        headquarters = station("ST01").id
        self.zone = {
            "headquarters": self._somebody(Role.STATION_LEAD, station_id=headquarters),
            "headquarters member": self._somebody(Role.STATION_MEMBER, station_id=headquarters),
            "manager": self._somebody(Role.MANAGER),
            "auditor": self._somebody(Role.AUDITOR),
            "administrator": self._somebody(Role.ADMINISTRATOR),
        }
        a, b = self.sides.values()
        for side, other in ((a, b), (b, a)):
            self._tickets(side, other)
            self._loan(side, other)
            self._belongings(side, other)
        self._links()
        for name, side in self.sides.items():
            book_money(side, name, self.at)
        db.session.commit()

    def _somebody(self, role: Role, **place: int) -> Somebody:
        person = create_person()
        membership = Membership(person_id=person.id, role=role, **place)
        db.session.add(membership)
        db.session.flush()
        person.acting_membership_id = membership.id
        if "station_id" in place:
            create_member(
                station_id=place["station_id"],
                person_id=person.id,
                is_lead=role is Role.STATION_LEAD,
                capacity_points=500 if role is Role.STATION_MEMBER else 0,
            )
        db.session.flush()
        client = self.app.test_client()
        open_session(client, person)
        with self.app.test_request_context():
            actor = acting_as(person)
        assert actor is not None
        return Somebody(
            actor, client, make_token(actor=actor, name="a program", days=30, now=self.at)
        )

    def _side(self) -> Side:
        side = Side(
            create_enterprise().id,
            create_station().id,
            create_institution(answers=False, services=(POOL_SERVICE, LOAN_SERVICE)).id,
        )
        for name, role, place in (
            ("owner", Role.ENTERPRISE_OWNER, {"enterprise_id": side.enterprise_id}),
            ("staff", Role.ENTERPRISE_STAFF, {"enterprise_id": side.enterprise_id}),
            ("member", Role.STATION_MEMBER, {"station_id": side.station_id}),
            ("lead", Role.STATION_LEAD, {"station_id": side.station_id}),
            ("institution lead", Role.INSTITUTION_LEAD, {"institution_id": side.institution_id}),
            ("worker", Role.INSTITUTION_WORKER, {"institution_id": side.institution_id}),
        ):
            side.people[name] = self._somebody(role, **place)
        return side

    def _tickets(self, side: Side, other: Side) -> None:
        steps: dict[str, tuple[str, str, Side, Callable[[int, Side], object]]] = {
            "submitted": ("owner", STATION_SERVICE, side, lambda *_: None),
            "by staff": ("staff", STATION_SERVICE, side, self.steps.start),
            "held": ("owner", STATION_SERVICE, side, self.steps.hold),
            "extended": ("owner", STATION_SERVICE, side, self.steps.extend),
            "returned": ("owner", STATION_SERVICE, side, self.steps.send_back),
            "answered": ("owner", STATION_SERVICE, side, self.steps.answer),
            "closed": ("owner", STATION_SERVICE, side, lambda i, s: self.steps.close(i, s, side)),
            "not content": (
                "owner",
                STATION_SERVICE,
                side,
                lambda i, s: self.steps.disappoint(i, s, side),
            ),
            "offered": ("staff", POOL_SERVICE, side, lambda i, s: self.steps.offer(i, s, side)),
            "worked": ("owner", POOL_SERVICE, side, lambda i, s: self.steps.work(i, s, side)),
            "declined": (
                "owner",
                POOL_SERVICE,
                side,
                lambda i, s: self.steps.decline(i, s, side, other),
            ),
            "came back": (
                "owner",
                POOL_SERVICE,
                side,
                lambda i, s: self.steps.pass_on(i, s, other, side),
            ),
            "handed over": (
                "owner",
                STATION_SERVICE,
                side,
                lambda i, s: self.steps.hand_over(i, s, other),
            ),
            "given back": (
                "owner",
                POOL_SERVICE,
                side,
                lambda i, s: self.steps.give_back(i, s, side),
            ),
            "elsewhere": ("owner", POOL_SERVICE, other, lambda i, s: self.steps.work(i, s, other)),
            "on behalf": ("member", STATION_SERVICE, other, self.steps.start),
        }
        for name, (filer, service, place, step) in steps.items():
            said = get_service(service)
            assert said is not None
            answers = {
                field.key: "x"
                for field in said.definition.fields
                if field.type in {"text", "longtext"}
            }
            ticket = create_ticket(
                service,
                actor=side.people[filer].actor,
                enterprise_id=side.enterprise_id,
                now=self.at,
                title=f"{name} {token_hex(12)}",
                description=token_hex(20),
                answers=answers,
            )
            db.session.execute(
                sa.update(Ticket).where(Ticket.id == ticket.id).values(station_id=place.station_id)
            )
            assert assign_waiting(now=self.at) == 1
            db.session.expire_all()
            step(ticket.id, place)
            side.tickets[name] = ticket.id
            asker = side.people["owner" if name == "on behalf" else filer].actor
            self.steps.words(ticket.id, asker, other if name == "handed over" else place)

    def _loan(self, side: Side, other: Side) -> None:
        """Let the institutions of both sides be asked for a loan, answer and be written to."""
        asker = side.people["owner"].actor
        ticket = create_request(
            asker, accepted=False, now=self.at, title=token_hex(12), description=token_hex(20)
        )
        db.session.execute(
            sa.update(Ticket).where(Ticket.id == ticket.id).values(station_id=side.station_id)
        )
        assert assign_waiting(now=self.at) == 1
        accept_ticket(actor=side.people["member"].actor, ticket_id=ticket.id, now=self.at)
        banks = {
            one.institution_id: create_product(one.institution_id, valid_until=None)
            for one in (side, other)
        }
        ask(asker, ticket, *banks.values(), now=self.at)
        on = {"ticket_id": ticket.id, "enterprise_id": ticket.enterprise_id}
        self.steps.keep_file(asker, purpose="request", **on)
        for one in (side, other):
            bank = one.people["institution lead"].actor
            take_up_request(actor=bank, ticket_id=ticket.id, now=self.at)
            for actor in (asker, bank):
                paper = self.steps.keep_file(actor, purpose="message", **on)
                write_to(
                    actor=actor,
                    ticket_id=ticket.id,
                    body="A word",
                    institution_id=one.institution_id,
                    attachment_ids=[paper],
                    now=self.at,
                )
        approve_line(
            actor=side.people["institution lead"].actor,
            ticket_id=ticket.id,
            line_fen=1_000_000_00,
            rate_bp=10,
            months=12,
            guarantee="credit",
            valid_until=date(2035, 1, 1),
            revolving=False,
            comment="A word",
            now=self.at,
        )
        side.tickets["loan"] = ticket.id

    def _links(self) -> None:
        """Link tickets of a side, and with one of the other."""
        a, b = self.sides.values()
        for side, other in ((a, b), (b, a)):
            for beside in (side.tickets["worked"], other.tickets["elsewhere"]):
                self.steps.link(side.tickets["closed"], beside, side)

    def _belongings(self, side: Side, other: Side) -> None:
        for name in ("owner", "staff"):
            actor = side.people[name].actor
            draft = Draft(
                person_id=actor.person_id,
                enterprise_id=side.enterprise_id,
                service_code="FIN-01",
                values={"title": ["x"], "description": ["x"]},
                updated_at=self.at,
            )
            db.session.add(draft)
            db.session.flush()
            self.steps.keep_file(actor, purpose="request", draft_id=draft.id)
        for name, role in (
            ("owner", Role.ENTERPRISE_STAFF),
            ("institution lead", Role.INSTITUTION_WORKER),
            ("lead", Role.STATION_MEMBER),
        ):
            invite(
                actor=side.people[name].actor,
                email=f"{token_hex(6)}@example.org",
                role=role,
                now=self.at,
            )
        know_and_dispute(side, self.zone["manager"].actor, self.home, self.at)
        member = side.people["member"].actor
        db.session.add(
            Absence(
                member_id=member.member_id,
                from_at=self.at + timedelta(days=40),
                to_at=self.at + timedelta(days=41),
                reason="x",
            )
        )
        excluded = create_institution().id
        db.session.add(
            EnterpriseExclusion(enterprise_id=side.enterprise_id, institution_id=excluded)
        )
        db.session.add(
            InterestConflict(
                enterprise_id=side.enterprise_id,
                institution_id=excluded,
                reason="x",
                declared_at=self.at,
            )
        )
