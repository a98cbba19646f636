"""A ticket from filing to the ledger through the services alone; each step's row, timeline and
outbox.
"""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Actor, Role
from service_portal.assigning.answering import accept_offer, decline_offer, expire_offers
from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.services import assign_waiting
from service_portal.directory.models import Member
from service_portal.events.models import OutboxRow
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing
from service_portal.ledger.models import UsageEntry, UsageMonth
from service_portal.ledger.queries import differing_rollups, verify
from service_portal.resolving.services import (
    answer_ticket,
    ask_redo,
    close_silent,
    confirm_ticket,
    reopen_ticket,
)
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import (
    Assignment,
    Clock,
    Decision,
    Offer,
    Rating,
    Ticket,
    TimelineEntry,
)
from service_portal.tickets.rules import Status
from service_portal.working.holding import hold_ticket, resume_ticket
from service_portal.working.services import (
    accept_ticket,
    add_note,
    post_message,
    record_contact,
    return_ticket,
    start_work,
)
from tests.factories.directory import create_institution, create_member
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor
from tests.services.cases import give_answer

HOUR = timedelta(hours=1)


def member_actor(member: Member) -> Actor:
    """Act as a member of a station."""
    return Actor(
        role=Role.STATION_MEMBER,
        person_id=None,
        member_id=member.id,
        station_id=member.station_id,
        name=member.name_en,
    )


def fresh(ticket: Ticket) -> Ticket:
    """Read the ticket again."""
    return db.session.get_one(Ticket, ticket.id, populate_existing=True)


def events_of(ticket: Ticket) -> list[str]:
    """List what was said about a ticket, each once, in order."""
    rows = db.session.scalars(
        sa.select(OutboxRow.event).where(OutboxRow.ticket_id == ticket.id).order_by(OutboxRow.id)
    )
    return list(dict.fromkeys(rows))


def kinds_of(ticket: Ticket) -> list[str]:
    """List the ticket's timeline."""
    return list(
        db.session.scalars(
            sa.select(TimelineEntry.kind)
            .where(TimelineEntry.ticket_id == ticket.id)
            .order_by(TimelineEntry.id)
        )
    )


def routed_and_assigned(service: str, actor: Actor | None = None) -> tuple[Ticket, Actor]:
    """File a ticket, route it and assign it to a fresh member."""
    member = create_member()
    ticket = create_ticket(service, actor=actor)
    assert route_waiting(now=TUESDAY) == 1
    assert assign_waiting(now=TUESDAY) == 1
    return fresh(ticket), member_actor(member)


def test_station_service_from_filing_to_the_count(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, member = routed_and_assigned("POL-03", asker)
    assert (ticket.status, ticket.owner_id) == (Status.SUBMITTED, member.member_id)
    assert {
        d.kind
        for d in db.session.scalars(sa.select(Decision).where(Decision.ticket_id == ticket.id))
    } == {"route", "assign"}

    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY + HOUR)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY + HOUR)
    record_contact(
        actor=member,
        ticket_id=ticket.id,
        channel="phone",
        started_at=TUESDAY + HOUR,
        minutes=20,
        attendees=1,
        summary="Talked through the claim and what is missing.",
        evidence_note="call record 12",
        now=TUESDAY + 2 * HOUR,
    )
    post_message(
        actor=asker, ticket_id=ticket.id, body="Here is the invoice.", now=TUESDAY + 2 * HOUR
    )
    add_note(
        actor=member, ticket_id=ticket.id, body="Their accountant is slow.", now=TUESDAY + 2 * HOUR
    )
    answer_ticket(
        actor=member,
        ticket_id=ticket.id,
        body="The claim was accepted by the department.",
        outcome="resolved",
        channel="document",
        minutes=30,
        evidence_note="acceptance slip 4711",
        now=TUESDAY + timedelta(days=1),
    )
    confirm_ticket(
        actor=asker,
        ticket_id=ticket.id,
        level=5,
        verdict="solved",
        comment="Quick!",
        now=TUESDAY + timedelta(days=2),
    )

    ticket = fresh(ticket)
    assert (ticket.status, ticket.close_outcome) == (Status.CLOSED, "resolved")
    assert kinds_of(ticket) == [
        "file",
        "route",
        "assign",
        "accept",
        "start",
        "contact",
        "answer",
        "confirm",
    ]
    assert events_of(ticket) == [
        "ticket.filed",
        "ticket.routed",
        "ticket.assigned",
        "ticket.accepted",
        "work.started",
        "message.posted",
        "ticket.answered",
        "ticket.closed",
        "ticket.rated",
    ]
    measures = list(db.session.scalars(sa.select(UsageEntry.measure).order_by(UsageEntry.seq)))
    assert measures == ["event", "event", "case"]
    assert db.session.execute(
        sa.select(sa.func.sum(UsageMonth.events), sa.func.sum(UsageMonth.cases))
    ).one() == (2, 1)
    assert verify() is None and not any(differing_rollups().values())
    outcomes = dict(
        db.session.execute(
            sa.select(Clock.kind, Clock.outcome).where(Clock.ticket_id == ticket.id)
        ).all()
    )
    assert outcomes == {"accept": "met", "contact": "met", "resolve": "met"}
    assert (
        db.session.scalar(
            sa.select(sa.func.count()).select_from(Assignment).where(Assignment.to_at.is_(None))
        )
        == 0
    )


