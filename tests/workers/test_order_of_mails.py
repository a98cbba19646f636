"""Mails that were refused keep back none that was never tried, and go on themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from service_portal.web import mail_domains
from service_portal.web.mail_refusals import Fate, Refusal, Stage
from tests.mail_server import MailServer
from tests.workers.conftest import Crew, promise_mails, write_to
from workers import mailing

SEND = "notifications.send_mail"
STATES = "SELECT state, count(*) FROM notification_delivery GROUP BY 1 ORDER BY 1"
LETTERS = "SELECT state, count(*) FROM letter GROUP BY 1 ORDER BY 1"


@pytest.fixture
def post() -> Iterator[MailServer]:
    """Give a mail server that is up."""
    with MailServer() as post:
        yield post


@pytest.fixture
def promised(crew: Crew, post: MailServer) -> Crew:
    """Give a crew that has promised two mails of tickets."""
    return promise_mails(crew, post.url, 2)


def test_what_was_never_tried_goes_before_what_was_refused(
    promised: Crew, post: MailServer
) -> None:
    promised.change("DELETE FROM notification")
    refused = [f"x@d{number}.example" for number in range(60)]
    post.refuse = dict.fromkeys(refused, "550 5.7.1 Blocked by our policy")
    write_to(promised, *refused)
    while promised.number("SELECT count(*) FROM letter WHERE attempts = 0"):
        promised.run(SEND)
    promised.change("UPDATE letter SET available_at = clock_timestamp() - interval '1 s'")
    post.asked.clear()
    write_to(promised, "owner@office.example")
    promised.run(SEND)
    assert "owner@office.example" in list(post.asked)[:2]


def test_what_was_refused_has_a_place_among_what_is_new(promised: Crew, post: MailServer) -> None:
    write_to(promised, "again@zone.example", *(f"p{number}@zone.example" for number in range(20)))
    promised.change(
        "UPDATE letter SET attempts = 1, available_at = available_at - interval '1 s'"
        " WHERE email LIKE 'again%'"
    )
    promised.run(SEND)
    assert list(post.asked).index("again@zone.example") == mailing.BY_AGE - 1


def test_a_letter_that_takes_a_whole_turn_keeps_no_mail_back(
    promised: Crew, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "TURN_SECONDS", 0.0)
    write_to(promised, "p1@zone.example", "p2@zone.example")
    promised.run(SEND)
    assert (promised.rows(LETTERS), promised.rows(STATES)) == (
        [("queued", 1), ("sent", 1)],
        [("queued", 1), ("sent", 1)],
    )


@pytest.mark.parametrize(
    "answer",
    [
        "450 4.1.1 Recipient address rejected: unverified address",
        "450 Requested action not taken: mailbox unavailable",
        "452 4.2.2 Mailbox full",
        "450 4.2.1 Mailbox disabled",
    ],
)
def test_addresses_that_are_none_keep_nobody_at_their_domain_from_a_mail(
    promised: Crew, post: MailServer, answer: str
) -> None:
    gone = [f"left{number}@office.example" for number in range(60)]
    post.refuse = dict.fromkeys(gone, answer)
    write_to(promised, *gone)
    promised.run(SEND)
    promised.change("UPDATE letter SET available_at = clock_timestamp() - interval '1 s'")
    write_to(promised, "owner@office.example")
    promised.run(SEND)
    sent = promised.rows("SELECT email FROM letter WHERE state = 'sent'")
    assert sent == [("owner@office.example",)]


def test_what_is_refused_again_lengthens_no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = 0.0
    monkeypatch.setattr(mail_domains, "monotonic", lambda: passed)
    known, refusal = (
        mail_domains.Domains(),
        Refusal(Stage.RECIPIENT, Fate.LATER, "RCPT 451 x.example"),
    )
    for address in ("a@x.example", "b@x.example", "c@x.example"):
        known.note_refused(address, refusal)
    for _ in range(5):
        passed += mail_domains.FIRST_REST
        known.note_refused("a@x.example", refusal, is_first=False)
        assert known.resting("d@x.example") is None, "who was never tried does not wait for it"
        again = known.resting("b@x.example", is_first=False)
        assert again == (refusal, timedelta(seconds=mail_domains.FIRST_REST))
