"""A mistake in the settings, or a server that has something against us, loses no mail: it waits
with its text, and the operator sees why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from service_portal.accounts.letters import ask_for_reset
from service_portal.launcher.place import free_port
from service_portal.web.health import parts
from tests.mail_server import MailServer
from tests.workers.conftest import Crew, promise_mails

SEND = "notifications.send_mail"
STATE = "SELECT state FROM notification_delivery"
OWNER = "SELECT email FROM person WHERE id = (SELECT person_id FROM notification LIMIT 1)"


@pytest.fixture
def promised(crew: Crew, post: MailServer) -> Crew:
    """Give a crew that has promised one mail."""
    promise_mails(crew, post.url, 1)
    crew.change(
        "DELETE FROM notification WHERE id <> (SELECT min(notification_id) FROM"
        " notification_delivery)"
    )
    return crew


def judged(crew: Crew) -> dict[str, Any]:
    """Give how the mails are judged."""
    with crew.app.test_request_context():
        return parts()["mail"]


def test_a_mail_that_is_not_relayed_is_kept_and_red_until_it_is(
    promised: Crew, post: MailServer
) -> None:
    ((address,),) = promised.rows(OWNER)
    post.refuse = {address: "554 5.7.1 Relay access denied"}
    promised.run(SEND)
    assert promised.rows(STATE) == [("queued",)]
    said = judged(promised)
    assert said["status"] == "red" and "RCPT 554 5.7.1" in said["detail"]
    assert address not in said["detail"]
    post.refuse = {}
    promised.change("UPDATE notification_delivery SET available_at = now() - interval '1 s'")
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
        promised.change("UPDATE notification_delivery SET available_at = now() - interval '1 s'")
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
