"""A calendar is published by version, and a promise that runs keeps the version it runs by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.kernel.db import db
from service_portal.reminding.services import fire_due
from service_portal.sla.models import CalendarVersion
from service_portal.sla.queries import calendar_at, calendar_for, forget_calendars, published
from service_portal.sla.services import (
    add_calendar,
    change_calendar,
    change_day,
    load_official_days,
    set_official,
)
from service_portal.tickets.promises import share_used
from service_portal.working.holding import hold_ticket, resume_ticket
from service_portal.working.services import accept_ticket, start_work
from tests.factories.tickets import TUESDAY
from tests.services.test_journey import routed_and_assigned
from tests.services.test_pauses import pauses_of
from tests.services.test_promises_made_again import runs_of

DAY = timedelta(days=1)
WEDNESDAY = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def forgotten(app: Flask, db_session: None) -> Iterator[None]:
    """Let no test read another one's calendars."""
    forget_calendars()
    yield
    forget_calendars()


def close_wednesday() -> None:
    """Close a day that promises of this Tuesday run through."""
    change_day(published().id, WEDNESDAY, working=False, name_en="Flood", name_zh="洪水")


def versions_of(calendar_id: int) -> list[int]:
    """List the versions of a calendar that can be read."""
    kept = sa.select(CalendarVersion.version).where(CalendarVersion.calendar_id == calendar_id)
    return list(db.session.scalars(kept.order_by(CalendarVersion.version)))


def test_every_change_is_a_version_that_stays_readable() -> None:
    before = published()
    close_wednesday()
    set_official(before.id, 2031, official=True, source="a notice")
    change_calendar(before.id, weekly={"0": [(540, 1020)]})
    assert published().version == before.version + 3
    assert versions_of(before.id)[-4:] == [before.version + n for n in range(4)]
    assert calendar_at(before.id, before.version).is_working_day(WEDNESDAY)
    assert not calendar_at(before.id, before.version + 1).is_working_day(WEDNESDAY)
    assert 2031 not in calendar_at(before.id, before.version + 1).official_years
    assert 2031 in calendar_at(before.id, before.version + 2).official_years
    assert calendar_at(before.id, before.version + 3).usual == ((540, 1020),)


def test_a_version_is_read_back_as_it_was() -> None:
    present = published()
    close_wednesday()
    then = calendar_at(present.id, present.version)
    assert (then.zone, then.weekly, then.days, then.official_years) == (
        present.calendar.zone,
        present.calendar.weekly,
        present.calendar.days,
        present.calendar.official_years,
    )


def test_a_new_calendar_is_published_at_once() -> None:
    made = add_calendar(code="shift", name_en="Shift", name_zh="轮班")
    assert versions_of(made.id) == [1]


def test_official_days_loaded_again_publish_nothing() -> None:
    before = published()
    load_official_days()
    assert published().version == before.version


def test_a_changed_calendar_moves_no_rung_of_a_promise_that_runs() -> None:
    ticket, _member = routed_and_assigned("POL-03")
    clock = runs_of(ticket, "resolve")[0]
    assert clock.calendar_version == published().version
    due, yellow = clock.due_at, clock.next_alarm_at
    assert due is not None and yellow is not None
    used = share_used(clock, yellow)
    close_wednesday()
    assert share_used(clock, yellow) == used == 80
    assert fire_due(now=yellow) == 2, "acceptance speaks too"
    clock = runs_of(ticket, "resolve")[0]
    assert (clock.last_rung, clock.next_rung, clock.next_alarm_at) == ("yellow", "red", due)


def test_what_was_left_is_measured_by_the_calendar_of_the_day_it_runs_on() -> None:
    ticket, member = routed_and_assigned("POL-03")
    first = published().version
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
    hold_ticket(actor=member, ticket_id=ticket.id, reason_code="enterprise", words="?", now=TUESDAY)
    due = runs_of(ticket, "resolve")[0].due_when_paused_at
    close_wednesday()
    resume_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY + timedelta(minutes=1))
    clock = runs_of(ticket, "resolve")[0]
    assert clock.due_at is not None and due is not None
    assert clock.calendar_version == first + 1
    assert [pause.calendar_version for pause in pauses_of(ticket)] == [first]
    calendar = calendar_for()[1]
    left = calendar_at(clock.calendar_id, first).working_between(TUESDAY, due)
    assert calendar.working_between(TUESDAY + timedelta(minutes=1), clock.due_at) == left


def test_a_clock_without_a_version_runs_by_the_present_calendar() -> None:
    close_wednesday()
    assert calendar_at(published().id, None) is published().calendar
