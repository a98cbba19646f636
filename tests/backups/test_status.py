"""What the status page, the health check and the metrics say of backups and of held mail, and what
an administrator does there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.backups import health
from service_portal.kernel.db import db
from service_portal.web.health import parts
from tests.factories.accounts import create_person
from tests.server import TestServer
from tests.signing_in import SignIn

Ran = Callable[..., None]


@pytest.fixture
def ran(fresh_app: Flask, server: TestServer) -> Iterator[Ran]:
    """Write down a run of the backup, as the launcher does."""
    database = fresh_app.config["SQLALCHEMY_DATABASE_URI"].database
    with psycopg.connect(server.admin_dsn(database), autocommit=True) as connection:

        def run(
            *,
            ago: str,
            succeeded: bool = True,
            lost_files: int = 0,
            detail: str = "",
            kind: str = "nightly",
        ) -> None:
            connection.execute(
                "INSERT INTO backup_run (kind, at, succeeded, lost_files, detail) VALUES (%s, now()"
                " - %s::interval, %s, %s, %s)",
                (kind, ago, succeeded, lost_files, detail),
            )

        yield run


@pytest.fixture
def judged(fresh_app: Flask) -> Iterator[Callable[[str], tuple[str, str]]]:
    """Give how a part is judged."""
    with fresh_app.test_request_context():

        def judge(part: str) -> tuple[str, str]:
            found = parts()[part]
            db.session.rollback()
            return found["status"], found["detail"]

        yield judge


def test_a_nightly_backup_is_red_when_it_is_older_than_two_days(
    fresh_app: Flask, ran: Ran, judged: Callable[[str], tuple[str, str]]
) -> None:
    fresh_app.config["BACKUP_DIR"] = "/srv/backups"
    ran(ago="49 hours")
    assert judged("backup") == ("red", "the last one is 2 days old")
    ran(ago="1 hour", kind="restore")
    assert judged("backup")[0] == "red", "a restore is no backup"
    ran(ago="30 hours")
    assert judged("backup") == ("green", "the last one is 30 h old")


def test_a_failed_try_is_amber_until_the_next_one_succeeds(
    fresh_app: Flask, ran: Ran, judged: Callable[[str], tuple[str, str]]
) -> None:
    fresh_app.config["BACKUP_DIR"] = "/srv/backups"
    ran(ago="20 hours")
    ran(ago="1 hour", succeeded=False, detail="The disk is full.")
    assert judged("backup") == ("amber", "the last one is 20 h old; the last try failed")
    ran(ago="0 hours")
    assert judged("backup")[0] == "green"
    ran(ago="0 hours", lost_files=2)
    assert judged("backup") == (
        "amber",
        "the last one is less than an hour old; 2 attachments were missing",
    )


def test_a_zone_without_a_first_backup_is_amber_for_a_while_then_red(
    fresh_app: Flask, judged: Callable[[str], tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh_app.config["BACKUP_DIR"] = "/srv/backups"
    monkeypatch.setattr(health, "FIRST_SECONDS", 1_000_000)
    assert judged("backup") == ("amber", "none was made yet")
    monkeypatch.setattr(health, "FIRST_SECONDS", -1)
    assert judged("backup") == ("red", "none was made yet")


def test_where_no_nightly_one_is_set_its_age_is_only_said(
    ran: Ran, judged: Callable[[str], tuple[str, str]]
) -> None:
    assert judged("backup") == ("green", "none was made, and BACKUP_DIR sets no nightly one")
    ran(ago="9 days", kind="manual")
    assert judged("backup") == ("green", "the last one is 9 days old")


def test_metrics_give_the_age_and_the_health_check_gives_no_reason(
    fresh_app: Flask, ran: Ran
) -> None:
    ran(ago="2 hours")
    ran(ago="1 hour", succeeded=False, detail="/srv/secret is full")
    said = fresh_app.test_client().get("/metrics").text
    assert (
        "service_portal_backup_age_seconds 72" in said and "service_portal_held_mails 0.0" in said
    )
    assert "/srv/secret" not in fresh_app.test_client().get("/healthz").text + said


@pytest.fixture
def held(db_session: None) -> None:
    """A held mail and a held letter."""
    person = create_person().id
    db.session.execute(
        sa.text(
            "WITH told AS (INSERT INTO notification (source, person_id, kind, state, created_at)"
            " VALUES ('event-1', :person, 'ticket.filed', 'sent', now()) RETURNING id)"
            " INSERT INTO notification_delivery (notification_id, channel, message_id, state,"
            " created_at) SELECT id, 'mail', '<1@x>', 'held', now() FROM told"
        ),
        {"person": person},
    )
    db.session.execute(
        sa.text(
            "INSERT INTO letter (template, person_id, email, subject, body, message_id, state,"
            " expires_at) VALUES ('welcome', :person, 'a@example.org', 's', 'b', '<2@x>', 'held',"
            " now() + interval '1 day')"
        ),
        {"person": person},
    )
    db.session.commit()


def states() -> list[tuple[str, str]]:
    """Give the states of all mails."""
    query = (
        "SELECT 'mail', state FROM notification_delivery"
        " UNION SELECT coalesce(body, 'no body'), state FROM letter ORDER BY 2, 1"
    )
    return [(what, state) for what, state in db.session.execute(sa.text(query))]


@pytest.mark.parametrize(
    ("choice", "after", "said"),
    [
        ("send", [("b", "queued"), ("mail", "queued")], "2 mails go on their way."),
        ("drop", [("mail", "dropped"), ("no body", "dropped")], "2 mails were dropped."),
    ],
)
def test_an_administrator_sends_or_drops_held_mail(
    held: None,
    client_as: SignIn,
    choice: str,
    after: list[tuple[str, str]],
    said: str,
) -> None:
    client = client_as(Role.ADMINISTRATOR)
    page = client.get("/status").text
    assert "2 mails from before a restore wait" in page and f"/status/held-mail/{choice}" in page
    assert said in client.post(f"/status/held-mail/{choice}", follow_redirects=True).text
    assert states() == after
    assert "/status/held-mail/" not in client.get("/status").text


def test_a_manager_sees_it_and_has_no_button(held: None, client_as: SignIn) -> None:
    client = client_as(Role.MANAGER)
    page = client.get("/status").text
    assert "2 mails from before a restore wait" in page and "/status/held-mail/" not in page
    assert client.post("/status/held-mail/drop").status_code in {403, 404}
    assert [state for _, state in states()] == ["held", "held"]


@pytest.fixture
def refused(db_session: None) -> int:
    """A letter whose text the server refused."""
    written = db.session.execute(
        sa.text(
            "INSERT INTO letter (template, email, subject, body, message_id, state, last_error,"
            " expires_at) VALUES ('welcome', 'a@example.org', 's', 'b', '<3@x>', 'held', 'DATA 554"
            " 5.7.1 example.org: 5.7.1 Looks like spam', now() + interval '1 day') RETURNING id"
        )
    )
    number = int(written.scalar_one())
    db.session.commit()
    return number


@pytest.mark.parametrize(
    ("choice", "after"), [("send", ("b", "queued")), ("drop", ("no body", "dropped"))]
)
def test_an_administrator_sends_or_drops_a_mail_that_was_refused(
    refused: int, client_as: SignIn, choice: str, after: tuple[str, str]
) -> None:
    client = client_as(Role.ADMINISTRATOR)
    page, address = client.get("/status").text, f"/status/refused-mail/letter/{refused}/{choice}"
    assert "1 mail that was refused waits to be sent or dropped (example.org)" in page
    assert "Looks like spam" in page and address in page
    assert client.post(address, follow_redirects=True).status_code == 200
    assert states() == [after]


def test_what_the_server_says_of_a_mail_is_for_the_operator_alone(
    refused: int, client_as: SignIn
) -> None:
    manager, address = client_as(Role.MANAGER), f"/status/refused-mail/letter/{refused}/drop"
    assert "Looks like spam" not in manager.get("/healthz").text
    assert address not in manager.get("/status").text
    assert manager.post(address).status_code in {403, 404}
    admin = client_as(Role.ADMINISTRATOR)
    assert admin.post(f"/status/refused-mail/person/{refused}/drop").status_code == 404
    assert admin.post(f"/status/refused-mail/letter/{refused}/burn").status_code == 404
    assert states() == [("b", "held")]
