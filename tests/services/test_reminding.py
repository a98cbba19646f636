"""The clock speaks: each rung once, to whom it concerns, and the light goes out with the clock that
lit it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.assigning.offering import (
    accept_offer,
    decline_offer,
    expire_offers,
    offer_to,
    offer_waiting,
)
from service_portal.assigning.services import assign_waiting
from service_portal.events.inbox import Delivery
from service_portal.events.models import OutboxRow
from service_portal.filing.services import withdraw_ticket
from service_portal.kernel.db import db
from service_portal.notifications.models import Notification
from service_portal.notifications.services import tell
from service_portal.reminding.models import Alarm
from service_portal.reminding.services import fire_due
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Clock, Offer, Ticket, TimelineEntry
from service_portal.working.services import (
    accept_ticket,
    hold_ticket,
    resume_ticket,
    return_ticket,
    start_work,
)
from tests.factories.accounts import create_person
from tests.factories.directory import create_institution, create_member
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor
from tests.services.test_journey import fresh, routed_and_assigned

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rungs_of(ticket: Ticket, kind: str) -> list[str]:
    """List the rungs of a kind of clock that spoke, in order."""
    query = (
        sa.select(Alarm.rung)
        .where(Alarm.ticket_id == ticket.id, Alarm.kind == kind, Alarm.skipped.is_(False))
        .order_by(Alarm.id)
    )
    return list(db.session.scalars(query))


def told(ticket: Ticket, event: str) -> list[Notification]:
    """Promise the messages of an event, as the worker does, and give the rows."""
    rows = db.session.scalars(
        sa.select(OutboxRow).where(
            OutboxRow.ticket_id == ticket.id,
            OutboxRow.event == event,
            OutboxRow.task == "notifications.tell",
        )
    )
    tell(
        [
            Delivery(row.id, row.event, row.ticket_id, row.enterprise_id, row.payload, 1, 1)
            for row in rows
        ],
        now=TUESDAY,
        host="portal.example",
    )
    return list(
        db.session.scalars(
            sa.select(Notification)
            .where(Notification.ticket_id == ticket.id)
            .order_by(Notification.id)
        )
    )


def lead_of(institution: Any) -> tuple[Actor, int]:
    """Give the lead of an institution, with a membership, and their person's id."""
    person = create_person()
    hat = Membership(person_id=person.id, role=Role.INSTITUTION_LEAD, institution_id=institution.id)
    db.session.add(hat)
    db.session.flush()
    return (
        Actor(
            role=Role.INSTITUTION_LEAD,
            person_id=person.id,
            membership_id=hat.id,
            institution_id=institution.id,
            name=person.name_en,
        ),
        person.id,
    )


def test_every_rung_speaks_once_and_never_early(db_session: None) -> None:
    ticket, _member = routed_and_assigned("POL-03")
    clock = db.session.scalars(
        sa.select(Clock).where(Clock.ticket_id == ticket.id, Clock.kind == "accept")
    ).one()
    at = clock.next_alarm_at
    assert at is not None and fire_due(now=at - timedelta(seconds=1)) == 0
    assert fire_due(now=at) == 1 and fire_due(now=at) == 0
    assert rungs_of(ticket, "accept") == ["remind"] and fresh(ticket).light == 0
    seen = 1
    while (
        at := db.session.get_one(Clock, clock.id, populate_existing=True).next_alarm_at
    ) is not None:
        fire_due(now=at)
        seen += 1
        assert seen < 10
    assert rungs_of(ticket, "accept") == ["remind", "yellow", "red", "level1", "level2", "level3"]
    assert (fresh(ticket).light, fresh(ticket).supervision_level) == (2, 3)
    lines = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(TimelineEntry)
        .where(
            TimelineEntry.ticket_id == ticket.id,
            TimelineEntry.kind == "rung",
            TimelineEntry.data["clock"].astext == "accept",
        )
    )
    assert lines == 6


