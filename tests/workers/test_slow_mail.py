"""Mail servers that are slow, silent or refuse: nothing is sent twice, nothing is lost, nobody else
waits, and no transaction is open meanwhile.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from smtplib import SMTPServerDisconnected
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.accounts.letters import queue_letter
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.notifications.services import MAILS
from service_portal.web import mail
from tests.mail_server import MailServer
from tests.workers.conftest import Crew, promise_mails

SEND = "notifications.send_mail"
STATES = "SELECT state, count(*) FROM notification_delivery GROUP BY 1 ORDER BY 1"
OPEN = (
    "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname ="
    " current_database()"
)


class SlowServer(MailServer):
    """Takes its time for every answer; `during` is called while a mail is in its hands."""

    pause = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.during: list[Any] = []

    async def handle_EHLO(
        self, _server: Any, session: Any, _envelope: Any, hostname: str, answers: list[str]
    ) -> list[str]:
        """Greet."""
        await asyncio.sleep(self.pause)
        session.host_name = hostname
        return answers

    async def handle_MAIL(
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Answer who a mail is from."""
        await asyncio.sleep(self.pause)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Answer who a mail is for."""
        await asyncio.sleep(self.pause)
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a mail."""
        await asyncio.sleep(self.pause)
        for look in self.during:
            await asyncio.get_running_loop().run_in_executor(None, look)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def post() -> Iterator[SlowServer]:
    """Give a mail server that can be slow."""
    with SlowServer() as post:
        yield post


@contextmanager
def impatient_database(crew: Crew) -> Iterator[None]:
    """Let the database end every session that leaves a transaction open for as long as a slow
    server needs for one mail.
    """

    def limit(connection: Any, _record: object) -> None:
        connection.execute("SET idle_in_transaction_session_timeout = '600ms'")
        connection.commit()

    with crew.app.app_context():
        engine = db.engine
        engine.dispose()
        sa.event.listen(engine, "connect", limit)
        try:
            yield
        finally:
            sa.event.remove(engine, "connect", limit)
            engine.dispose()


def test_a_slow_server_gets_each_mail_once_and_the_database_waits_for_nothing(
    crew: Crew, post: SlowServer
) -> None:
    promise_mails(crew, post.url, 3)
    post.pause = 0.4
    with impatient_database(crew):
        for _ in range(3):
            crew.run(SEND)
    assert crew.rows(STATES) == [("sent", 3)]
    assert sorted(post.ids().values()) == [1, 1, 1]


@pytest.mark.slow
def test_six_seconds_an_answer_are_borne(crew: Crew, post: SlowServer) -> None:
    promise_mails(crew, post.url, 1)
    post.pause = 6.0
    begun = time.monotonic()
    crew.run(SEND)
    assert time.monotonic() - begun > 23
    assert crew.rows(STATES) == [("sent", 1)] and list(post.ids().values()) == [1]


def test_no_transaction_is_open_while_a_server_has_a_mail_in_hand(
    crew: Crew, post: SlowServer
) -> None:
    promise_mails(crew, post.url, 2)
    found: list[int] = []
    post.during.append(lambda: found.append(crew.number(OPEN)))
    crew.run(SEND)
    assert crew.rows(STATES) == [("sent", 2)] and found == [0, 0]


def test_a_mail_in_hand_is_taken_by_no_other_sender_before_its_lease_is_over(
    crew: Crew, post: SlowServer
) -> None:
    promise_mails(crew, post.url, 2)
    first = crew.do(MAILS.claim)
    crew.run(SEND)
    assert crew.rows(STATES) == [("sending", 1), ("sent", 1)]
    left = crew.number(
        "SELECT extract(epoch FROM lease_until - clock_timestamp()) FROM notification_delivery"
        " WHERE state = 'sending'"
    )
    assert left > mail.MAIL_SECONDS
    crew.change(
        "UPDATE notification_delivery SET lease_until = clock_timestamp() - interval '1 s'"
        " WHERE state = 'sending'"
    )
    second = crew.do(MAILS.claim)
    assert (second.id, second.token) == (first.id, first.token + 1)
    crew.do(lambda: MAILS.confirm(first, now=now()))
    assert crew.rows(STATES) == [
        ("sending", 1),
        ("sent", 1),
    ], "whose lease is over says nothing any more"
    crew.do(lambda: MAILS.confirm(second, now=now()))
    assert crew.rows(STATES) == [("sent", 2)]


