"""The request form: what was typed survives a mistake, a second sending, an ended session and a
pause.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from types import SimpleNamespace

import sqlalchemy as sa
from flask import Flask, g
from flask.testing import FlaskClient

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from service_portal.tickets.timeline import entry_sentence
from tests.clock import SetClock
from tests.signing_in import SignIn
from tests.web.markup import flat

REQUEST = {
    "title": "Which support is there for a press line",
    "description": "We buy a press line next year.",
    "answer_policy_topic": "machines",
    "answer_question": "Which policy fits?",
    "contact_name": "Lin Wei",
    "contact_phone": "0757-5555 0101",
    "once": "a-form-of-its-own",
}
FORM = "/tickets/new/POL-01"


def _tickets() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Ticket)) or 0


def test_the_same_form_sent_again_brings_the_first_ticket(client_as: SignIn) -> None:
    client = client_as(Role.ENTERPRISE_OWNER)
    first = client.post(FORM, data=REQUEST)
    again = client.post(FORM, data={**REQUEST, "anyway": "1"})
    assert first.status_code == again.status_code == 302
    assert first.headers["Location"] == again.headers["Location"]
    assert _tickets() == 1


def test_a_sent_form_with_other_words_names_the_first_ticket_and_keeps_the_words(
    client_as: SignIn,
) -> None:
    client = client_as(Role.ENTERPRISE_OWNER)
    client.post(FORM, data=REQUEST)
    reference = db.session.scalars(sa.select(Ticket.reference)).one()
    other = {
        **REQUEST,
        "title": "Something else: hire two welders",
        "description": "TIG, from January on",
    }
    answer = client.post(FORM, data=other)
    assert answer.status_code == 409
    assert reference in answer.text
    assert "Something else: hire two welders" in answer.text
    assert _tickets() == 1
    fresh = re.search(r'name="once" value="([^"]+)"', answer.text)
    assert fresh is not None
    assert client.post(FORM, data={**other, "once": fresh[1]}).status_code == 302
    assert _tickets() == 2


def test_a_draft_keeps_words_and_files_and_a_file_can_be_taken_off(client_as: SignIn) -> None:
    client = client_as(Role.ENTERPRISE_OWNER)
    kept = client.post(
        FORM,
        data={
            "title": "Half a title",
            "later": "1",
            "files": (io.BytesIO(b"%PDF-1.7"), "licence.pdf"),
        },
        content_type="multipart/form-data",
    )
    assert kept.headers["Location"].endswith("/home")
    assert "Half a title" in client.get("/home").text
    page = client.get(FORM).text
    assert "licence.pdf" in page
    assert 'value="Half a title"' in page
    number = re.search(r'name="drop" value="(\d+)"', flat(page))
    assert number is not None
    stranger = client_as(Role.ENTERPRISE_OWNER)
    g.pop("_login_user", None)
    stranger.post(FORM, data={"title": "Mine", "drop": number[1]})
    g.pop("_login_user", None)
    assert "licence.pdf" in client.get(FORM).text, "nobody takes a file off somebody else's draft"
    client.post(FORM, data={"title": "Half a title, changed", "drop": number[1]})
    page = client.get(FORM).text
    assert "licence.pdf" not in page
    assert "Half a title, changed" in page


def test_words_sent_after_the_session_ended_wait_to_be_sent_again(client: FlaskClient) -> None:
    answer = client.post(FORM, data=REQUEST)
    assert answer.status_code == 400
    assert 'name="title" value="Which support is there for a press line"' in answer.text
    assert f'action="{FORM}"' in answer.text
    assert _tickets() == 0


def test_words_from_another_site_are_not_offered_for_sending(
    app: Flask, client: FlaskClient
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        ours = client.post(FORM, data=REQUEST, headers={"Origin": "http://localhost"})
        for origin in ("http://evil.example", "http://localhost.evil.example", "null", ""):
            theirs = client.post(FORM, data=REQUEST, headers={"Origin": origin} if origin else {})
            assert theirs.status_code == 400
            assert 'name="title"' not in theirs.text, origin
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert ours.status_code == 400
    assert 'name="title"' in ours.text


def test_a_confirmation_is_chinese_as_people_write_it(client_as: SignIn, clock: SetClock) -> None:
    clock(datetime(2026, 11, 24, 2, 0, tzinfo=UTC))
    client = client_as(Role.ENTERPRISE_OWNER, locale="zh")
    page = client.get(client.post(FORM, data=REQUEST).headers["Location"]).text
    text = re.sub(r"<[^>]+>", "", page)
    assert re.search(r"我们将在 (20\d\d年\d+月\d+日 周.|明天|今天) \d\d:\d\d 前给您答复。", text), (
        text[-1500:]
    )


def test_how_the_zone_counts_is_no_matter_of_the_enterprise(app: Flask) -> None:
    line = SimpleNamespace(
        kind="contact",
        data={
            "channel": "phone",
            "minutes": 15,
            "summary": "Called back",
            "countable": False,
            "why": "no_evidence",
        },
        role="station_member",
    )
    with app.test_request_context():
        assert "not counted" in entry_sentence(line, {})
        assert "not counted" not in entry_sentence(line, {}, counts=False)
