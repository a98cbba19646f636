"""Takes tickets of a test's world into each state, by the services that people use."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import SYSTEM, Actor
from service_portal.assigning.answering import accept_offer, decline_offer
from service_portal.assigning.coming_back import give_back, take_back
from service_portal.assigning.handing import hand_over_to_station
from service_portal.assigning.offering_by_hand import offer_to
from service_portal.files.storing import path_of
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.ledger.services import reverse
from service_portal.resolving.calling_back import call_back
from service_portal.resolving.services import answer_ticket, confirm_ticket, rate_ticket
from service_portal.sla.queries import working_day
from service_portal.tickets.models import Attachment, Offer, Ticket
from service_portal.working.extending import ask_extension, grant_extension, refuse_extension
from service_portal.working.holding import hold_ticket
from service_portal.working.linking import link_ticket
from service_portal.working.services import (
    accept_ticket,
    add_note,
    post_message,
    record_contact,
    return_ticket,
    start_work,
)
from tests.factories.messages import create_message
from tests.security.sides import Side


class Steps:
    """What people of a side do to a ticket, at a moment; files lie below a home."""

    def __init__(self, home: Path, at: datetime) -> None:
        self.home = home
        self.at = at

    def start(self, ticket_id: int, place: Side) -> None:
        """Accept a ticket and start work on it."""
        member = place.people["member"].actor
        accept_ticket(actor=member, ticket_id=ticket_id, now=self.at)
        start_work(actor=member, ticket_id=ticket_id, now=self.at)

    def hold(self, ticket_id: int, place: Side) -> None:
        """Let a ticket wait for the enterprise."""
        self.start(ticket_id, place)
        hold_ticket(
            actor=place.people["member"].actor,
            ticket_id=ticket_id,
            reason_code="enterprise",
            words="x",
            now=self.at,
        )

    def extend(self, ticket_id: int, place: Side) -> None:
        """Promise a ticket's answer by a later day, and ask for a still later one."""
        self.start(ticket_id, place)
        on: dict[str, Any] = {"ticket_id": ticket_id, "now": self.at}
        member, lead = (place.people[name].actor for name in ("member", "lead"))
        for ahead, decide in ((11, refuse_extension), (11, grant_extension), (12, None)):
            until = working_day(self.at, ahead=ahead)
            ask_extension(actor=member, until=until, reason="x", **on)
            if decide is not None:
                decide(actor=lead, words="x", **on)

    def send_back(self, ticket_id: int, place: Side) -> None:
        """Return a ticket for what is missing."""
        return_ticket(
            actor=place.people["member"].actor, ticket_id=ticket_id, words="x", now=self.at
        )

    def answer(self, ticket_id: int, place: Side) -> None:
        """Answer a ticket, after a contact."""
        self.start(ticket_id, place)
        self.contact(ticket_id, place.people["member"].actor)
        answer_ticket(
            actor=place.people["member"].actor,
            ticket_id=ticket_id,
            body="x",
            outcome="resolved",
            channel="document",
            minutes=5,
            evidence_note="slip",
            now=self.at,
        )

    def close(self, ticket_id: int, place: Side, side: Side) -> None:
        """Let the enterprise confirm an answer; what it counted is reversed."""
        self.answer(ticket_id, place)
        confirm_ticket(
            actor=side.people["owner"].actor,
            ticket_id=ticket_id,
            level=4,
            verdict="solved",
            comment="x",
            now=self.at,
        )
        seq = db.session.scalar(
            sa.text("SELECT min(seq) FROM usage_entry WHERE ticket_id = :id"), {"id": ticket_id}
        )
        reverse(seq, actor=SYSTEM, reason="zq999999qz", now=self.at, zone=zone_time())

    def disappoint(self, ticket_id: int, place: Side, side: Side) -> None:
        """Let the enterprise be called back, and be owed another call."""
        self.answer(ticket_id, place)
        said: dict[str, Any] = {
            "actor": side.people["owner"].actor,
            "ticket_id": ticket_id,
            "now": self.at,
        }
        confirm_ticket(level=1, verdict="not_solved", comment="x", **said)
        lead = place.people["lead"].actor
        call_back(actor=lead, ticket_id=ticket_id, note="A note", now=self.at)
        rate_ticket(level=4, verdict="solved", comment="x", **said)
        rate_ticket(level=2, verdict="partly", comment="x", **said)

    def work(self, ticket_id: int, place: Side, side: Side) -> None:
        """Let the institution accept a ticket and be in contact."""
        accept_offer(
            actor=side.people["institution lead"].actor,
            offer_id=self.offer(ticket_id, place, side),
            now=self.at,
        )
        self.contact(ticket_id, side.people["worker"].actor)

    def pass_on(self, ticket_id: int, place: Side, first: Side, second: Side) -> None:
        """Take a ticket back from the institution of one side and let that of the other go on."""
        self.work(ticket_id, place, first)
        worker = first.people["worker"].actor
        post_message(actor=worker, ticket_id=ticket_id, body="A word", now=self.at)
        take_back(
            actor=place.people["lead"].actor,
            ticket_id=ticket_id,
            reason_code="silent",
            words="x",
            now=self.at,
        )
        self.at += timedelta(seconds=1)
        self.work(ticket_id, place, second)

    def hand_over(self, ticket_id: int, place: Side, to: Side) -> None:
        """Hand a ticket over to the station of the other side."""
        self.start(ticket_id, place)
        member = place.people["member"].actor
        add_note(actor=member, ticket_id=ticket_id, body="A note", now=self.at)
        hand_over_to_station(
            actor=member, ticket_id=ticket_id, station_id=to.station_id, reason="x", now=self.at
        )

    def give_back(self, ticket_id: int, place: Side, side: Side) -> None:
        """Let the institution give a ticket back that it has worked on."""
        self.work(ticket_id, place, side)
        give_back(
            actor=side.people["institution lead"].actor,
            ticket_id=ticket_id,
            reason_code="no_capacity",
            words="x",
            now=self.at,
        )

    def decline(self, ticket_id: int, place: Side, side: Side, other: Side) -> None:
        """Let one institution decline a ticket, and offer it to the other."""
        decline_offer(
            actor=side.people["institution lead"].actor,
            offer_id=self.offer(ticket_id, place, side),
            reason_code="no_capacity",
            comment="x",
            now=self.at,
        )
        self.offer(ticket_id, place, other)

    def contact(self, ticket_id: int, actor: Actor) -> None:
        """Record a contact, with a file that proves it."""
        ticket = db.session.get_one(Ticket, ticket_id)
        proof = self.keep_file(
            actor, purpose="evidence", ticket_id=ticket_id, enterprise_id=ticket.enterprise_id
        )
        record_contact(
            actor=actor,
            ticket_id=ticket_id,
            channel="phone",
            started_at=self.at,
            minutes=20,
            attendees=1,
            summary="We talked about everything.",
            evidence_note="call record",
            evidence_ids=[proof],
            now=self.at,
        )

    def link(self, ticket_id: int, other_id: int, place: Side) -> None:
        """Link a ticket with another one."""
        link_ticket(
            actor=place.people["member"].actor,
            ticket_id=ticket_id,
            other=db.session.get_one(Ticket, other_id).reference,
            now=self.at,
        )

    def offer(self, ticket_id: int, place: Side, side: Side) -> int:
        """Offer a ticket to the side's institution, and give the offer."""
        member = place.people["member"].actor
        if db.session.get_one(Ticket, ticket_id).status == "submitted":
            accept_ticket(actor=member, ticket_id=ticket_id, now=self.at)
        offer_to(
            actor=member,
            ticket_id=ticket_id,
            institution_id=side.institution_id,
            reason="x",
            now=self.at,
        )
        return db.session.scalars(
            sa.select(Offer.id).where(Offer.ticket_id == ticket_id, Offer.state == "offered")
        ).one()

    def words(self, ticket_id: int, filer: Actor, place: Side) -> None:
        """Let people write on a ticket, attach files and be told of it."""
        member = place.people["member"].actor
        message_id = post_message(actor=filer, ticket_id=ticket_id, body="A question", now=self.at)
        post_message(actor=member, ticket_id=ticket_id, body="A reply", now=self.at)
        add_note(actor=member, ticket_id=ticket_id, body="A note", now=self.at)
        for purpose, audience, message in (
            ("request", "shared", None),
            ("message", "shared", message_id),
            ("evidence", "internal", None),
        ):
            self.keep_file(
                filer, purpose=purpose, audience=audience, message_id=message, ticket_id=ticket_id
            )
        for person in (filer, member):
            self.tell(person, ticket_id, filer.enterprise_id)

    def tell(self, actor: Actor, ticket_id: int, enterprise_id: int | None) -> None:
        """Let somebody have a message about a ticket."""
        create_message(
            actor.person_id or 0,
            kind="ticket.accepted",
            at=self.at,
            mail="sent",
            membership_id=actor.membership_id,
            ticket_id=ticket_id,
            enterprise_id=enterprise_id,
            data={"reason": "x"},
        )

    def keep_file(self, actor: Actor, **values: Any) -> int:
        """Keep a file, on a ticket or a draft, and give its id."""
        name = token_hex(20)
        values.setdefault("enterprise_id", actor.enterprise_id or 0)
        path = path_of(name, self.home)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("nothing yet")
        file = Attachment(
            file_name="paper.txt",
            content_type="text/plain",
            size=11,
            sha256=token_hex(32),
            storage_name=name,
            side=actor.side,
            uploaded_by_id=actor.person_id,
            uploaded_by_name=actor.name,
            at=self.at,
            **values,
        )
        db.session.add(file)
        db.session.flush()
        return file.id
