"""Invitations, names and the settings as people meet them."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.people.models import Person
from tests.signing_in import SignIn
from tests.web.test_passwords import take_invitation


def _invite(app: Flask, client: FlaskClient, email: str = "new@example.org") -> str:
    assert (
        client.post(
            "/organisation/people", data={"email": email, "role": "enterprise_staff"}
        ).status_code
        == 302
    )
    return take_invitation(app, email)


def test_somebody_new_joins_with_a_chinese_name_alone(
    app: Flask, client_as: SignIn, client: FlaskClient
) -> None:
    link = _invite(app, client_as(Role.ENTERPRISE_OWNER))
    page = client.get(link).text
    assert "new@example.org" in page
    nameless = client.post(link, data={"name_zh": " ", "name_en": "", "password": "long-enough-1"})
    assert nameless.status_code == 422
    assert "Fill in your name in one of the two languages." in nameless.text
    assert (
        client.post(link, data={"name_zh": "关颖怡", "password": "long-enough-1"}).status_code
        == 302
    )
    person = db.session.scalars(sa.select(Person).where(Person.email == "new@example.org")).one()
    assert (person.name_zh, person.name_en) == ("关颖怡", "关颖怡")


def test_a_used_invitation_says_what_to_do(
    app: Flask, client_as: SignIn, client: FlaskClient
) -> None:
    link = _invite(app, client_as(Role.ENTERPRISE_OWNER))
    client.post(link, data={"name_en": "Yingyi Guan", "password": "long-enough-1"})
    again = client.get(link)
    assert again.status_code == 404
    assert "If it was you who used it, sign in; else ask for a new one." in again.text


def test_the_sign_in_page_keeps_where_one_wanted_to_go(client: FlaskClient) -> None:
    page = client.post(
        "/sign-in",
        data={
            "email": "nobody@example.org",
            "password": "wrong-password",
            "next": "/services/FIN-01",
        },
    ).text
    assert "E-mail or password is not right." in page
    assert 'name="next" value="/services/FIN-01"' in page


def test_a_page_comes_in_the_theme_one_has_chosen(client: FlaskClient) -> None:
    client.set_cookie("theme", "dark")
    assert 'data-bs-theme="dark"' in client.get("/sign-in").text
