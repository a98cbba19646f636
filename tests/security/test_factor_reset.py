"""A lost second factor is reset by somebody else, and its owner is told."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.accounts.tokens import make_token
from service_portal.events import inbox
from service_portal.kernel.db import db
from service_portal.notifications.services import tell
from service_portal.people.models import Person
from tests.phones import LATER, Owner, enter, somebody
from tests.signing_in import SignedIn, SignIn, open_session


def administrator(app: Flask) -> tuple[Person, FlaskClient]:
    """An administrator with a second factor, signed in."""
    person, client = somebody(Role.ADMINISTRATOR), app.test_client()
    person.tf_primary_method, person.tf_totp_secret = "authenticator", "x"
    open_session(client, person)
    return person, client


def test_a_lost_factor_is_reset_by_an_administrator_and_its_owner_is_told(
    zone: Flask, owner: Owner
) -> None:
    person, _phone, _codes = owner
    person.mail_enabled, person.locale = False, "zh"
    zone.test_client_class = SignedIn
    theirs = zone.test_client()
    open_session(theirs, person)
    _other, client = administrator(zone)
    listed = client.get(f"/admin/people?q={person.email}").text
    assert f"/admin/people/{person.id}/reset-second-factor" in listed
    answer = client.post(f"/admin/people/{person.id}/reset-second-factor", data={"q": "x"})
    assert answer.status_code == 302
    assert theirs.get("/settings").status_code == 302, "every session of theirs has ended"
    subjects = db.session.scalars(
        sa.text("SELECT subject FROM letter WHERE person_id = :id ORDER BY id"), {"id": person.id}
    ).all()
    assert subjects[-1] == "您的两步验证已被重置"
    tell(inbox.claim("notifications.tell", limit=50), now=LATER, host="localhost")
    assert enter(theirs, person) == "/"
    assert "您的两步验证已被重置，请在设置中重新开启。" in theirs.get("/notifications").text
    assert client.post(f"/admin/people/{person.id}/reset-second-factor").status_code == 409


def test_nobody_resets_their_own_and_only_administrators_reset(
    zone: Flask, owner: Owner, client_as: SignIn
) -> None:
    own, client = administrator(zone)
    refused = client.post(f"/admin/people/{own.id}/reset-second-factor")
    assert refused.status_code == 422 and "your own" in refused.text
    path = f"/admin/people/{owner[0].id}/reset-second-factor"
    assert client_as(Role.AUDITOR).post(path).status_code == 403
    assert client_as(Role.STATION_LEAD).post(path).status_code == 403
    assert client.post("/admin/people/799999999/reset-second-factor").status_code == 404


def test_the_operator_resets_what_no_administrator_can(zone: Flask, owner: Owner) -> None:
    person = owner[0]
    runner = zone.test_cli_runner()
    done = runner.invoke(args=["portal", "reset-second-factor", person.email.upper()])
    assert done.exit_code == 0, done.output
    assert db.session.get_one(Person, person.id, populate_existing=True).tf_primary_method is None
    again = runner.invoke(args=["portal", "reset-second-factor", person.email])
    assert again.exit_code == 1 and "has no second factor" in again.output
    unknown = runner.invoke(args=["portal", "reset-second-factor", "nobody@example.org"])
    assert unknown.exit_code == 1 and "Nobody has the address" in unknown.output


def test_a_reset_ends_the_api_tokens_too_and_the_page_says_so(zone: Flask, owner: Owner) -> None:
    person = owner[0]
    held = sa.select(Membership).where(Membership.person_id == person.id)
    membership = db.session.scalars(held).one()
    actor = Actor(role=Role.AUDITOR, person_id=person.id, membership_id=membership.id)
    token = make_token(actor=actor, name="x", days=9, now=LATER)
    db.session.commit()
    headers = {"Authorization": f"Bearer {token}"}
    assert zone.test_client().get("/api/v1/tickets", headers=headers).status_code == 200
    _other, client = administrator(zone)
    assert "Their API tokens end too." in client.get(f"/admin/people?q={person.email}").text
    client.post(f"/admin/people/{person.id}/reset-second-factor", data={"q": "x"})
    assert zone.test_client().get("/api/v1/tickets", headers=headers).status_code == 401
