"""No answer that was made for one reader is kept by a browser, a proxy or a cache: every endpoint
says so in the header's own words.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.routing import Rule

from service_portal.access.actor import Role
from service_portal.files.storing import store
from service_portal.kernel.db import db
from service_portal.tickets.attachments import attach
from tests.factories.tickets import create_ticket
from tests.security.asking import MISSING, OWNED, PLAIN
from tests.signing_in import SignIn

KEPT_NOWHERE = "private, no-store"


def _addresses(app: Flask) -> list[tuple[str, Rule, str]]:
    known = {
        **PLAIN,
        **dict.fromkeys(OWNED, MISSING),
        "secret": "x",
        "token": "x",
        "reference": "X-1",
        "session_id": "9",
    }
    found = []
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            values = {name: known.get(name, "x") for name in rule.arguments}
            built = rule.build(values, append_unknown=False)
            if built is not None and rule.endpoint != "static":
                found.append((method, rule, str(built[1])))
    return found


@pytest.mark.parametrize("role", [None, Role.ENTERPRISE_OWNER, Role.ADMINISTRATOR])
def test_every_endpoint_says_that_its_answer_is_kept_nowhere(
    app: Flask,
    client_as: SignIn,
    role: Role | None,
) -> None:
    addresses = _addresses(app)
    assert len(addresses) > 100
    wrong = []
    for method, _rule, path in addresses:
        client = client_as(role) if role else app.test_client()
        answer = client.open(path, method=method)
        if answer.headers.get("Cache-Control") != KEPT_NOWHERE:
            wrong.append(f"{method} {path}: {answer.headers.get('Cache-Control')}")
        db.session.rollback()
    assert not wrong


def test_neither_is_a_download(app: Flask, client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    ticket = create_ticket(actor=owner.actor)
    upload = FileStorage(BytesIO(b"words"), filename="x.txt")
    stored = store(upload, folder=Path(app.config["PORTAL_HOME"]), most_bytes=1000)
    at = datetime(2026, 11, 24, tzinfo=UTC)
    file = attach(
        stored,
        actor=owner.actor,
        enterprise_id=ticket.enterprise_id,
        purpose="request",
        now=at,
        ticket_id=ticket.id,
    )
    db.session.commit()
    answer = owner.get(f"/attachments/{file.id}")
    assert answer.data == b"words"
    assert answer.headers["Cache-Control"] == KEPT_NOWHERE


def test_what_is_the_same_for_all_is_kept(client: FlaskClient) -> None:
    answer = client.get("/static/logo.svg?v=1")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
