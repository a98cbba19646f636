"""A mistake in the settings, or a server that has something against us, loses no mail: it waits
with its text, and the operator sees why. Only what is refused about the mail itself is given up.
"""

from __future__ import annotations

from collections.abc import Iterator
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from service_portal.accounts.letters import ask_for_reset
from service_portal.launcher.place import free_port
from service_portal.web.health import parts
from service_portal.web.mail_refusals import is_final, needs_operator
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.mail_server import MailServer
from tests.workers.conftest import Crew

SEND = "notifications.send_mail"
STATE = "SELECT state FROM notification WHERE channel = 'mail'"
OWNER = "SELECT email FROM person WHERE id = (SELECT person_id FROM notification LIMIT 1)"


@pytest.fixture
def post() -> Iterator[MailServer]:
    """Give a mail server that is up."""
    with MailServer() as post:
        yield post


@pytest.fixture
def promised(crew: Crew, post: MailServer) -> Crew:
    """Give a crew that has promised one mail."""
    crew.app.config["MAIL_URL"] = post.url
    crew.do(lambda: create_ticket("POL-03", actor=enterprise_actor()))
    crew.run("notifications.tell")
    crew.change(
        "DELETE FROM notification WHERE channel <> 'mail' OR id > (SELECT min(id) FROM notification"
        " WHERE channel = 'mail')"
    )
    return crew


def judged(crew: Crew) -> dict[str, Any]:
    """Give how the mails are judged."""
    with crew.app.test_request_context():
        return parts()["mail"]


WAITS = [
    "554 5.7.1 Relay access denied",
    "554 Relay access denied",
    "550 5.7.1 Relaying denied",
    "550 relay not permitted",
    "530 5.7.0 Must issue a STARTTLS command first",
    "530 Authentication required",
    "535 5.7.8 Authentication credentials invalid",
    "538 5.7.11 Encryption required",
    "550 5.1.8 Sender address rejected",
    "550 5.1.7 Bad sender's address",
    "550 Sender verify failed",
    "550 5.7.26 Unauthenticated mail is not accepted",
    "552 5.2.2 Mailbox full",
    "554 5.3.2 System not accepting messages",
    "554 Transaction failed",
    "500 Command unrecognized",
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    "550 Administrative prohibition",
    "550 Access denied",
    "550 Client host rejected: cannot find your hostname",
    "550 not local host zone.example, not a gateway",
    "551 we do not accept mail from you",
    "550 Please log in first",
    "550 Daily quota exceeded",
    "550 Invalid HELO",
    "550 IP address is listed, see https://list.example",
    "550 5.1.1 <portal@zone.example>: Sender address rejected",
    "550 5.1.0 Sender rejected",
    "550 5.2.1 sending disabled for this account",
    "550 5.6.0 DKIM signature is missing",
]
FINAL = [
    "550 No such mailbox",
    "550 5.1.1 User unknown",
    "550 5.1.10 Null MX",
    "554 5.1.2 Bad destination system",
    "551 User not local",
    "553 Mailbox name not allowed",
    "550 5.2.1 Mailbox disabled",
    "550 5.6.1 Message can't be read",
    "550 Requested action not taken: mailbox unavailable",
    "550 <a@zone.example>: user unknown in local recipient table",
]


def refusals(answer: str) -> list[Exception]:
    """Give what the library makes of an answer, to the recipient and to the text."""
    code, said = int(answer[:3]), answer[4:].encode()
    return [SMTPRecipientsRefused({"a@zone.example": (code, said)}), SMTPDataError(code, said)]


@pytest.mark.parametrize("answer", WAITS)
def test_what_a_server_has_against_us_waits_for_the_operator(answer: str) -> None:
    for error in refusals(answer):
        assert needs_operator(error) and not is_final(error)


@pytest.mark.parametrize("answer", FINAL)
def test_what_is_refused_about_the_mail_itself_is_final(answer: str) -> None:
    for error in refusals(answer):
        assert is_final(error) and not needs_operator(error)


@pytest.mark.parametrize("answer", ["450 4.2.0 Try later", "421 Closing", "452 Mailbox full"])
def test_what_is_put_off_only_waits(answer: str) -> None:
    for error in refusals(answer):
        assert not is_final(error) and not needs_operator(error)


def test_a_mail_that_is_not_relayed_is_kept_and_red_until_it_is(
    promised: Crew, post: MailServer
) -> None:
    ((address,),) = promised.rows(OWNER)
    post.refuse = {address: "554 5.7.1 Relay access denied"}
    promised.run(SEND)
    assert promised.rows(STATE) == [("queued",)]
    said = judged(promised)
    assert said["status"] == "red" and "Relay access denied" in said["detail"]
    post.refuse = {}
    promised.change("UPDATE notification SET available_at = now() - interval '1 s'")
    promised.run(SEND)
    assert promised.rows(STATE) == [("sent",)] and judged(promised)["status"] == "green"


def test_a_setting_that_can_not_work_keeps_the_mail_and_is_red(
    promised: Crew, post: MailServer
) -> None:
    for name, value in (
        ("MAIL_URL", "smtp://a..b"),
        ("MAIL_URL", "smtp://127.0.0.1:99999"),
        ("MAIL_FROM", "portal@"),
        ("MAIL_FROM", "a@zone.example\nBcc: b@zone.example"),
    ):
        promised.app.config.update({"MAIL_URL": post.url, name: value})
        promised.change("UPDATE notification SET available_at = now() - interval '1 s'")
        promised.run(SEND)
        assert promised.rows(STATE) == [("queued",)]
        said = judged(promised)
        assert said["status"] == "red" and f"{name} can't be used" in said["detail"]


@pytest.fixture
def guarded() -> Iterator[str]:
    """Give the address of a server that asks for a password, without user and password."""

    def authenticate(_server: Any, _session: Any, _envelope: Any, _way: str, data: Any) -> Any:
        return AuthResult(success=data.password == b"right", handled=False)

    port = free_port() or 18026
    controller = Controller(
        MailServer(port),
        hostname="127.0.0.1",
        port=port,
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    yield f"127.0.0.1:{port}"
    controller.stop()


@pytest.mark.parametrize("password", ["wr%C3%B6ng", "wrong"])
def test_a_password_that_can_not_be_right_loses_no_letter_and_is_not_shown(
    password: str, guarded: str, promised: Crew
) -> None:
    promised.app.config["MAIL_URL"] = f"smtp://u:{password}@{guarded}"
    ((email,),) = promised.rows(OWNER)
    promised.do(lambda: ask_for_reset(email))
    promised.run(SEND)
    assert promised.rows("SELECT state, attempts FROM letter") == [("queued", 1)]
    said = judged(promised)
    assert said["status"] == "red" and "ng" not in said["detail"].partition(": ")[2]
    promised.app.config["MAIL_URL"] = f"smtp://u:right@{guarded}"
    promised.change("UPDATE letter SET available_at = now() - interval '1 s'")
    promised.run(SEND)
    assert promised.rows("SELECT state FROM letter") == [("sent",)]
    assert promised.rows(STATE) == [("sent",)]