def test_a_sweep_that_slept_lets_only_the_highest_rung_speak(db_session: None) -> None:
    ticket, _member = routed_and_assigned("POL-03")
    late = TUESDAY + timedelta(days=60)
    assert fire_due(now=late) == 2, "acceptance and answer, each once"
    assert rungs_of(ticket, "accept") == ["level3"]
    silent = db.session.scalars(
        sa.select(Alarm.rung)
        .where(Alarm.ticket_id == ticket.id, Alarm.kind == "accept", Alarm.skipped)
        .order_by(Alarm.id)
    )
    assert list(silent) == ["remind", "yellow", "red", "level1", "level2"]
    assert fire_due(now=late) == 0


def test_what_stopped_or_paused_in_time_stays_silent(db_session: None) -> None:
    ticket, member = routed_and_assigned("POL-03")
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
    hold_ticket(
        actor=member,
        ticket_id=ticket.id,
        reason_code="third_party",
        words="the tax office",
        now=TUESDAY,
    )
    assert fire_due(now=TUESDAY + timedelta(days=200)) == 0


def test_the_light_goes_out_with_the_clock_that_lit_it(db_session: None) -> None:
    ticket, member = routed_and_assigned("POL-03")
    due = db.session.scalar(
        sa.select(Clock.due_at).where(Clock.ticket_id == ticket.id, Clock.kind == "accept")
    )
    assert due is not None
    fire_due(now=due)
    assert fresh(ticket).light == 2
    accept_ticket(actor=member, ticket_id=ticket.id, now=due + HOUR)
    assert fresh(ticket).light == 0, (
        "acceptance was late, and it is over; contact and answer are in time"
    )


def test_accepted_at_once_late_and_then_calm(db_session: None) -> None:
    ticket = create_ticket("POL-01")
    route_waiting(now=TUESDAY)
    due = db.session.scalar(
        sa.select(Clock.due_at).where(Clock.ticket_id == ticket.id, Clock.kind == "accept")
    )
    assert due is not None
    fire_due(now=due)
    assert fresh(ticket).light == 2
    create_member()
    assign_waiting(now=due + HOUR)
    assert (fresh(ticket).status, fresh(ticket).light) == ("accepted", 0)


def test_a_pause_hides_the_light_and_resuming_brings_back_what_still_burns(
    db_session: None,
) -> None:
    ticket, member = routed_and_assigned("POL-03")
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
    due = fresh(ticket).resolve_due_at
    assert due is not None
    fire_due(now=due)
    assert fresh(ticket).light == 2
    hold_ticket(
        actor=member,
        ticket_id=ticket.id,
        reason_code="enterprise",
        words="the licence",
        now=due + HOUR,
    )
    assert fresh(ticket).light == 0
    resume_ticket(actor=member, ticket_id=ticket.id, now=due + DAY)
    assert fresh(ticket).light == 2, "the answer is still late"


def test_a_returned_request_lights_nothing(db_session: None) -> None:
    ticket, member = routed_and_assigned("POL-03")
    due = db.session.scalar(
        sa.select(Clock.due_at).where(Clock.ticket_id == ticket.id, Clock.kind == "accept")
    )
    assert due is not None
    fire_due(now=due)
    return_ticket(actor=member, ticket_id=ticket.id, words="The invoice.", now=due)
    assert fresh(ticket).light == 0


def test_a_resumed_promise_is_not_yellow_at_once(db_session: None) -> None:
    ticket, member = routed_and_assigned("POL-03")
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
    hold_ticket(
        actor=member,
        ticket_id=ticket.id,
        reason_code="third_party",
        words="the court",
        now=TUESDAY + HOUR,
    )
    resumed = TUESDAY + timedelta(weeks=8)
    resume_ticket(actor=member, ticket_id=ticket.id, now=resumed)
    clock = db.session.scalars(
        sa.select(Clock)
        .where(Clock.ticket_id == ticket.id, Clock.kind == "resolve")
        .execution_options(populate_existing=True)
    ).one()
    assert (
        clock.next_rung == "yellow"
        and clock.next_alarm_at is not None
        and clock.next_alarm_at > resumed + DAY
    )
    fire_due(now=resumed)
    assert rungs_of(ticket, "resolve") == [] and fresh(ticket).light == 0


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
        .order_by(Clock.cycle.desc())
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
