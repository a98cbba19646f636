"""The accounts libraries bring ways in that nobody asked for: each is decided, and the closed ones
open nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import flask_login
import flask_security
import flask_wtf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login.utils import encode_cookie
from flask_security import core as security_core
from flask_security import hash_password
from passlib.context import CryptContext

from service_portal.access.actor import Role
from service_portal.accounts import library, library_lists
from service_portal.accounts.guessing import know_browser
from service_portal.accounts.models import Membership
from service_portal.kernel.db import db
from service_portal.people.models import Person
from service_portal.web.reading import COOKIES, THEME_COOKIE
from tests.factories.accounts import create_person
from tests.server import TestServer

PASSWORD = "a-long-password-1"
HOW_TO_DECIDE = "decide them in service_portal/accounts/library.py or library_lists.py"


@pytest.fixture
def manager(app: Flask, db_session: None) -> Person:
    """Somebody with a password."""
    person = create_person()
    person.password = hash_password(PASSWORD)
    db.session.add(Membership(person_id=person.id, role=Role.MANAGER))
    db.session.commit()
    return person


def test_a_password_is_hashed_at_a_price(true_passwords: CryptContext) -> None:
    assert true_passwords.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def sources(package: ModuleType) -> Iterator[str]:
    """Give the text of each module of a library."""
    for path in sorted(Path(str(package.__file__)).parent.glob("*.py")):
        yield path.read_text()


def read_by(package: ModuleType) -> set[str]:
    """Name every setting that a library reads of the application."""
    found: set[str] = set()
    for text in sources(package):
        found |= set(
            re.findall(r"""config(?:\.get|\.setdefault)?[(\[]\s*["']([A-Z][A-Z_]+)["']""", text)
        )
        found |= set(re.findall(r"""_get_config\(\s*\w+,\s*["']([A-Z_]+)["']""", text))
    return found


def test_every_route_of_the_library_is_decided() -> None:
    known = {
        name for text in sources(flask_security) for name in re.findall(r'endpoint="(\w+)"', text)
    }
    decided = library.OPEN_ROUTES.keys() | library_lists.CLOSED_ROUTES | library.SHUT_ROUTES
    assert known == decided, f"{known ^ decided}: {HOW_TO_DECIDE}"


def test_only_the_routes_that_are_decided_to_be_open_are_open(app: Flask) -> None:
    found = {
        rule.endpoint.removeprefix("security.")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("security.")
    }
    assert found - library.SHUT_ROUTES == library.OPEN_ROUTES.keys()


def test_at_the_routes_that_come_with_others_nobody_finds_anything(
    app: Flask, client: FlaskClient, manager: Person
) -> None:
    shut = [
        (rule.rule.replace("<token>", "x"), method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.removeprefix("security.") in library.SHUT_ROUTES
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]
    assert len(shut) >= len(library.SHUT_ROUTES)
    for _ in ("nobody", "signed in"):
        for path, method in shut:
            assert client.open(path, method=method).status_code == 404, path
        client.post("/sign-in", data={"email": manager.email, "password": PASSWORD})


def test_every_setting_of_flask_security_is_decided(app: Flask) -> None:
    changed = {
        name for name in library.security_settings(app.config) if not name.startswith("MSG_")
    }
    switched_off = [name for names in library_lists.SWITCHED_OFF.values() for name in names]
    assert len(switched_off) == len(set(switched_off))
    for one, other in (
        (changed, library_lists.KEPT),
        (changed, set(switched_off)),
        (library_lists.KEPT, set(switched_off)),
    ):
        assert not one & other, f"{one & other} are decided twice"
    decided = changed | library_lists.KEPT | set(switched_off)
    known = set(security_core._default_config)
    assert known == decided, f"{known ^ decided}: {HOW_TO_DECIDE}"


def test_the_application_runs_with_what_was_decided(app: Flask) -> None:
    security = {
        f"SECURITY_{name}": value for name, value in library.security_settings(app.config).items()
    }
    for name, value in {**security, **library.other_settings(app.config)}.items():
        if name != "WTF_CSRF_ENABLED":
            assert app.config[name] == value, name
    left = library_lists.KEPT | {
        name for names in library_lists.SWITCHED_OFF.values() for name in names
    }
    for name in left:
        assert app.config[f"SECURITY_{name}"] == security_core._default_config[name], name


def test_every_setting_of_flask_login_and_flask_wtf_is_decided(app: Flask) -> None:
    theirs = (
        read_by(flask_login)
        | read_by(flask_wtf)
        | {name for name in app.config if name.startswith(("WTF_", "REMEMBER_"))}
    )
    decided = library.other_settings(app.config).keys() | {"SECRET_KEY"}
    assert theirs == decided, f"{theirs ^ decided}: {HOW_TO_DECIDE}"


def test_nobody_is_read_out_of_a_header_an_address_or_a_body(app: Flask) -> None:
    manager = app.extensions["security"].login_manager
    assert manager.request_callback is None
    assert manager._header_callback is None
    assert not app.extensions["security"].principal.identity_loaders


def test_the_command_line_knows_no_people_of_the_library(app: Flask) -> None:
    assert not {"users", "roles"} & app.cli.commands.keys()


@pytest.mark.parametrize("query", ["?include_auth_token", "?include_auth_token=1", ""])
def test_signing_in_gives_no_token_and_no_json(
    client: FlaskClient, manager: Person, query: str
) -> None:
    said = {"email": manager.email, "password": PASSWORD}
    answer = client.post(f"/sign-in{query}", data=said, headers={"Accept": "application/json"})
    assert answer.status_code == 302
    assert "token" not in answer.text.lower()
    refused = client.post(f"/sign-in{query}", json=said, headers={"Accept": "application/json"})
    assert "token" not in refused.headers.get("Set-Cookie", "")
    assert not refused.is_json


def test_a_token_of_the_library_opens_nothing(
    app: Flask, client: FlaskClient, manager: Person
) -> None:
    with app.test_request_context():
        token = manager.get_auth_token()
    assert isinstance(token, str)
    for asked in (
        {"headers": {"Authentication-Token": token}},
        {"query_string": {"auth_token": token}},
        {"headers": {"Authorization": token}},
        {"headers": {"Authorization": f"Bearer {token}"}},
        {"json": {"auth_token": token}},
        {"auth": (manager.email, PASSWORD)},
    ):
        for path in ("/counts", "/settings", "/settings/password", "/verify"):
            answer = client.get(path, **asked)
            assert answer.status_code == 302 and "/sign-in" in answer.location, (path, asked)
        assert client.get("/api/v1/usage", **asked).status_code == 401


def test_asking_to_be_remembered_sets_no_cookie(client: FlaskClient, manager: Person) -> None:
    answer = client.post(
        "/sign-in", data={"email": manager.email, "password": PASSWORD, "remember": "y"}
    )
    assert answer.status_code == 302
    names = {cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")}
    assert names == {"portal_session", "portal_known"}


def test_a_remember_cookie_made_before_opens_nothing(
    app: Flask, client: FlaskClient, manager: Person
) -> None:
    with app.test_request_context():
        client.set_cookie("remember_token", encode_cookie(str(manager.fs_uniquifier)))
    assert client.get("/counts").status_code == 302
    assert (
        client.post("/sign-in", data={"email": manager.email, "password": PASSWORD}).status_code
        == 302
    )
    assert client.get("/counts").status_code == 200
    assert client.post("/sign-out").status_code == 302
    assert client.get("/counts").status_code == 302


def test_every_cookie_is_as_safe_as_the_session(
    server: TestServer, template: str, tmp_path: Path
) -> None:
    from tests.conftest import make_app

    app = make_app(server, template, tmp_path, COOKIE_SECURE="true")
    client = app.test_client()
    with app.test_request_context("/sign-in"):
        know_browser("somebody@example.org")
        known = app.process_response(app.make_response(""))
    answers = [
        client.get("/sign-in", base_url="https://localhost"),
        client.post("/language/en", base_url="https://localhost"),
        known,
    ]
    cookies = [cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")]
    assert {cookie.partition("=")[0] for cookie in cookies} == COOKIES - {THEME_COOKIE}
    for cookie in cookies:
        assert "; Secure" in cookie and "; SameSite=Lax" in cookie, cookie
    assert app.config["REMEMBER_COOKIE_SECURE"] and app.config["REMEMBER_COOKIE_SAMESITE"] == "Lax"


def token_of(page: str) -> str:
    found = re.search(r'name="csrf[-_]token"[^>]*(?:value|content)="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_the_form_token_is_renewed_at_sign_in_and_at_sign_out(
    app: Flask, client: FlaskClient, manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    before = token_of(client.get("/sign-in").text)
    said = {"email": manager.email, "password": PASSWORD, "csrf_token": before}
    assert client.post("/sign-in", data=said).status_code == 302
    assert client.post("/notifications/read", data={"csrf_token": before}).status_code == 400
    inside = token_of(client.get("/settings").text)
    assert client.post("/notifications/read", data={"csrf_token": inside}).status_code == 302
    assert client.post("/sign-out", data={"csrf_token": inside}).status_code == 302
    answer = client.post("/sign-in", data={**said, "csrf_token": inside})
    assert answer.status_code == 400


def test_nothing_of_the_browser_before_comes_into_the_session(
    client: FlaskClient, manager: Person
) -> None:
    with client.session_transaction() as session:
        session["planted"] = "before"
    assert (
        client.post("/sign-in", data={"email": manager.email, "password": PASSWORD}).status_code
        == 302
    )
    with client.session_transaction() as session:
        assert "planted" not in session and session["sid"]
    assert client.post("/sign-out").status_code == 302
    with client.session_transaction() as session:
        assert not session.keys() & {"sid", "since", "_user_id", "planted"}


def test_pages_of_the_library_are_kept_by_nobody(client: FlaskClient) -> None:
    assert client.get("/sign-in").headers["Cache-Control"] in {
        "private, no-store",
        "no-store, private",
    }
