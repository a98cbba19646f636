"""Asking for a new password tells nobody who has an account: the same is done, said and waited for
whoever is asked for.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from service_portal.accounts.models import Letter
from service_portal.kernel.db import db
from service_portal.web.mail import Post
from tests.factories.accounts import create_person
from tests.web.test_passwords import take_letters
from workers.mailing import send_next

TIMES = 15


@contextmanager
def statements() -> Iterator[list[str]]:
    """Write down the statements that are run."""
    run: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_about: object) -> None:
        run.append(re.sub(r"(sa_savepoint)_\d+", r"\1", statement))

    engine = db.engine.engine if isinstance(db.engine, sa.Connection) else db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield run
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def known() -> str:
    """Give the address of somebody with an account."""
    person = create_person()
    db.session.commit()
    return person.email


def ask(client: FlaskClient, address: str) -> str:
    """Ask for a new password and give the page, without what differs from page to page."""
    answer = client.post("/reset-password", data={"email": address}, follow_redirects=True)
    assert answer.status_code == 200
    return re.sub(r"(nonce|value)=\"[^\"]*\"", "", answer.text)


def test_known_and_unknown_addresses_get_the_same_answer_by_the_same_statements(
    client: FlaskClient, known: str
) -> None:
    ask(client, "warm@example.org")
    with statements() as for_known:
        said_to_known = ask(client, known)
    with statements() as for_stranger:
        said_to_stranger = ask(client, "nobody@example.org")
    assert said_to_known.replace(known, "X") == said_to_stranger.replace("nobody@example.org", "X")
    assert for_known == for_stranger and any("INSERT INTO letter" in one for one in for_known)


@pytest.mark.usefixtures("true_passwords")
def test_known_and_unknown_addresses_cost_the_same_time(
    client: FlaskClient, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service_portal.accounts.session.is_guess", lambda: False)
    took: dict[str, list[float]] = {known: [], "nobody@example.org": []}
    for _ in range(TIMES):
        for address, times in took.items():
            begun = process_time()
            ask(client, address)
            times.append(process_time() - begun)
    mine, strangers = (sorted(times)[TIMES // 2] for times in took.values())
    assert mine == pytest.approx(strangers, rel=0.25)


def test_a_mail_server_that_is_away_is_not_waited_for(
    app: Flask, client: FlaskClient, known: str
) -> None:
    app.config["MAIL_URL"] = "smtp://127.0.0.1:1"
    try:
        assert "If that email address is in our system" in ask(client, known)
    finally:
        app.config["MAIL_URL"] = ""
    letter = db.session.scalars(sa.select(Letter)).one()
    assert (letter.email, letter.state, letter.body) == (known, "queued", None)


def test_the_letter_for_an_unknown_address_is_dropped(app: Flask, client: FlaskClient) -> None:
    ask(client, "nobody@example.org")
    assert take_letters(app, "nobody@example.org") == []
    letter = db.session.scalars(sa.select(Letter).execution_options(populate_existing=True)).one()
    assert (letter.state, letter.drop_reason) == ("dropped", "unknown")


def test_the_letter_for_somebody_who_is_kept_out_is_dropped(
    app: Flask, client: FlaskClient
) -> None:
    person = create_person(active=False)
    db.session.commit()
    ask(client, person.email)
    assert take_letters(app, person.email) == []


def test_a_letter_that_waited_longer_than_its_link_would_last_is_dropped(
    app: Flask, client: FlaskClient, known: str
) -> None:
    ask(client, known)
    db.session.execute(sa.text("UPDATE letter SET expires_at = created_at"))
    assert take_letters(app, known) == []
    letter = db.session.scalars(sa.select(Letter).execution_options(populate_existing=True)).one()
    assert letter.drop_reason == "expired"


def test_no_secret_of_a_letter_outlives_its_sending(
    app: Flask, client: FlaskClient, known: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ask(client, known)
    ((_subject, text),) = take_letters(app, known)
    found = re.search(r"/reset-password/(\S+)", text)
    assert found is not None
    client.post(
        found.group(), data={"password": "a-new-password-1", "password_confirm": "a-new-password-1"}
    )
    assert len(take_letters(app, known)) == 1
    kept = db.session.execute(
        sa.text("SELECT state, body, l.*::text AS whole FROM letter AS l")
    ).all()
    assert [(row.state, row.body) for row in kept] == [("sent", None)] * 2
    assert found.group(1) not in repr(kept) + caplog.text


def test_the_body_of_a_letter_that_waits_is_cleared_when_it_is_refused_for_good(
    app: Flask, client: FlaskClient
) -> None:
    db.session.execute(
        sa.text(
            "INSERT INTO letter (template, email, subject, body, message_id, expires_at) VALUES"
            " ('change_notice', 'nobody@ex\nample.org', 'S', 'secret', '<x@y>', clock_timestamp() +"
            " interval '1 h')"
        )
    )
    with Post() as post:
        assert send_next(post, base_url=app.config["BASE_URL"])
    letter = db.session.scalars(sa.select(Letter).execution_options(populate_existing=True)).one()
    assert (letter.state, letter.body) == ("failed", None)
