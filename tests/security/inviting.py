"""Invites somebody by the page, and looks at who has joined."""

from __future__ import annotations

import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service_portal.kernel.db import db
from service_portal.people.models import Person

ADDRESS, PASSWORD = "new@example.org", "a-long-password-1"
SAID = {"name_en": "New", "name_zh": "新", "password": PASSWORD}


def send(client: FlaskClient, email: str = ADDRESS, role: str = "enterprise_staff") -> TestResponse:
    """Invite somebody by the page."""
    return client.post(
        "/organisation/people", data={"email": email, "role": role}, follow_redirects=True
    )


def person_of(address: str) -> Person | None:
    """Read the person with an address."""
    return db.session.scalar(
        sa.select(Person).where(Person.email == address).execution_options(populate_existing=True)
    )