def test_pool_service_declined_expired_then_accepted(db_session: None) -> None:
    first, second = (create_institution(services=("LEG-02",)) for _ in range(2))
    ticket, member = routed_and_assigned("LEG-02")
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    assert offer_waiting(now=TUESDAY) == 1
    offer = db.session.scalars(sa.select(Offer).where(Offer.ticket_id == ticket.id)).one()
    lead = Actor(role=Role.INSTITUTION_LEAD, institution_id=offer.institution_id, name="Law firm")
    other = Actor(
        role=Role.INSTITUTION_LEAD,
        institution_id=({first.id, second.id} - {offer.institution_id}).pop(),
        name="Other",
    )
    with pytest.raises(Missing):
        accept_offer(actor=other, offer_id=offer.id, now=TUESDAY)
    decline_offer(actor=lead, offer_id=offer.id, reason_code="no_capacity", comment="", now=TUESDAY)
    assert fresh(ticket).status == Status.ACCEPTED
    assert offer_waiting(now=TUESDAY) == 1
    again = db.session.scalars(
        sa.select(Offer).where(Offer.ticket_id == ticket.id, Offer.state == "offered")
    ).one()
    assert again.institution_id == other.institution_id
    accept_offer(actor=other, offer_id=again.id, now=TUESDAY + HOUR)
    ticket = fresh(ticket)
    assert (ticket.status, ticket.institution_id) == (Status.IN_PROGRESS, other.institution_id)
    with pytest.raises(Conflict):
        accept_offer(actor=other, offer_id=again.id, now=TUESDAY + HOUR)


def test_silent_institutions_bounce_to_the_lead(db_session: None) -> None:
    for _ in range(3):
        create_institution(services=("LEG-02",))
    ticket, member = routed_and_assigned("LEG-02")
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    for day in (1, 2):
        assert offer_waiting(now=TUESDAY + timedelta(days=day - 1)) == 1
        assert expire_offers(now=TUESDAY + timedelta(days=day)) == 1
    assert offer_waiting(now=TUESDAY + timedelta(days=3)) == 0
    assert (fresh(ticket).waiting_reason, fresh(ticket).bounces) == ("bounced_twice", 2)


def test_auto_accept_and_nobody_there(db_session: None) -> None:
    ticket = create_ticket("POL-01")
    route_waiting(now=TUESDAY)
    assert assign_waiting(now=TUESDAY) == 0
    assert fresh(ticket).waiting_reason == "no_member"
    assert events_of(ticket)[-1] == "ticket.unassignable"
    assert assign_waiting(now=TUESDAY) == 0
    assert (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(OutboxRow)
            .where(OutboxRow.event == "ticket.unassignable")
        )
        == 1
    )
    create_member()
    assert assign_waiting(now=TUESDAY) == 1
    assert (fresh(ticket).status, fresh(ticket).waiting_reason) == (Status.ACCEPTED, None)


def test_hold_stops_the_promise_and_return_asks_once(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, member = routed_and_assigned("POL-03", asker)
    before = fresh(ticket).resolve_due_at
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
    hold_ticket(
        actor=member,
        ticket_id=ticket.id,
        reason_code="enterprise",
        words="the licence",
        now=TUESDAY,
    )
    resolve = sa.select(Clock.due_at).where(Clock.ticket_id == ticket.id, Clock.kind == "resolve")
    assert db.session.scalar(resolve) is None
    resume_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY + timedelta(days=2))
    assert before is not None and fresh(ticket).resolve_due_at == before + timedelta(days=2)
    other, _ = routed_and_assigned("POL-03", asker)
    return_ticket(
        actor=member, ticket_id=other.id, words="The invoice and the contract.", now=TUESDAY
    )
    assert fresh(other).status == Status.RETURNED


def test_redo_silence_and_reopen(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, member = routed_and_assigned("POL-03", asker)
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
    give_answer(ticket, member, now=TUESDAY + HOUR)
    ask_redo(
        actor=asker, ticket_id=ticket.id, reason="The amount is wrong.", now=TUESDAY + 2 * HOUR
    )
    assert (fresh(ticket).cycle, fresh(ticket).redos) == (2, 1)
    give_answer(ticket, member, now=TUESDAY + 3 * HOUR)
    assert close_silent(working_days=5, now=TUESDAY + timedelta(days=6)) == 0
    assert close_silent(working_days=5, now=TUESDAY + timedelta(days=9)) == 1
    rating = db.session.scalars(sa.select(Rating).where(Rating.ticket_id == ticket.id)).one()
    assert (rating.source, rating.level, rating.cycle) == ("none", None, 2)
    reopen_ticket(
        actor=asker,
        ticket_id=ticket.id,
        reason="Still wrong.",
        window_days=30,
        now=TUESDAY + timedelta(days=10),
    )
    sums = db.session.execute(sa.select(sa.func.sum(UsageMonth.cases))).scalar_one()
    assert (fresh(ticket).status, sums) == (Status.IN_PROGRESS, 0)
    assert verify() is None


def test_references_go_on_after_the_hundred_thousandth(fresh_app: Flask) -> None:
    with psycopg.connect(
        sa.make_url(fresh_app.config["DATABASE_OWNER_URL"])
        .set(drivername="postgresql")
        .render_as_string(hide_password=False)
    ) as owner:
        owner.execute("SELECT setval('ticket_number', 99998)")
    with fresh_app.app_context():
        references = [create_ticket().reference for _ in range(3)]
    assert [reference.rsplit("-", 1)[1] for reference in references] == [
        "99999",
        "100000",
        "100001",
    ]
