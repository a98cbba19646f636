"""Signs a person in to a test client, making the person and the organisation if none is given."""

from __future__ import annotations

from secrets import token_hex
from time import time
from typing import Any, Protocol

from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from flask_babel import refresh
from werkzeug.test import TestResponse

from service_portal.access.actor import (
    ENTERPRISE_ROLES,
    INSTITUTION_ROLES,
    STATION_ROLES,
    Actor,
    Role,
)
from service_portal.accounts.models import Membership
from service_portal.accounts.queries import acting_as
from service_portal.accounts.sessions import begin_session
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person


class SignedIn(FlaskClient):
    """A browser in which somebody has signed in."""

    actor: Actor
    person: Person

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Ask as this person: requests of one test share a context,
        which remembers who came last.
        """
        if has_app_context():
            g.pop("_login_user", None)
            g.pop("language", None)
            refresh()
        return super().open(*args, **kwargs)


class SignIn(Protocol):
    """Signs somebody in: `client_as(Role.STATION_LEAD, station_id=…)` or `client_as(person=…)`."""

    def __call__(
        self,
        role: Role | str | None = None,
        *,
        person: Person | None = None,
        locale: str = "en",
        enterprise_id: int | None = None,
        station_id: int | None = None,
        institution_id: int | None = None,
    ) -> SignedIn:
        """Give the browser of somebody with this role, in an organisation of their own if none is
        given.
        """
        ...


def open_session(client: FlaskClient, person: Person, *, agent: str = "") -> str:
    """Let a browser hold a session of a person, as after signing in, and give its key."""
    key = token_hex(8)
    begin_session(key, person_id=person.id, address="127.0.0.1", agent=agent, now=now())
    db.session.commit()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"], session["sid"] = person.fs_uniquifier, True, key
        session["fs_paa"] = time()
    return key


def sign_in(
    app: Flask,
    role: Role | str | None = None,
    *,
    person: Person | None = None,
    locale: str = "en",
    enterprise_id: int | None = None,
    station_id: int | None = None,
    institution_id: int | None = None,
) -> SignedIn:
    """Give a client in which a person with this role has signed in."""
    from tests.factories.accounts import create_person
    from tests.factories.directory import (
        create_enterprise,
        create_institution,
        create_member,
        create_station,
    )

    if person is None:
        person = create_person(locale=locale)
    if role is not None:
        role = Role(role)
        enterprise_id = enterprise_id if role in ENTERPRISE_ROLES else None
        station_id = station_id if role in STATION_ROLES else None
        institution_id = institution_id if role in INSTITUTION_ROLES else None
        if role in ENTERPRISE_ROLES and enterprise_id is None:
            enterprise_id = create_enterprise().id
        if role in STATION_ROLES:
            station_id = station_id or create_station().id
            create_member(
                station_id=station_id, person_id=person.id, is_lead=role is Role.STATION_LEAD
            )
        if role in INSTITUTION_ROLES and institution_id is None:
            institution_id = create_institution().id
        membership = Membership(
            person_id=person.id,
            role=role,
            enterprise_id=enterprise_id,
            station_id=station_id,
            institution_id=institution_id,
        )
        db.session.add(membership)
        db.session.flush()
        person.acting_membership_id = membership.id
    db.session.commit()

    app.test_client_class = SignedIn
    client = app.test_client()
    assert isinstance(client, SignedIn)
    open_session(client, person)
    with app.test_request_context():
        actor = acting_as(person)
    assert actor is not None
    client.actor = actor
    client.person = person
    return client
