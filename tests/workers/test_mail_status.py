"""The operator sees how the mails are: which wait, what the server has against them, which failed
or were dropped, and why.
"""

from __future__ import annotations

from typing import Any

import pytest

from service_portal.accounts.letters import ask_for_reset
from service_portal.events.relay import beat
from service_portal.folders import health
from service_portal.kernel import clock
from service_portal.web.health import parts
from service_portal.web.mail_status import not_sent
from tests.mail_server import MailServer
from tests.workers.conftest import Crew, promise_mails

SEND = "notifications.send_mail"
FIRST = "(SELECT min(id) FROM notification_delivery)"


@pytest.fixture
def promised(crew: Crew, post: MailServer) -> Crew:
    """Give a crew that has promised some mails."""
    return promise_mails(crew, post.url, 3)


def seen(crew: Crew, part: str) -> dict[str, Any]:
    """Give how a part is judged."""
    with crew.app.test_request_context():
        return parts()[part]


def test_mails_that_were_sent_are_no_news(promised: Crew) -> None:
    promised.run(SEND)
    assert seen(promised, "mail")["status"] == "green"


def test_what_a_server_refuses_for_good_is_seen_and_listed(
    promised: Crew, post: MailServer
) -> None:
    ((address,),) = promised.rows(
        "SELECT email FROM person WHERE id = (SELECT person_id FROM notification ORDER BY id"
        " LIMIT 1)"
    )
    post.refuse = {address: "550 No such mailbox"}
    promised.run(SEND)
    judged = seen(promised, "mail")
    assert judged["status"] == "amber" and "1 mail failed this week" in judged["detail"]
    with promised.app.app_context():
        (row,) = not_sent()
    assert row.state == "failed" and "No such mailbox" in row.last_error


def test_what_a_server_that_is_away_says_is_seen(promised: Crew, post: MailServer) -> None:
    post.stop()
    promised.run(SEND)
    judged = seen(promised, "mail")
    assert judged["status"] == "amber" and "refused" in judged["detail"].lower()


def test_what_was_dropped_is_counted_and_listed_with_its_reason(promised: Crew) -> None:
    promised.change(
        "UPDATE membership SET ended_at = clock_timestamp() WHERE id = (SELECT membership_id FROM"
        " notification ORDER BY id LIMIT 1)"
    )
    promised.run(SEND)
    judged = seen(promised, "mail")
    assert judged["status"] == "green" and "1 mail was dropped this week" in judged["detail"]
    with promised.app.app_context():
        (row,) = not_sent()
    assert (row.state, row.drop_reason) == ("dropped", "role_ended")


def test_after_a_week_it_is_over(promised: Crew, post: MailServer) -> None:
    promised.change(
        "UPDATE notification_delivery SET state = 'failed',"
        f" created_at = clock_timestamp() - interval '8 days' WHERE id = {FIRST}"
    )
    promised.run(SEND)
    assert seen(promised, "mail")["status"] == "green"
    with promised.app.app_context():
        assert not_sent() == []


def test_strangers_cannot_fill_the_list(crew: Crew) -> None:
    crew.do(lambda: ask_for_reset("nobody@example.org"))
    crew.run(SEND)
    assert crew.rows("SELECT drop_reason FROM letter") == [("unknown",)]
    assert seen(crew, "mail")["detail"] == "nothing waits"
    with crew.app.app_context():
        assert not_sent() == []


def test_letters_are_kept_for_a_week_unless_they_wait(crew: Crew) -> None:
    for state, days in (("sent", 8), ("dropped", 8), ("queued", 8), ("held", 8), ("sent", 6)):
        crew.change(
            """
            INSERT INTO letter (template, email, message_id, state, drop_reason, created_at,
                expires_at)
            VALUES ('t', 'a@example.org', :state || :days, :state, CASE
                WHEN :state = 'dropped' THEN 'unknown' END,
                clock_timestamp() - make_interval(days => :days), clock_timestamp())
            """,
            state=state,
            days=days,
        )
    crew.run("housekeeping.sweep")
    assert crew.rows("SELECT state FROM letter ORDER BY id") == [("queued",), ("held",), ("sent",)]


@pytest.mark.parametrize(("draining", "status"), [(True, "amber"), (False, "red")])
def test_silent_workers_are_no_fault_while_the_relay_does_their_work(
    crew: Crew, monkeypatch: pytest.MonkeyPatch, draining: bool, status: str
) -> None:
    monkeypatch.setattr(health, "_BEGAN", -1000.0)
    crew.do(lambda: beat("relay", "here", detail={"draining": draining}))
    crew.change("UPDATE heartbeat SET at = :now", now=clock.now())
    assert seen(crew, "worker")["status"] == seen(crew, "beat")["status"] == status
    assert seen(crew, "queue")["status"] == ("amber" if draining else "green")
    assert seen(crew, "relay")["status"] == "green"
