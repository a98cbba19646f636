"""A promised message is one row; each way it takes besides the bell is one more."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service_portal.events.inbox import Delivery
from service_portal.kernel.db import db
from service_portal.notifications.models import Notification, NotificationDelivery
from service_portal.notifications.services import MAILS, tell
from service_portal.people.models import Person
from service_portal.tickets.models import Ticket
from service_portal.web.mail_refusals import Stage, refusal_of
from tests.factories.tickets import TUESDAY, create_ticket


@pytest.fixture
def ticket(db_session: None) -> Ticket:
    """A ticket whose filer hears of it."""
    return create_ticket()


def promise(ticket: Ticket, event: str, *, times: int = 1) -> int:
    """Tell of an event as the worker does, and give how many messages that made."""
    delivery = Delivery(77, event, ticket.id, ticket.enterprise_id, {}, 1, 1)
    return sum(tell([delivery], now=TUESDAY, host="portal.example") for _ in range(times))


def messages() -> list[tuple[str, str | None]]:
    """Give what was promised and whether it stands in the bell."""
    rows = db.session.execute(sa.select(Notification.kind, Notification.channel))
    return [(kind, channel) for kind, channel in rows]


def mails() -> list[tuple[str, str]]:
    """Give the mails that are on their way."""
    rows = db.session.execute(
        sa.select(NotificationDelivery.message_id, NotificationDelivery.state)
    )
    return [(message_id, state) for message_id, state in rows]


def switch_off_mails(ticket: Ticket) -> None:
    """Let the filer hear by the bell only."""
    filer = db.session.get_one(Person, ticket.filed_by_id)
    filer.mail_enabled = False
    db.session.flush()


def test_what_is_told_by_bell_and_mail_is_one_message_with_one_delivery(ticket: Ticket) -> None:
    assert promise(ticket, "ticket.accepted") == 1
    assert messages() == [("ticket.accepted", "app")]
    assert mails() == [(f"<event-77.{ticket.filed_by_id}@portal.example>", "queued")]


def test_what_is_told_by_mail_only_stands_in_no_bell(ticket: Ticket) -> None:
    promise(ticket, "ticket.filed")
    assert messages() == [("ticket.filed", None)]
    assert len(mails()) == 1


def test_what_is_told_by_the_bell_only_has_no_delivery(ticket: Ticket) -> None:
    promise(ticket, "work.started")
    assert messages() == [("work.started", "app")] and mails() == []


def test_who_wants_no_mails_has_the_message_without_its_delivery(ticket: Ticket) -> None:
    switch_off_mails(ticket)
    promise(ticket, "ticket.accepted")
    assert messages() == [("ticket.accepted", "app")] and mails() == []


def test_a_message_that_would_take_no_way_is_not_made(ticket: Ticket) -> None:
    switch_off_mails(ticket)
    assert promise(ticket, "ticket.filed") == 0
    assert messages() == []


@pytest.mark.parametrize("event", ["ticket.accepted", "ticket.filed"])
def test_an_event_that_comes_again_promises_nothing_twice(ticket: Ticket, event: str) -> None:
    promise(ticket, event, times=3)
    assert len(messages()) == len(mails()) == 1


def test_what_becomes_of_a_mail_leaves_its_message_as_it_was(ticket: Ticket) -> None:
    promise(ticket, "ticket.accepted")
    lease = MAILS.claim()
    assert lease is not None
    MAILS.fail(lease, refusal_of(ConnectionRefusedError("away"), stage=Stage.CONNECT))
    db.session.flush()
    delivery = db.session.scalars(sa.select(NotificationDelivery)).one()
    message = db.session.scalars(sa.select(Notification)).one()
    assert delivery.attempts == 1 and delivery.last_error
    assert (message.attempts, message.state, message.last_error) == (0, "sent", None)
