"""The clock speaks: each rung once, to whom it concerns, and the light goes out with the clock that
lit it.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from service_portal.assigning.services import assign_waiting
from service_portal.kernel.db import db
from service_portal.reminding.models import Alarm
from service_portal.reminding.services import fire_due
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Clock, TimelineEntry
from service_portal.working.holding import hold_ticket, resume_ticket
from service_portal.working.services import accept_ticket, return_ticket, start_work
from tests.factories.directory import create_member
from tests.factories.tickets import TUESDAY, create_ticket
from tests.services.alarms import rungs_of
from tests.services.test_journey import fresh, routed_and_assigned

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


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
    fire_due(now=TUESDAY + timedelta(days=200))
    assert rungs_of(ticket, "contact") == rungs_of(ticket, "resolve") == []


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
