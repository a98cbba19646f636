"""Promised mails against a real SMTP server: each is transmitted under one Message-ID, at least
once, whatever becomes of server and sender.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from service_portal.web import mail
from service_portal.web.health import parts
from service_portal.web.transmission import MOST_ATTEMPTS
from tests.mail_server import MailServer
from tests.workers.conftest import Crew, promise_mails

MAILS = 12
STATES = "SELECT state, count(*) FROM notification_delivery GROUP BY 1 ORDER BY 1"
SEND = "notifications.send_mail"


@pytest.fixture
def promised(crew: Crew, post: MailServer) -> Crew:
    """Give a crew that has promised some mails and sends to the server."""
    promise_mails(crew, post.url, MAILS)
    assert crew.rows(STATES) == [("queued", MAILS)]
    return crew


def ids(crew: Crew) -> set[str]:
    """Give the Message-IDs promised."""
    return {row[0] for row in crew.rows("SELECT message_id FROM notification_delivery")}


def let_time_pass(crew: Crew) -> None:
    """Let every pause and lease be over."""
    crew.change(
        "UPDATE notification_delivery SET available_at = now() - interval '1 s',"
        " lease_until = NULL WHERE state IN ('queued', 'sending')"
    )


def test_every_promised_mail_is_sent_once(promised: Crew, post: MailServer) -> None:
    promised.run(SEND)
    assert promised.rows(STATES) == [("sent", MAILS)]
    promised.run(SEND)
    assert post.ids() == dict.fromkeys(ids(promised), 1) and len(post.ids()) == MAILS
    first = post.received[0]
    people = dict(
        promised.rows(
            "SELECT d.message_id, p.email FROM notification_delivery AS d JOIN notification AS n"
            " ON n.id = d.notification_id JOIN person AS p ON p.id = n.person_id"
        )
    )
    assert people[str(first["Message-ID"])] == first["To"]
    text = first.get_payload(decode=True)
    assert isinstance(text, bytes) and b"We have received your request." in text
    assert first["Auto-Submitted"] == "auto-generated"


def test_a_connection_is_used_for_many_mails_and_not_for_ever(
    promised: Crew, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "MAILS_A_CONNECTION", 5)
    promised.run(SEND)
    assert promised.rows(STATES) == [("sent", MAILS)]
    assert sorted(post.callers.values()) == [2, 5, 5]


def test_senders_at_the_same_moment_send_once(promised: Crew, post: MailServer) -> None:
    from workers.mailing import send_due

    results = promised.at_once(lambda: send_due(base_url="http://localhost"), threads=4)
    assert results == [None] * 4
    assert promised.rows(STATES) == [("sent", MAILS)]
    assert post.ids() == dict.fromkeys(ids(promised), 1)


def test_a_server_that_is_away_is_waited_for(promised: Crew, post: MailServer) -> None:
    post.stop()
    for turn in range(1, MOST_ATTEMPTS + 3):
        promised.run(SEND)
        assert promised.rows(STATES) == [("queued", MAILS)]
        # The first one it does not take ends the turn; the others are not worn out.
        assert promised.number("SELECT sum(attempts) FROM notification_delivery") == turn
        promised.change(
            "UPDATE notification_delivery SET available_at = available_at - interval '20 minutes',"
            " created_at = created_at - interval '20 minutes'"
        )
    tried = promised.rows(
        "SELECT attempts, last_error FROM notification_delivery WHERE attempts > 0"
    )
    assert tried and all("refused" in error.lower() for _, error in tried)
    with promised.app.test_request_context():
        assert parts()["mail"]["status"] == "red", "mails that wait for long are seen"
    post.start()
    promised.run(SEND)
    assert promised.rows(STATES) == [("sent", MAILS)]
    assert post.ids() == dict.fromkeys(ids(promised), 1)


def test_pauses_grow_and_have_an_end(promised: Crew, post: MailServer) -> None:
    post.stop()
    promised.change("DELETE FROM notification WHERE id > (SELECT min(id) FROM notification)")
    pauses = []
    for _ in range(9):
        promised.change("UPDATE notification_delivery SET available_at = now() - interval '1 s'")
        promised.run(SEND)
        pauses.append(
            promised.number(
                "SELECT round(extract(epoch FROM available_at - clock_timestamp())) FROM"
                " notification_delivery"
            )
        )
    assert pauses == pytest.approx([15, 30, 60, 120, 240, 480, 900, 900, 900], abs=3)


def test_a_refused_mail_holds_up_nobody(promised: Crew, post: MailServer) -> None:
    (gone,), (full,) = promised.rows(
        "SELECT p.email FROM notification_delivery AS d JOIN notification AS n ON n.id ="
        " d.notification_id JOIN person AS p ON p.id = n.person_id ORDER BY d.id LIMIT 2"
    )
    post.refuse = {gone: "550 No such mailbox", full: "452 Mailbox full"}
    for _ in range(2):
        promised.run(SEND)
    assert promised.rows(STATES) == [("failed", 1), ("queued", 1), ("sent", MAILS - 2)]
    assert post.asked[gone] == 1, "what is refused for good is not tried again"
    del post.refuse[full]
    let_time_pass(promised)
    promised.run(SEND)
    assert promised.rows(STATES) == [("failed", 1), ("sent", MAILS - 1)]


def test_a_broken_mail_holds_up_nobody(promised: Crew, post: MailServer) -> None:
    promised.change(
        "UPDATE notification SET kind = 'ticket.unassignable', data = '[]' WHERE id = (SELECT"
        " min(notification_id) FROM notification_delivery)"
    )
    for attempt in range(1, MOST_ATTEMPTS + 1):
        promised.run(SEND)
        assert len(post.received) == MAILS - 1
        assert promised.number("SELECT max(attempts) FROM notification_delivery") == attempt
        let_time_pass(promised)
    assert promised.rows(STATES) == [("failed", 1), ("sent", MAILS - 1)]


def test_a_sender_killed_after_the_server_took_the_mail_sends_it_again_under_one_id(
    promised: Crew, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []

    async def take_and_kill(_server: Any, _session: Any, envelope: Any) -> str:
        answer = await MailServer.handle_DATA(post, _server, _session, envelope)
        if len(post.received) == 5:
            killed.append(sender.pop())
            os.kill(killed[0], signal.SIGKILL)
        return answer

    monkeypatch.setattr(post, "handle_DATA", take_and_kill)
    sender: list[int] = []
    sender_pipe, told = os.pipe()

    def send() -> None:
        from workers.mailing import send_due

        os.write(told, str(os.getpid()).encode())
        time.sleep(0.3)
        send_due(base_url="http://localhost")

    from threading import Thread

    ended: list[int] = []
    running = Thread(target=lambda: ended.append(promised.in_a_process(send)))
    running.start()
    sender.append(int(os.read(sender_pipe, 20)))
    running.join(20)
    assert ended == [-signal.SIGKILL]
    assert promised.rows(STATES) == [("queued", MAILS - 5), ("sending", 1), ("sent", 4)]
    begun = time.monotonic()
    while promised.rows(STATES)[0][0] == "queued" and time.monotonic() - begun < 10:
        promised.run(SEND)
    assert promised.rows(STATES) == [("sending", 1), ("sent", MAILS - 1)], (
        "the turn is free once the database sees its holder gone, the mail in hand when its lease"
        " is over"
    )
    let_time_pass(promised)
    promised.run(SEND)
    assert promised.rows(STATES) == [("sent", MAILS)]
    assert set(post.ids()) == ids(promised)
    assert sorted(post.ids().values()) == [1] * (MAILS - 1) + [2]