def test_a_mail_whose_sender_was_lost_goes_out_soon_under_the_same_id(
    crew: Crew, post: SlowServer
) -> None:
    promise_mails(crew, post.url, 1)
    crew.do(MAILS.claim)
    crew.run(SEND)
    assert crew.rows(STATES) == [("sending", 1)], "its sender may still be at it"
    crew.change(
        "UPDATE notification_delivery SET lease_until = lease_until - interval '21 s' WHERE state ="
        " 'sending'"
    )
    crew.run(SEND)
    assert crew.rows(STATES) == [("sent", 1)] and list(post.ids().values()) == [1]


class Stranger:
    """Listens on a port and speaks as it is told, or not at all."""

    def __init__(self, *said: bytes, pause: float = 0.0) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.socket.getsockname()[1]}"
        self.said, self.pause = said, pause
        self.callers: list[socket.socket] = []
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self.socket.accept()
            except OSError:
                return
            self.callers.append(caller)
            Thread(target=self._speak, args=(caller,), daemon=True).start()

    def _speak(self, caller: socket.socket) -> None:
        try:
            for said in self.said:
                caller.sendall(said)
                time.sleep(self.pause)
        except OSError:
            pass

    def close(self) -> None:
        """Hang up."""
        for open_socket in [self.socket, *self.callers]:
            open_socket.close()


@pytest.mark.parametrize(
    ("said", "pause"),
    [((), 0.0), ((b"220 hello\r\n", *[b"2"] * 200), 0.1)],
    ids=["says nothing", "says a letter now and then"],
)
def test_a_server_that_hangs_ends_the_turn_and_wears_out_one_mail(
    crew: Crew, monkeypatch: pytest.MonkeyPatch, said: tuple[bytes, ...], pause: float
) -> None:
    monkeypatch.setattr(mail, "ANSWER_SECONDS", 1)
    monkeypatch.setattr(mail, "MAIL_SECONDS", 2)
    stranger = Stranger(*said, pause=pause)
    promise_mails(crew, stranger.url, 3)
    begun = time.monotonic()
    crew.run(SEND)
    assert time.monotonic() - begun < 6
    assert crew.rows(STATES) == [("queued", 3)]
    assert crew.number("SELECT sum(attempts) FROM notification_delivery") == 1
    stranger.close()


@pytest.mark.parametrize(
    "said", [(b"220-hello\r\n" * 20_000,), (b"220 hello\r\n", b"250-hello\r\n" * 20_000)]
)
def test_an_answer_without_an_end_is_not_read_to_it(crew: Crew, said: tuple[bytes, ...]) -> None:
    stranger = Stranger(*said)
    promise_mails(crew, stranger.url, 1)
    begun = time.monotonic()
    letter = mail.Mail(to="a@zone.example", subject="S", body="B", message_id="<a@x>")
    cut = pytest.raises(SMTPServerDisconnected, match="does not end its answer")
    with crew.app.app_context(), mail.Post() as sending, cut:
        sending.send(letter)
    assert time.monotonic() - begun < 2
    stranger.close()


def test_a_server_that_puts_off_is_asked_again(crew: Crew, post: SlowServer) -> None:
    promise_mails(crew, post.url, 1)
    ((address,),) = crew.rows(
        "SELECT p.email FROM notification_delivery AS d JOIN notification AS n ON n.id ="
        " d.notification_id JOIN person AS p ON p.id = n.person_id"
    )
    post.refuse = {address: "451 Come back later"}
    crew.run(SEND)
    assert crew.rows(STATES) == [("queued", 1)]
    post.refuse = {}
    crew.run(SEND)
    assert crew.rows(STATES) == [("queued", 1)], "not before its pause is over"
    crew.change("UPDATE notification_delivery SET available_at = clock_timestamp()")
    crew.run(SEND)
    assert crew.rows(STATES) == [("sent", 1)] and post.asked[address] == 2


def test_letters_go_before_mails(crew: Crew, post: SlowServer) -> None:
    promise_mails(crew, post.url, 2)
    crew.do(
        lambda: queue_letter(
            template="change_notice", email="somebody@example.org", subject="S", body="B"
        )
    )
    crew.run(SEND)
    assert post.received[0]["To"] == "somebody@example.org" and len(post.received) == 3
