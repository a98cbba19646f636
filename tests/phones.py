"""An authenticator app, and the steps people take with it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from time import time

from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from flask_security.recoverable import generate_reset_password_token
from passlib.totp import TOTP

from service_portal.access.actor import Role
from service_portal.accounts.models import Membership
from service_portal.kernel.db import db
from service_portal.people.models import Person
from tests.factories.accounts import create_person
from tests.signing_in import open_session

PASSWORD = "a-long-password-1"
MOMENT = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
LATER = MOMENT + timedelta(minutes=1)


class Phone:
    """An authenticator app that has read a page's key."""

    def __init__(self, page: str) -> None:
        found = re.search(r'id="key" value="([^"]+)"', page)
        assert found is not None, page[:2000]
        self._totp = TOTP(found[1].replace("-", ""), format="base32")

    def code(self, at: datetime) -> str:
        """Give the code that it shows at a moment."""
        return str(self._totp.generate(time=at.timestamp()).token)


# Somebody with a second factor, the app that gives their codes, their recovery codes.
Owner = tuple[Person, Phone, list[str]]


def somebody(role: Role = Role.AUDITOR) -> Person:
    """Make somebody with a password."""
    person = create_person()
    person.password = hash_password(PASSWORD)
    db.session.add(Membership(person_id=person.id, role=role))
    db.session.commit()
    return person


def enter(client: FlaskClient, person: Person, path: str = "/sign-in") -> str:
    """Give the right password, and the address that follows."""
    answer = client.post(path, data={"email": person.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
    return answer.location


def recovery_codes(page: str) -> list[str]:
    """Read the recovery codes that a page shows."""
    return re.findall(r"<code>([0-9a-f-]+)</code>", page)


def set_up(app: Flask, person: Person, at: datetime) -> tuple[Phone, list[str]]:
    """Turn the factor on in the settings."""
    client = app.test_client()
    open_session(client, person)
    phone = Phone(client.get("/settings/second-factor").text)
    page = client.post("/settings/second-factor", data={"code": phone.code(at)})
    assert page.status_code == 200, page.text
    return phone, recovery_codes(page.text)


def letter_token(app: Flask, person: Person) -> str:
    """Give what the link of a letter that sets a new password ends in."""
    with app.test_request_context():
        # The library tells the types of some of its functions, and not of this one.
        return str(generate_reset_password_token(person))  # type: ignore[no-untyped-call]


def stale(client: FlaskClient) -> None:
    """Let an hour pass since the password was given; the library goes by the wall clock."""
    with client.session_transaction() as session:
        session["fs_paa"] = time() - 3600
        session.pop("fs_gexp", None)
