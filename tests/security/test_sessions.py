"""Sessions, tokens and secrets end when they should: at sign-out, with a role, with a person, after
one use; and nobody guesses in.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password

from service_portal.access.actor import Role
from service_portal.accounts.invitations import invite
from service_portal.accounts.models import Invitation, Membership
from service_portal.accounts.services import set_active
from service_portal.accounts.tokens import make_token, revoke_token
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person
from tests.clock import SetClock
from tests.factories.accounts import create_person
from tests.signing_in import SignIn
from tests.web.test_passwords import take_invitation, take_letters

PASSWORD = "a-long-password-1"
COOKIE = "portal_session"


def somebody() -> Person:
    person = create_person()
    person.password = hash_password(PASSWORD)
    db.session.add(Membership(person_id=person.id, role=Role.MANAGER))
    db.session.commit()
    return person


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **more: object) -> int:
    return client.post("/sign-in", data={"email": email, "password": password}, **more).status_code


def value_of(client: FlaskClient) -> str:
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


def opens(app: Flask, value: str) -> bool:
    """Say whether a cookie, carried elsewhere, still opens the counts."""
    other = app.test_client()
    other.set_cookie(COOKIE, value)
    return other.get("/counts").status_code == 200


def test_a_cookie_ends_with_its_session(app: Flask, client: FlaskClient) -> None:
    person = somebody()
    client.get("/sign-in")
    before = value_of(client) if client.get_cookie(COOKIE) else ""
    assert sign_in(client, person.email) == 302
    mine = value_of(client)
    assert mine != before and opens(app, mine) and not opens(app, before)
    elsewhere = app.test_client()
    assert sign_in(elsewhere, person.email) == 302
    assert client.post("/sign-out").status_code == 302
    assert not opens(app, mine), "a copied cookie outlived the sign-out"
    assert opens(app, value_of(elsewhere)), "signing out here must not end the session there"
    assert sign_in(app.test_client(), person.email.upper()) == 302


def test_a_session_in_use_does_not_grow_old(
    app: Flask, client: FlaskClient, clock: SetClock
) -> None:
    moment = now()
    clock(moment)
    person = somebody()
    sign_in(client, person.email)
    first = value_of(client)
    client.get("/counts")
    clock(moment + timedelta(minutes=app.config["SESSION_IDLE_MINUTES"] / 2))
    client.get("/counts")
    assert value_of(client) != first


def test_a_session_ends_however_busy_it_is(
    app: Flask, client: FlaskClient, clock: SetClock
) -> None:
    moment = now()
    clock(moment)
    person = somebody()
    sign_in(client, person.email)
    for hours in range(app.config["SESSION_HOURS"]):
        clock(moment + timedelta(hours=hours, minutes=59))
        assert client.get("/counts").status_code == 200
    clock(moment + timedelta(hours=app.config["SESSION_HOURS"], minutes=1))
    ended = client.get("/counts")
    assert ended.status_code == 302 and "/sign-in" in ended.location
    assert sign_in(client, person.email) == 302 and client.get("/counts").status_code == 200


@pytest.mark.parametrize("end", ["role", "person"])
def test_the_next_request_is_refused(app: Flask, client_as: SignIn, end: str) -> None:
    client = client_as(Role.MANAGER)
    headers = {
        "Authorization": (
            f"Bearer {make_token(actor=client.actor, name='program', days=5, now=now())}"
        )
    }
    db.session.commit()
    assert (
        client.get("/counts").status_code
        == app.test_client().get("/api/v1/usage", headers=headers).status_code
        == 200
    )
    if end == "role":
        db.session.execute(
            sa.update(Membership)
            .where(Membership.id == client.actor.membership_id)
            .values(ended_at=now())
        )
    else:
        set_active(client.person.id, active=False, now=now())
    db.session.commit()
    assert client.get("/counts").status_code == 302
    assert client.post("/notifications/read").status_code in {302, 400, 401}
    assert app.test_client().get("/api/v1/usage", headers=headers).status_code == 401
    if end == "person":
        set_active(client.person.id, active=True, now=now())
        db.session.commit()
        assert client.get("/counts").status_code == 302, (
            "letting somebody in again must not bring old sessions back"
        )
        assert app.test_client().get("/api/v1/usage", headers=headers).status_code == 401, (
            "nor old tokens"
        )


def test_tokens_end(app: Flask, client_as: SignIn, clock: SetClock) -> None:
    at = now()
    clock(at)
    client = client_as(Role.MANAGER)
    token = make_token(actor=client.actor, name="program", days=1, now=at)
    db.session.commit()

    def status(bearer: str) -> int:
        return (
            app.test_client()
            .get("/api/v1/usage", headers={"Authorization": f"Bearer {bearer}"})
            .status_code
        )

    assert status(token) == 200
    assert {
        status(wrong)
        for wrong in (
            "",
            "sp_",
            token[:-1],
            token + "x",
            token.upper(),
            "x" * 5000,
            token.replace("sp_", ""),
        )
    } == {401}
    clock(at + timedelta(days=1, seconds=1))
    assert status(token) == 401
    clock(at)
    revoke_token(
        db.session.scalar(sa.text("SELECT max(id) FROM api_token")), actor=client.actor, now=at
    )
    db.session.commit()
    assert status(token) == 401


def test_an_invitation_works_once_and_for_its_address(app: Flask, client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    _invitation, secret = invite(
        actor=owner.actor, email="new@example.org", role="enterprise_staff", now=now()
    )
    db.session.commit()
    path = f"/invitation/{secret}"
    said = {"name_en": "New", "name_zh": "新", "password": PASSWORD}
    assert client_as(Role.MANAGER).post(path, data={**said, "password": "short"}).status_code == 422
    first, second = app.test_client(), app.test_client()
    assert first.post(path, data=said).status_code == 302
    assert second.post(path, data=said).status_code == 404 and second.get(path).status_code == 404
    assert (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Membership)
            .where(Membership.enterprise_id == owner.actor.enterprise_id)
        )
        == 2
    )
    _other, secret = invite(
        actor=owner.actor, email="later@example.org", role="enterprise_staff", now=now()
    )
    db.session.execute(sa.update(Invitation).values(expires_at=now() - timedelta(seconds=1)))
    db.session.commit()
    assert app.test_client().get(f"/invitation/{secret}").status_code == 404


@pytest.mark.parametrize(
    "role", ["administrator", "manager", "station_lead", "institution_lead", "system", "x"]
)
def test_nobody_gives_a_role_above_their_own(client_as: SignIn, role: str) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    body = {
        "email": "high@example.org",
        "role": role,
        "organisation": "ST01",
        "enterprise_id": "1",
        "invited_by_id": "1",
        "expires_at": "2099-01-01",
    }
    assert owner.post("/organisation/people", data=body).status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 0


def test_the_link_of_a_letter_leads_to_this_portal_whatever_the_host_header_says(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = somebody()
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", None)
    for host in ("evil.example", "xn--p1ai.example:81", "evil.example:80@x"):
        client.post(
            "/reset-password",
            data={"email": person.email},
            headers={"Host": host, "X-Forwarded-Host": "evil.example"},
        )
    sent = [text for _subject, text in take_letters(app, person.email)]
    links = [link[: link.rindex("/")] for link in re.findall(r"https?://\S+", "\n".join(sent))]
    assert len(links) >= 2 and set(links) == {app.config["BASE_URL"] + "/reset-password"}, links


def test_strangers_and_known_people_get_the_same_answer(app: Flask, db_session: None) -> None:
    person = somebody()
    answers = []
    for email in (person.email, "nobody@example.org"):
        for path, body in (
            ("/sign-in", {"email": email, "password": "wrong-password"}),
            ("/reset-password", {"email": email}),
        ):
            answer = app.test_client().post(path, data=body, follow_redirects=True)
            text = re.sub(
                r'(csrf[_-]token"[^>]*(?:value|content)=")[^"]*',
                r"\1",
                answer.text.replace(email, "E"),
            )
            answers.append((path, answer.status_code, text))
    assert answers[:2] == answers[2:]


def test_no_secret_is_stored_or_logged_as_it_is(app: Flask, client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    owner.post(
        "/organisation/people", data={"email": "who@example.org", "role": "enterprise_staff"}
    )
    secret = take_invitation(app, "who@example.org").rpartition("/")[2]
    token = re.search(
        r"sp_[\w-]{20,}",
        owner.post("/settings/tokens", data={"name": "x", "days": "3", "scopes": "read"}).text,
    )
    assert token
    for table in ("invitation", "letter", "api_token", "person", "outbox", "throttle"):
        rows = str(db.session.execute(sa.text(f"SELECT * FROM {table}")).all())
        assert secret not in rows and token.group() not in rows, table
    logs = Path(app.config["PORTAL_HOME"]) / "logs"
    assert not any(
        token.group() in path.read_text(errors="replace")
        for path in logs.rglob("*")
        if path.is_file()
    )
