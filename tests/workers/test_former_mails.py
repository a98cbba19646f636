"""Mails that the release before has promised, message and delivery in one row, are sent, dropped
and held like those of this one.
"""

from __future__ import annotations

import pytest

from service_portal.notifications.holding import decide, drop_held, hold_all, send_held
from service_portal.notifications.mail_queries import held_mails
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.mail_server import MailServer
from tests.workers.conftest import Crew

SEND = "notifications.send_mail"
STATES = "SELECT state, drop_reason FROM notification WHERE channel = 'mail'"
FORMER = """
    INSERT INTO notification (source, person_id, membership_id, channel, kind, ticket_id,
        enterprise_id, data, message_id, created_at)
    SELECT 'event-9', t.filed_by_id, m.id, 'mail', 'ticket.filed', t.id, t.enterprise_id, '{}',
        '<event-9@former>', now()
    FROM ticket AS t JOIN membership AS m
        ON m.person_id = t.filed_by_id AND m.enterprise_id = t.enterprise_id
"""


@pytest.fixture
def promised(crew: Crew, post: MailServer) -> Crew:
    """Give a crew for which the release before has promised one mail."""
    crew.app.config["MAIL_URL"] = post.url
    crew.do(lambda: create_ticket("POL-03", actor=enterprise_actor()))
    crew.change(FORMER)
    return crew


def test_it_is_sent_once_under_its_message_id(promised: Crew, post: MailServer) -> None:
    promised.run(SEND)
    promised.run(SEND)
    assert post.ids() == {"<event-9@former>": 1}
    assert promised.rows(STATES) == [("sent", None)]


def test_it_is_dropped_when_its_reader_may_not_know_it_any_more(
    promised: Crew, post: MailServer
) -> None:
    promised.change("UPDATE membership SET ended_at = now()")
    promised.run(SEND)
    assert post.ids() == {}
    assert promised.rows(STATES) == [("dropped", "role_ended")]


def test_it_is_held_and_let_go_with_the_others(promised: Crew, post: MailServer) -> None:
    assert promised.do(hold_all) == 1
    assert [(row.kind, row.mails) for row in promised.do(held_mails)] == [("ticket.filed", 1)]
    promised.run(SEND)
    assert post.ids() == {}
    assert promised.do(send_held) == 1
    promised.run(SEND)
    assert promised.rows(STATES) == [("sent", None)]


def test_it_is_dropped_with_the_others_by_the_operator(promised: Crew) -> None:
    promised.do(hold_all)
    assert promised.do(drop_held) == 1
    assert promised.rows(STATES) == [("dropped", "operator")]


def test_one_that_was_refused_is_dropped_by_itself(promised: Crew) -> None:
    promised.change("UPDATE notification SET last_error = 'refused' WHERE channel = 'mail'")
    mail_id = promised.number("SELECT id FROM notification WHERE channel = 'mail'")
    assert promised.do(lambda: decide("former-mail", mail_id, "drop")) == 1
    assert promised.rows(STATES) == [("dropped", "operator")]
