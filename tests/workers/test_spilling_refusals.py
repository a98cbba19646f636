"""What one recipient's server refuses holds up and alarms nobody else, and always has a way on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from service_portal.kernel.logs import log
from service_portal.notifications.holding import decide
from service_portal.web import mail_domains, transmission
from service_portal.web.health import parts
from service_portal.web.mail import Mail, Post
from service_portal.web.mail_refusals import Fate, Refusal, Stage
from tests.mail_server import MailServer
from tests.workers.conftest import Crew, promise_mails, write_to

SEND = "notifications.send_mail"
DENIED = "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)"
STATES = "SELECT state, count(*) FROM notification_delivery GROUP BY 1 ORDER BY 1"
LETTERS = "SELECT state, count(*) FROM letter GROUP BY 1 ORDER BY 1"


class Refusing(MailServer):
    """Answers every recipient of a domain alike, and the texts of some."""

    def __init__(self) -> None:
        super().__init__()
        self.domains: dict[str, str] = {}
        self.texts: dict[str, str] = {}

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Answer who a mail is for."""
        answer = self.domains.get(address.rpartition("@")[2])
        if answer:
            self.asked[address] += 1
            return answer
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a mail, or refuse its text."""
        answer = self.texts.get(envelope.rcpt_tos[0])
        return answer or await super().handle_DATA(server, session, envelope)


@pytest.fixture
def post() -> Iterator[Refusing]:
    """Give a mail server that is up."""
    with Refusing() as post:
        yield post


@pytest.fixture
def promised(crew: Crew, post: Refusing) -> Crew:
    """Give a crew that has promised two mails of tickets."""
    return promise_mails(crew, post.url, 2)


def judged(crew: Crew, part: str = "mail") -> dict[str, Any]:
    """Give what everybody may read of the mails."""
    with crew.app.test_request_context():
        return parts()[part]


def invite_all(crew: Crew, *addresses: str) -> None:
    """Let invitations be sent."""
    write_to(crew, *addresses, template="invitation")
    crew.change(
        "INSERT INTO invitation (email, role, token_hash, invited_by_id, created_at, expires_at)"
        " SELECT email, 'manager', email, (SELECT min(id) FROM person), clock_timestamp(),"
        " clock_timestamp() + interval '1 day' FROM letter WHERE template = 'invitation'"
    )
    crew.change(
        "UPDATE letter SET invitation_id = (SELECT id FROM invitation WHERE token_hash ="
        " letter.email) WHERE template = 'invitation'"
    )


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (DENIED, "failed"),
        ("554 5.7.1 Relay access denied", "queued"),
        ("450 4.1.2 Domain not found", "queued"),
        ("421 4.3.2 Closing", "queued"),
    ],
)
def test_twenty_letters_that_are_refused_hold_up_no_mail(
    promised: Crew, post: Refusing, answer: str, state: str
) -> None:
    post.domains["m365.example"] = answer
    invite_all(promised, *(f"left{number}@m365.example" for number in range(20)))
    promised.run(SEND)
    promised.run(SEND)
    assert promised.rows(STATES) == [("sent", 2)]
    assert promised.rows(LETTERS) == [(state, 20)]
    assert judged(promised)["status"] == "amber"


def test_mails_and_letters_are_sent_in_turn(promised: Crew, post: Refusing) -> None:
    write_to(promised, *(f"p{number}@zone.example" for number in range(4)))
    promised.run(SEND)
    letters = [str(mail["To"]).endswith("@zone.example") for mail in post.received]
    assert letters == [True, False, True, False, True, True]


@pytest.mark.parametrize("answer", ["554 5.7.1 Relay access denied", "451 4.7.1 Come back later"])
def test_whoever_invites_sets_off_no_alarm_and_the_domain_is_named(
    promised: Crew, post: Refusing, answer: str
) -> None:
    promised.change("DELETE FROM notification")
    post.domains["m365.example"] = answer
    invite_all(promised, *(f"left{number}@m365.example" for number in range(20)))
    promised.run(SEND)
    promised.change("UPDATE letter SET created_at = created_at - interval '1 hour'")
    seen = judged(promised)
    assert seen["status"] == "amber"
    assert "20 mails are put off by m365.example" in seen["detail"] and "left" not in str(seen)


def test_a_domain_that_puts_off_one_after_the_other_is_left_alone(
    promised: Crew, post: Refusing
) -> None:
    post.domains["slow.example"] = "451 4.7.1 Come back later"
    write_to(promised, *(f"p{number}@slow.example" for number in range(8)))
    promised.run(SEND)
    assert sum(post.asked[f"p{number}@slow.example"] for number in range(8)) == 3
    assert promised.rows(STATES) == [("sent", 2)]
    assert promised.rows("SELECT sum(attempts) FROM letter") == [(3,)], "who rests is not worn out"


def test_mailboxes_that_are_full_say_nothing_of_their_domain(
    promised: Crew, post: Refusing
) -> None:
    names = [f"p{number}@large.example" for number in range(5)]
    post.refuse = dict.fromkeys(names[:4], "452 4.2.2 Mailbox full")
    write_to(promised, *names)
    promised.run(SEND)
    assert promised.rows("SELECT email FROM letter WHERE state = 'sent'") == [(names[4],)]


def test_a_domain_that_took_a_mail_is_not_left_alone() -> None:
    known, refusal = mail_domains.Domains(), later()
    for address in ("a@x.example", "b@x.example"):
        known.note_refused(address, refusal)
    known.note_taken("c@x.example")
    known.note_refused("d@x.example", refusal)
    assert known.resting("e@x.example") is None
    for address in ("a@x.example", "b@x.example"):
        known.note_refused(address, refusal)
    resting = known.resting("e@X.example")
    assert resting is not None and resting[1] <= timedelta(seconds=mail_domains.FIRST_REST)
    assert known.resting("e@y.example") is None


def later() -> Refusal:
    """Give a refusal that puts off."""
    return Refusal(Stage.RECIPIENT, Fate.LATER, "RCPT 451 x.example")


def test_a_mailbox_that_stays_full_is_given_up_after_five_days(
    promised: Crew, post: Refusing
) -> None:
    write_to(promised, "full@zone.example")
    post.refuse = {"full@zone.example": "552 5.2.2 Mailbox full"}
    promised.run(SEND)
    assert promised.rows(LETTERS) == [("queued", 1)]
    promised.change(
        "UPDATE letter SET attempts = :most, available_at = clock_timestamp()",
        most=transmission.MOST_PUT_OFF - 1,
    )
    promised.run(SEND)
    assert promised.rows("SELECT state, body FROM letter") == [("failed", None)]


def test_a_refused_text_is_held_and_sent_or_dropped_by_the_operator(
    promised: Crew, post: Refusing
) -> None:
    write_to(promised, "a@zone.example", "b@zone.example")
    post.texts = dict.fromkeys(
        ["a@zone.example", "b@zone.example"], "554 5.7.1 No <a@zone.example>"
    )
    promised.run(SEND)
    assert promised.rows(LETTERS) == [("held", 2)] and promised.rows(STATES) == [("sent", 2)]
    assert judged(promised)["status"] == "green"
    held = judged(promised, "held_mail")
    assert held["status"] == "amber"
    assert "2 mails that were refused wait to be sent or dropped (zone.example)" in held["detail"]
    post.texts = {}
    first, second = (row[0] for row in promised.rows("SELECT id FROM letter ORDER BY id"))
    assert promised.do(lambda: decide("letter", first, "send")) == 1
    assert promised.do(lambda: decide("letter", second, "drop")) == 1
    promised.run(SEND)
    assert promised.rows("SELECT state, drop_reason, body FROM letter ORDER BY id") == [
        ("sent", None, None),
        ("dropped", "operator", None),
    ]


def test_a_mail_that_waits_for_the_operator_can_be_dropped(promised: Crew, post: Refusing) -> None:
    write_to(promised, "a@zone.example")
    post.domains["zone.example"] = "554 5.7.1 Relay access denied"
    promised.run(SEND)
    ((waiting,),) = promised.rows("SELECT id FROM letter")
    assert promised.do(lambda: decide("letter", waiting, "drop")) == 1
    assert promised.rows("SELECT state, body FROM letter") == [("dropped", None)]
    assert promised.do(lambda: decide("letter", waiting, "send")) == 0, "what is over stays over"


def test_neither_log_nor_health_names_an_address(
    promised: Crew, post: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[Any] = []
    monkeypatch.setattr(log, "warning", lambda *args, **fields: noted.append((args, fields)))
    post.domains = {
        "m365.example": "550 5.1.1 <left9@m365.example>: User unknown, left9@m365.example",
        "zone.example": "554 5.7.1 <left9@zone.example>: Relay access denied",
    }
    write_to(promised, "left9@m365.example", "left9@zone.example")
    promised.run(SEND)
    assert len(noted) == 2 and "RCPT 550 5.1.1 m365.example" in str(noted)
    with promised.app.test_request_context():
        said = json.dumps(parts()) + str(noted)
    assert "left9" not in said and "@" not in said


def test_a_connection_outlives_a_refusal(crew: Crew, post: Refusing) -> None:
    crew.app.config["MAIL_URL"] = post.url
    post.domains["m365.example"] = DENIED
    with crew.app.app_context(), Post() as sending:
        for to in ("a@zone.example", "b@m365.example", "c@zone.example"):
            mail = Mail(to=to, subject="S", body="B", message_id=f"<{to}>")
            try:
                sending.send(mail)
            except OSError:
                assert to == "b@m365.example"
    assert list(post.callers.values()) == [2]
