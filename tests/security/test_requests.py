"""What a browser can be made to send: no form without its token, no change by reading, no way off
the site, and strict headers on every answer.
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from tests.factories.accounts import create_person
from tests.security.asking import LEFT_OUT, PLAIN, rows_of_everything
from tests.signing_in import SignIn

ROLES = [role for role in Role if role is not Role.SYSTEM]
# What a program or a monitor asks for; no page of ours.
API = "/api/v1/"


def paths(app: Flask, method: str) -> list[str]:
    """Give an address of every route that answers a method."""
    found = []
    for rule in app.url_map.iter_rules():
        if (
            method in (rule.methods or ())
            and not rule.rule.startswith(API)
            and rule.endpoint != "static"
        ):
            built = rule.build(
                {name: PLAIN.get(name, 1) for name in rule.arguments}
                | ({"code": "en"} if rule.endpoint == "accounts.choose_language" else {}),
                append_unknown=False,
            )
            assert built is not None, rule.rule
            found.append(str(built[1]))
    return found


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.ENTERPRISE_OWNER])
def test_no_form_is_taken_without_its_token(
    app: Flask, client_as: SignIn, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_as(role)
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    before = list(rows_of_everything())
    form, program, text = "application/x-www-form-urlencoded", "application/json", "text/plain"
    tries: list[tuple[str, dict[str, str]]] = [
        (form, {}),
        (program, {"Origin": "http://evil.example"}),
        (text, {"Origin": "http://localhost.evil.example"}),
        (form, {"Referer": "http://evil.example/http://localhost/"}),
    ]
    for path in paths(app, "POST"):
        for kind, headers in tries:
            answer = client.post(
                path,
                data='{"reason": "x"}' if kind == program else "reason=x",
                content_type=kind,
                headers=headers,
            )
            assert answer.status_code == 400, f"{path} {headers} {kind}: {answer.status_code}"
            assert not headers or 'name="reason"' not in answer.text, (
                f"{path} offers to send a stranger's words: {headers}"
            )
    assert list(rows_of_everything()) == before
    assert client.post("/api/v1/tickets", json={}).status_code == 401, (
        "the API must not know the cookie"
    )


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_reading_changes_nothing(app: Flask, client_as: SignIn, role: Role) -> None:
    client = client_as(role)
    before = list(rows_of_everything())
    for path in paths(app, "GET"):
        client.get(path)
    db.session.expire_all()
    assert list(rows_of_everything()) == before


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_asking_about_a_page_changes_nothing(app: Flask, client_as: SignIn, method: str) -> None:
    client = client_as(Role.ADMINISTRATOR)
    before = list(rows_of_everything())
    for path in paths(app, "GET"):
        client.open(path, method=method)
    db.session.expire_all()
    assert list(rows_of_everything()) == before


def test_other_methods_are_refused(app: Flask, client_as: SignIn) -> None:
    client = client_as(Role.ADMINISTRATOR)
    known = {method for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    assert known == {
        "GET",
        "HEAD",
        "OPTIONS",
        "POST",
    }, "the leak test asks with GET and POST; a new method needs a place there"
    for path in paths(app, "GET"):
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "NONSENSE"):
            assert client.open(path, method=method).status_code == 405, path


ELSEWHERE = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "///evil.example",
    "https://evil.example",
    "https:evil.example",
    "http:/\\evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\r\n/evil.example",
    "\x00//evil.example",
    " //evil.example",
    "//localhost@evil.example",
    "http://localhost.evil.example",
    "/.//evil.example/..//x",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_address_leads_off_the_site(app: Flask, client: FlaskClient, target: str) -> None:
    from flask_security import hash_password

    person = create_person()
    person.password = hash_password("a-long-password-1")
    db.session.commit()
    asked = [
        client.post("/language/en", data={"next": target}),
        app.test_client().post(
            "/sign-in",
            query_string={"next": target},
            data={"email": person.email, "password": "a-long-password-1"},
        ),
        app.test_client().post(
            "/sign-in",
            data={"email": person.email, "password": "a-long-password-1", "next": target},
        ),
    ]
    for answer in asked:
        goal = answer.headers.get("Location", "/")
        assert urlsplit(
            urljoin("http://localhost/sign-in", goal.replace("\\", "/"))
        ).netloc == "localhost" and not any(c in goal for c in "\t\r\n"), goal


@pytest.mark.parametrize("role", [None, Role.ENTERPRISE_OWNER, Role.ADMINISTRATOR], ids=str)
def test_every_answer_has_strict_headers(
    app: Flask, client: FlaskClient, client_as: SignIn, role: Role | None
) -> None:
    browser = client_as(role) if role else client
    for path in [*paths(app, "GET"), "/nothing-here", "/static/nothing", "/api/v1/nothing"]:
        answer = browser.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert (
            "unsafe" not in policy
            and "*" not in policy
            and ("object-src 'none'" in policy or "sandbox" in policy)
        ), path
        assert (
            answer.headers["X-Content-Type-Options"] == "nosniff"
            and answer.headers["Referrer-Policy"] == "same-origin"
        )
        assert "Server" not in answer.headers and "X-Powered-By" not in answer.headers
        if role and not path.startswith(("/static", "/api/v1", "/nothing")):
            assert "no-store" in answer.headers["Cache-Control"], path
        if answer.mimetype == "text/html":
            assert not any(
                mark in answer.text
                for mark in (" onclick=", " onload=", " onerror=", "javascript:", ' style="')
            ), path
    cookie = client.get("/sign-in").headers.get("Set-Cookie", "")
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_hosts_that_are_not_ours_are_refused(client: FlaskClient) -> None:
    for host in (
        "evil.example",
        "localhost.evil.example",
        "evil.example:80",
        "localhost@evil.example",
        "",
        " ",
    ):
        assert client.get("/sign-in", headers={"Host": host}).status_code == 400, host
    assert (
        client.get(
            "/sign-in",
            headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
        ).status_code
        == 200
    )


assert LEFT_OUT
