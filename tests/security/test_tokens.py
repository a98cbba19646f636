"""A token does what it was made for and no more, and ends with its owner's password unless they
keep it.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password

from service_portal.access.actor import PEOPLE_ROLES, Role
from service_portal.access.scopes import TokenScope
from service_portal.accounts.models import ApiToken, Membership
from service_portal.accounts.tokens import make_token
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person
from tests.factories.accounts import create_person
from tests.services.programs import FILING, Program
from tests.signing_in import SignedIn, SignIn
from tests.web.markup import flat
from tests.web.test_passwords import take_letters

OLD, NEW = "the-old-password-1", "the-new-password-2"


def program(app: Flask, client: SignedIn, *scopes: str) -> Program:
    """Make a program whose token has these scopes."""
    token = make_token(actor=client.actor, name="a program", days=30, now=now(), scopes=scopes)
    return Program(app, token, client.actor)


@pytest.mark.parametrize("scope", TokenScope)
def test_a_token_does_what_its_scope_says_and_no_more(
    app: Flask, client_as: SignIn, scope: TokenScope
) -> None:
    owner, manager = (
        program(app, client_as(role), scope) for role in (Role.ENTERPRISE_OWNER, Role.MANAGER)
    )
    asked = {
        TokenScope.READ: owner.get("/tickets"),
        TokenScope.WRITE: owner.post("/tickets", FILING, Idempotency_Key="once-only-1"),
        TokenScope.COUNTS: manager.get("/usage"),
    }
    for needed, answer in asked.items():
        if needed is scope:
            assert answer.status_code in {200, 201}, answer.text
        else:
            assert answer.status_code == 403 and answer.get_json()["code"] == "scope"
            assert (
                f'error="insufficient_scope", scope="{needed}"'
                in answer.headers["WWW-Authenticate"]
            )


def test_a_scope_gives_nothing_that_the_role_does_not(app: Flask, client_as: SignIn) -> None:
    answer = program(app, client_as(Role.ENTERPRISE_OWNER), *TokenScope).get("/usage")
    assert answer.status_code == 403 and answer.get_json()["code"] == "forbidden"


def test_a_token_of_the_first_release_does_all_it_could(app: Flask, client_as: SignIn) -> None:
    client = client_as(Role.ENTERPRISE_OWNER)
    made = program(app, client, "read")
    db.session.execute(sa.text("UPDATE api_token SET scopes = DEFAULT"))
    assert made.get("/tickets").status_code == 200
    assert made.post("/tickets", FILING, Idempotency_Key="once-only-1").status_code in {200, 201}
    assert set(db.session.scalars(sa.select(ApiToken.scopes)).one()) == set(TokenScope)


def test_the_document_names_the_scope_of_each_operation(client: FlaskClient) -> None:
    said = json.loads(client.get("/api/openapi.json").text)
    needed = {
        (path, method): one["security"]
        for path, item in said["paths"].items()
        for method, one in item.items()
        if method in {"get", "post"}
    }
    assert needed["/api/v1/tickets", "get"] == [{"token": ["read"]}]
    assert needed["/api/v1/tickets", "post"] == [{"token": ["write"]}]
    assert needed["/api/v1/usage", "get"] == [{"token": ["counts"]}]
    assert len(needed) > 10 and all(len(one) == 1 for one in needed.values())


def test_the_page_asks_what_a_token_may_do_and_shows_it(client_as: SignIn) -> None:
    client = client_as(Role.ENTERPRISE_OWNER)
    assert client.post("/settings/tokens", data={"name": "x", "days": "5"}).status_code == 422
    assert (
        client.post(
            "/settings/tokens", data={"name": "x", "days": "5", "scopes": ["all"]}
        ).status_code
        == 422
    )
    assert (
        client.post(
            "/settings/tokens", data={"name": "x", "days": "5", "scopes": ["read", "counts"]}
        ).status_code
        == 200
    )
    listed = flat(client.get("/settings").text).split("API tokens")[1]
    assert "Read services and tickets · Read counts" in listed
    assert db.session.scalars(sa.select(ApiToken.scopes)).one() == ["read", "counts"]


def opens(app: Flask, token: str) -> bool:
    return (
        app.test_client()
        .get("/api/v1/tickets", headers={"Authorization": f"Bearer {token}"})
        .status_code
        == 200
    )


@pytest.fixture
def owner(app: Flask, client_as: SignIn) -> tuple[SignedIn, str]:
    """Somebody with a password and a token."""
    client = client_as(Role.ENTERPRISE_OWNER)
    client.person.password = hash_password(OLD)
    token = make_token(actor=client.actor, name="a program", days=30, now=now())
    db.session.commit()
    return client, token


def change(client: FlaskClient, **more: str) -> None:
    said = {"password": OLD, "new_password": NEW, "new_password_confirm": NEW, **more}
    assert client.post("/settings/password", data=said).status_code == 302


def test_a_changed_password_ends_tokens(app: Flask, owner: tuple[SignedIn, str]) -> None:
    client, token = owner
    page = client.get("/settings/password").text
    assert (
        "Keep my API tokens" in page
        and "Otherwise they end now." in page
        and 'name="keep_tokens" type="checkbox" value="y">' in page
    )
    assert opens(app, token)
    change(client)
    assert not opens(app, token)


def test_a_changed_password_keeps_tokens_when_asked_to(
    app: Flask, owner: tuple[SignedIn, str]
) -> None:
    client, token = owner
    change(client, keep_tokens="y")
    assert opens(app, token)


def test_a_changed_password_ends_other_sessions(app: Flask, owner: tuple[SignedIn, str]) -> None:
    client, _token = owner
    elsewhere = app.test_client()
    assert (
        elsewhere.post("/sign-in", data={"email": client.person.email, "password": OLD}).status_code
        == 302
    )
    assert elsewhere.get("/settings").status_code == 200
    change(client)
    assert client.get("/settings").status_code == 200
    assert elsewhere.get("/settings").status_code == 302


@pytest.mark.parametrize("kept", [False, True])
def test_a_password_set_by_letter_ends_tokens_unless_told_otherwise(
    app: Flask, owner: tuple[SignedIn, str], kept: bool
) -> None:
    client, token = owner
    reader = app.test_client()
    reader.post("/reset-password", data={"email": client.person.email})
    ((_subject, text),) = take_letters(app, client.person.email)
    link = re.search(r"/reset-password/\S+", text)
    assert link is not None and "Keep my API tokens" in reader.get(link.group()).text
    said = {"password": NEW, "password_confirm": NEW, **({"keep_tokens": "y"} if kept else {})}
    assert reader.post(link.group(), data=said).status_code == 302
    assert opens(app, token) is kept


class Played(NamedTuple):
    """Somebody of a demo, and what they get in by."""

    person: Person
    password: str
    client: FlaskClient
    token: str


@pytest.fixture
def played(app: Flask, db_session: None) -> Played:
    """Somebody of a demo: signed in, with a token and the published password."""
    from service_portal.accounts.commands import DEMO_PASSWORD

    person = create_person(email="manager@demo.example")
    person.demo, person.password = True, hash_password(DEMO_PASSWORD)
    db.session.add(Membership(person_id=person.id, role=Role.MANAGER))
    db.session.commit()
    client = app.test_client()
    assert (
        client.post("/sign-in", data={"email": person.email, "password": DEMO_PASSWORD}).status_code
        == 302
    )
    assert client.get("/counts").status_code == 200
    printed = app.test_cli_runner().invoke(args=["portal", "demo-accounts", "--json"])
    (token,) = [one["api_token"] for one in json.loads(printed.output) if one["role"] == "manager"]
    return Played(person, DEMO_PASSWORD, client, token)


def test_without_a_demo_its_people_are_nobody(
    app: Flask, played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Authorization": f"Bearer {played.token}"}
    assert app.test_client().get("/api/v1/usage", headers=headers).status_code == 200
    monkeypatch.setitem(app.config, "DEMO", False)
    assert played.client.get("/counts").status_code == 302
    assert app.test_client().get("/api/v1/usage", headers=headers).status_code == 401
    fresh = app.test_client()
    assert (
        fresh.post(
            "/sign-in", data={"email": played.person.email, "password": played.password}
        ).status_code
        == 200
    )
    assert fresh.get("/counts").status_code == 302
    assert fresh.post("/demo/enter/manager").status_code == 404


def test_without_a_demo_its_people_get_no_letter_to_set_a_password(
    app: Flask, played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "DEMO", False)
    app.test_client().post("/reset-password", data={"email": played.person.email})
    assert take_letters(app, played.person.email) == []


def test_demo_accounts_printed_again_are_the_same_and_work(app: Flask, played: Played) -> None:
    again = json.loads(
        app.test_cli_runner().invoke(args=["portal", "demo-accounts", "--json"]).output
    )
    assert [one["api_token"] for one in again if one["role"] == "manager"] == [played.token]
    assert (
        app.test_client()
        .get("/api/v1/usage", headers={"Authorization": f"Bearer {played.token}"})
        .status_code
        == 200
    )
    assert len(again) <= len(PEOPLE_ROLES)


def test_demo_accounts_print_another_token_for_one_that_was_revoked(
    app: Flask, played: Played
) -> None:
    db.session.execute(sa.update(ApiToken).values(revoked_at=now()))
    db.session.commit()
    (account,) = json.loads(
        app.test_cli_runner().invoke(args=["portal", "demo-accounts", "--json"]).output
    )
    assert account["api_token"] != played.token
    assert (
        app.test_client()
        .get("/api/v1/usage", headers={"Authorization": f"Bearer {account['api_token']}"})
        .status_code
        == 200
    )
