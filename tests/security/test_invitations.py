"""An invitation leads its address in and nobody else; it works once."""

from __future__ import annotations

import re
from collections import Counter
from threading import Thread

import pytest
import sqlalchemy as sa
from flask import Flask, g
from flask_security import hash_password

from service_portal.access.actor import Actor, Role
from service_portal.accounts.invitations import invite
from service_portal.accounts.models import Membership
from service_portal.accounts.tokens import make_token
from service_portal.directory.models import Member
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person
from tests.factories.accounts import create_person
from tests.factories.directory import create_enterprise, station
from tests.security.inviting import ADDRESS, PASSWORD, SAID, person_of, send
from tests.signing_in import SignIn
from tests.web.test_passwords import take_invitation, take_letters

pytestmark = pytest.mark.usefixtures("one_window")


def test_following_the_letter_verifies_the_address(app: Flask, client_as: SignIn) -> None:
    send(client_as(Role.ENTERPRISE_OWNER))
    app.test_client().post(take_invitation(app, ADDRESS), data=SAID)
    person = person_of(ADDRESS)
    assert person is not None and person.confirmed_at is not None


def test_an_account_that_exists_is_joined_only_by_signing_in_as_it(
    app: Flask, client_as: SignIn
) -> None:
    known = create_person(email=ADDRESS, verified=False)
    known.password = hash_password(PASSWORD)
    db.session.commit()
    send(client_as(Role.ENTERPRISE_OWNER))
    path = take_invitation(app, ADDRESS)
    stranger = app.test_client()
    g.pop("_login_user", None)
    for answer in (
        stranger.get(path),
        stranger.post(path, data={**SAID, "password": "another-password-2"}),
    ):
        assert answer.status_code == 302 and answer.location.startswith("/sign-in?next=")
    assert "I forgot my password" in stranger.get("/sign-in").text
    other = client_as(Role.MANAGER)
    assert other.post(path, data=SAID).status_code == 422
    assert (
        db.session.scalar(sa.select(sa.func.count()).where(Membership.person_id == known.id)) == 0
    )
    g.pop("_login_user", None)
    assert (
        stranger.post(
            "/sign-in", data={"email": ADDRESS, "password": PASSWORD, "next": path}
        ).location
        == path
    )
    assert stranger.post(path).status_code == 302
    assert known.confirmed_at is not None


def test_somebody_who_made_an_account_for_a_foreign_address_loses_it_to_its_reader(
    app: Flask, client_as: SignIn
) -> None:
    imposter = create_person(email=ADDRESS, verified=False)
    imposter.password = hash_password(PASSWORD)
    enterprise = create_enterprise()
    membership = Membership(
        person_id=imposter.id, role=Role.ENTERPRISE_STAFF, enterprise_id=enterprise.id
    )
    db.session.add(membership)
    db.session.flush()
    theirs = app.test_client()
    token = make_token(
        actor=Actor(role=Role.ENTERPRISE_STAFF, person_id=imposter.id, membership_id=membership.id),
        name="x",
        days=9,
        now=now(),
    )
    db.session.commit()
    assert theirs.post("/sign-in", data={"email": ADDRESS, "password": PASSWORD}).status_code == 302
    g.pop("_login_user", None)
    reader = app.test_client()
    reader.post("/reset-password", data={"email": ADDRESS})
    ((_subject, text),) = take_letters(app, ADDRESS)
    link = re.search(r"/reset-password/\S+", text)
    assert link is not None
    assert (
        reader.post(
            link.group(),
            data={"password": "quite-another-2", "password_confirm": "quite-another-2"},
        ).status_code
        == 302
    )
    g.pop("_login_user", None)
    assert theirs.get("/settings").status_code == 302
    assert (
        app.test_client()
        .get("/api/v1/tickets", headers={"Authorization": f"Bearer {token}"})
        .status_code
        == 401
    )
    assert imposter.confirmed_at is not None


def test_a_member_is_joined_only_to_somebody_whose_address_is_verified(client_as: SignIn) -> None:
    create_person(email=ADDRESS, verified=False)
    db.session.commit()
    said = {
        "code": "nh-01",
        "name_zh": "陈",
        "name_en": "C",
        "email": ADDRESS,
        "station_id": station().code,
        "is_lead": "no",
        "capacity_points": "12",
        "on_duty": "yes",
        "calendar_id": "",
        "phone": "",
        "active": "yes",
        "skills": "",
    }
    assert (
        client_as(Role.ADMINISTRATOR).post("/admin/directory/members/new", data=said).status_code
        == 302
    )
    assert (
        db.session.scalars(sa.select(Member.person_id).where(Member.email == ADDRESS)).one() is None
    )


def test_an_unverified_address_is_said_and_can_be_verified(client_as: SignIn) -> None:
    client = client_as(Role.ENTERPRISE_STAFF)
    assert "Your address is not verified" not in client.get("/settings").text
    client.person.confirmed_at = None
    db.session.commit()
    assert "Your address is not verified" in client.get("/settings").text
    assert (
        "address not verified"
        in client_as(Role.ADMINISTRATOR)
        .get("/admin/people", query_string={"q": client.person.email})
        .text
    )


def test_of_six_who_open_one_invitation_at_once_one_joins_and_the_others_are_told(
    fresh_app: Flask,
) -> None:
    with fresh_app.app_context():
        enterprise, owner = create_enterprise(), create_person()
        db.session.add(
            Membership(person_id=owner.id, role=Role.ENTERPRISE_OWNER, enterprise_id=enterprise.id)
        )
        actor = Actor(role=Role.ENTERPRISE_OWNER, person_id=owner.id, enterprise_id=enterprise.id)
        _invitation, secret = invite(actor=actor, email=ADDRESS, role="enterprise_staff", now=now())
        db.session.commit()
    got: list[tuple[int, str]] = []

    def accept() -> None:
        answer = fresh_app.test_client().post(f"/invitation/{secret}", data=SAID)
        got.append((answer.status_code, answer.text))

    threads = [Thread(target=accept) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(status for status, _text in got) == {302: 1, 404: 5}
    assert all(
        "If it was you who used it, sign in" in text for status, text in got if status == 404
    )
    with fresh_app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).where(Person.email == ADDRESS)) == 1


def test_of_two_invitations_to_one_new_address_accepted_at_once_none_breaks(
    fresh_app: Flask,
) -> None:
    with fresh_app.app_context():
        owner, secrets = create_person(), []
        for _ in range(4):
            enterprise = create_enterprise()
            db.session.add(
                Membership(
                    person_id=owner.id, role=Role.ENTERPRISE_OWNER, enterprise_id=enterprise.id
                )
            )
            actor = Actor(
                role=Role.ENTERPRISE_OWNER, person_id=owner.id, enterprise_id=enterprise.id
            )
            secrets.append(
                invite(actor=actor, email=ADDRESS, role="enterprise_staff", now=now())[1]
            )
        db.session.commit()
    got: list[int] = []
    threads = [
        Thread(
            target=lambda secret=secret: got.append(
                fresh_app.test_client().post(f"/invitation/{secret}", data=SAID).status_code
            )
        )
        for secret in secrets
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [302] * 4
