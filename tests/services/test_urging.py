"""An enterprise urges what lies with the station, once a working day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.filing.urging import urge_ticket
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden
from service_portal.notifications.rules import INSTITUTION, LEADS, OWNER, telling_for
from service_portal.resolving.services import answer_ticket
from service_portal.tickets.models import Ticket, TimelineEntry
from service_portal.tickets.queries import see_ticket
from tests.factories.tickets import TUESDAY
from tests.services.test_journey import fresh
from tests.services.test_pauses import HOUR, worked_on

__all__ = ["worked_on"]

WorkedOn = tuple[Ticket, Actor, Actor]
# In the zone: Tuesday morning and evening, Wednesday; Friday evening, Saturday, Monday morning.
MORNING, EVENING, WEDNESDAY = TUESDAY + 2 * HOUR, TUESDAY + 7 * HOUR, TUESDAY + 24 * HOUR
FRIDAY_EVENING = datetime(2026, 11, 27, 11, 0, tzinfo=UTC)
SATURDAY, MONDAY = FRIDAY_EVENING + timedelta(hours=16), datetime(2026, 11, 30, 2, tzinfo=UTC)


def urge(ticket: Ticket, asker: Actor, at: datetime, words: str = "Friday is the deadline") -> None:
    """Urge a request."""
    urge_ticket(actor=asker, ticket_id=ticket.id, words=words, now=at)


def test_it_stands_in_the_timeline_and_changes_no_promise(worked_on: WorkedOn) -> None:
    ticket, _member, asker = worked_on
    before = (ticket.status, ticket.next_due_at, ticket.resolve_due_at)
    urge(ticket, asker, MORNING)
    said = db.session.scalars(
        sa.select(TimelineEntry.data).where(
            TimelineEntry.ticket_id == ticket.id, TimelineEntry.kind == "urge"
        )
    )
    assert list(said) == [{"words": "Friday is the deadline"}]
    assert (fresh(ticket).status, ticket.next_due_at, ticket.resolve_due_at) == before


def test_who_has_it_and_their_leads_are_told() -> None:
    assert telling_for("ticket.urged").parties == {OWNER, LEADS, INSTITUTION}


def test_the_last_word_is_the_enterprises(worked_on: WorkedOn) -> None:
    ticket, _member, asker = worked_on
    urge(ticket, asker, MORNING)
    assert (fresh(ticket).last_word_at, ticket.last_word_by) == (MORNING, "enterprise")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (MORNING, MORNING),
        (MORNING, TUESDAY + 6 * HOUR),
        (FRIDAY_EVENING, SATURDAY),
        (SATURDAY, MONDAY),
    ],
    ids=["at once", "the same day", "friday evening and saturday", "saturday and monday"],
)
def test_twice_on_a_working_day_is_refused(
    worked_on: WorkedOn, first: datetime, second: datetime
) -> None:
    ticket, _member, asker = worked_on
    urge(ticket, asker, first)
    with pytest.raises(Conflict, match="already"):
        urge(ticket, asker, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [(MORNING, WEDNESDAY), (MORNING, TUESDAY + 10 * HOUR)],
    ids=["the next day", "after hours, which is of the next day"],
)
def test_on_the_next_working_day_it_is_possible_again(
    worked_on: WorkedOn, first: datetime, second: datetime
) -> None:
    ticket, _member, asker = worked_on
    urge(ticket, asker, first)
    urge(ticket, asker, second)
    with pytest.raises(Conflict):
        urge(ticket, asker, second)


def test_an_answered_request_waits_for_the_enterprise_itself(worked_on: WorkedOn) -> None:
    ticket, member, asker = worked_on
    answer_ticket(
        actor=member,
        ticket_id=ticket.id,
        body="You get it.",
        outcome="resolved",
        evidence_note="Slip",
        channel="phone",
        minutes=5,
        now=MORNING,
    )
    with pytest.raises(Conflict, match="Answered"):
        urge(ticket, asker, EVENING)


def test_staff_do_not_urge_themselves(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    assert not see_ticket(ticket.id, actor=member).can(Permission.TICKET_URGE)
    with pytest.raises(Forbidden):
        urge(ticket, member, MORNING)
