"""An invitation leads its address in and nobody else; it works once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread

import pytest
import sqlalchemy as sa
from flask import Flask, g
from flask.testing import FlaskClient
from flask_security import hash_password

from service_portal.access.actor import Actor, Role
from service_portal.accounts.invitations import invite
from service_portal.accounts.limit_rules import (
    INVITATIONS_OF_AN_INVITER,
    INVITATIONS_OF_AN_ORGANISATION,
)
from service_portal.accounts.models import Invitation, Letter, Membership
from service_portal.accounts.tokens import make_token
from service_portal.directory.models import Member
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person
from tests.factories.accounts import create_person
from tests.factories.directory import create_enterprise, station
from tests.web.test_passwords import take_invitation, take_letters

ADDRESS, PASSWORD = "new@example.org", "a-long-password-1"
SAID = {"name_en": "New", "name_zh": "新", "password": PASSWORD}


@pytest.fixture(autouse=True)
def one_window(clock: Callable) -> None:
    """Let no window of a limit end within a test."""
    clock(datetime.now(UTC))


def send(client: FlaskClient, email: str = ADDRESS, role: str = "enterprise_staff"):
    """Invite somebody by the page."""
    return client.post(
        "/organisation/people", data={"email": email, "role": role}, follow_redirects=True
    )


def person_of(address: str) -> Person | None:
    """Read the person with an address."""
    return db.session.scalar(
        sa.select(Person).where(Person.email == address).execution_options(populate_existing=True)
    )


def test_the_inviter_never_sees_the_link(app: Flask, client_as: Callable) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    pages = [send(owner).text, owner.get("/organisation/people").text]
    invitation = db.session.scalars(sa.select(Invitation)).one()
    pages.append(
        owner.post(f"/organisation/invitations/{invitation.id}/resend", follow_redirects=True).text
    )
    secret = take_invitation(app, ADDRESS).rpartition("/")[2]
    assert not any("/invitation/" in page or secret in page for page in pages)
    assert all(ADDRESS in page for page in pages)


def test_without_a_mail_server_the_page_says_where_the_mail_lies(client_as: Callable) -> None:
    assert (
        "the mail lies in its mailbox, where an administrator can read it"
        in send(client_as(Role.ENTERPRISE_OWNER)).text
    )
    administrator = client_as(Role.ADMINISTRATOR)
    assert 'href="/mailbox"' in administrator.get("/organisation/people").text
    assert administrator.get("/mailbox").status_code == 200


def test_sent_again_the_former_link_ends(app: Flask, client_as: Callable) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    send(owner)
    first = take_invitation(app, ADDRESS)
    invitation = db.session.scalars(sa.select(Invitation)).one()
    assert owner.post(f"/organisation/invitations/{invitation.id}/resend").status_code == 302
    second = take_invitation(app, ADDRESS)
    assert first != second
    assert app.test_client().get(first).status_code == 404
    assert app.test_client().get(second).status_code == 200


def test_of_two_letters_that_wait_only_the_one_with_the_valid_link_goes_out(
    app: Flask, client_as: Callable
) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    send(owner)
    owner.post(
        f"/organisation/invitations/{db.session.scalars(sa.select(Invitation.id)).one()}/resend"
    )
    assert len(take_letters(app, ADDRESS)) == 1
    assert db.session.scalars(sa.select(Letter.state).order_by(Letter.id)).all() == [
        "dropped",
        "sent",
    ]


@pytest.mark.parametrize("act", ["resend", "revoke"])
def test_only_the_inviter_sends_again_and_withdraws(client_as: Callable, act: str) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    send(owner)
    path = f"/organisation/invitations/{db.session.scalars(sa.select(Invitation.id)).one()}/{act}"
    assert client_as(Role.ENTERPRISE_OWNER).post(path).status_code == 404
    assert client_as(Role.ADMINISTRATOR).post(path).status_code == 404


@pytest.mark.parametrize("act", ["resend", "revoke"])
def test_an_accepted_invitation_is_neither_sent_again_nor_withdrawn(
    app: Flask, client_as: Callable, act: str
) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    send(owner)
    assert app.test_client().post(take_invitation(app, ADDRESS), data=SAID).status_code == 302
    g.pop("_login_user", None)
    invitation = db.session.scalars(sa.select(Invitation)).one()
    assert owner.post(f"/organisation/invitations/{invitation.id}/{act}").status_code == 409
    assert invitation.revoked_at is None


def test_following_the_letter_verifies_the_address(app: Flask, client_as: Callable) -> None:
    send(client_as(Role.ENTERPRISE_OWNER))
    app.test_client().post(take_invitation(app, ADDRESS), data=SAID)
    person = person_of(ADDRESS)
    assert person is not None and person.confirmed_at is not None


def test_an_account_that_exists_is_joined_only_by_signing_in_as_it(
    app: Flask, client_as: Callable
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
    app: Flask, client_as: Callable
) -> None:
    imposter = create_person(email=ADDRESS, verified=False)
    imposter.password = hash_password(PASSWORD)
    enterprise = create_enterprise()
    hat = Membership(person_id=imposter.id, role=Role.ENTERPRISE_STAFF, enterprise_id=enterprise.id)
    db.session.add(hat)
    db.session.flush()
    theirs = app.test_client()
    token = make_token(
        actor=Actor(role=Role.ENTERPRISE_STAFF, person_id=imposter.id, membership_id=hat.id),
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


def test_a_member_is_joined_only_to_somebody_whose_address_is_verified(client_as: Callable) -> None:
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


def test_an_unverified_address_is_said_and_can_be_verified(client_as: Callable) -> None:
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


def test_an_inviter_sends_few_invitations_an_hour(app: Flask, client_as: Callable) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    most = INVITATIONS_OF_AN_INVITER[0].most
    answers = [send(owner, f"new{number}@example.org") for number in range(most + 2)]
    assert [answer.status_code for answer in answers] == [200] * most + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert "Too many invitations went out from here." in answers[-1].text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == most
    again = owner.post(
        f"/organisation/invitations/{db.session.scalar(sa.select(sa.func.max(Invitation.id)))}/resend"
    )
    assert again.status_code == 429


def test_an_organisation_sends_few_invitations_an_hour(client_as: Callable) -> None:
    enterprise_id = create_enterprise().id
    got: Counter[int] = Counter()
    for owner in [client_as(Role.ENTERPRISE_OWNER, enterprise_id=enterprise_id) for _ in range(3)]:
        g.pop("_login_user", None)
        got += Counter(send(owner, f"new{number}@example.org").status_code for number in range(15))
    assert got[200] == INVITATIONS_OF_AN_ORGANISATION[0].most


def test_what_is_refused_uses_up_no_invitations(client_as: Callable) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    for _ in range(INVITATIONS_OF_AN_INVITER[0].most + 1):
        assert send(owner, role="manager").status_code == 422
    assert send(owner).status_code == 200


def of_two_enterprises(client_as: Callable) -> tuple[FlaskClient, Membership]:
    """Somebody who owns two enterprises, has invited for the first,
    and their role in the second.
    """
    owner = client_as(Role.ENTERPRISE_OWNER)
    second = Membership(
        person_id=owner.person.id, role=Role.ENTERPRISE_OWNER, enterprise_id=create_enterprise().id
    )
    db.session.add(second)
    db.session.commit()
    send(owner)
    return owner, second


def test_an_invitation_ends_with_the_role_of_its_inviter(app: Flask, client_as: Callable) -> None:
    owner, _second = of_two_enterprises(client_as)
    link = take_invitation(app, ADDRESS)
    assert app.test_client().get(link).status_code == 200
    assert (
        client_as(Role.ADMINISTRATOR)
        .post(f"/organisation/people/{owner.actor.membership_id}/end")
        .status_code
        == 302
    )
    assert app.test_client().get(link).status_code == 404
    assert app.test_client().post(link, data=SAID).status_code == 404
    assert person_of(ADDRESS) is None
    assert db.session.scalars(sa.select(Invitation.revoked_at)).one() is not None


def test_an_invitation_of_another_role_of_the_inviter_goes_on(
    app: Flask, client_as: Callable
) -> None:
    _owner, second = of_two_enterprises(client_as)
    assert (
        client_as(Role.ADMINISTRATOR).post(f"/organisation/people/{second.id}/end").status_code
        == 302
    )
    assert app.test_client().post(take_invitation(app, ADDRESS), data=SAID).status_code == 302


def test_an_invitation_leads_nowhere_once_its_inviter_may_not_invite_however_that_came(
    app: Flask, client_as: Callable
) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    send(owner)
    link = take_invitation(app, ADDRESS)
    db.session.execute(
        sa.update(Membership)
        .where(Membership.id == owner.actor.membership_id)
        .values(role=Role.ENTERPRISE_STAFF)
    )
    db.session.commit()
    assert app.test_client().post(link, data=SAID).status_code == 404
    assert person_of(ADDRESS) is None


def test_locking_the_inviter_out_ends_their_invitations_for_good(
    app: Flask, client_as: Callable
) -> None:
    owner, administrator = client_as(Role.ENTERPRISE_OWNER), client_as(Role.ADMINISTRATOR)
    send(owner)
    link, path = take_invitation(app, ADDRESS), f"/admin/people/{owner.person.id}/active"
    for active in ("0", "1"):
        assert administrator.post(path, data={"active": active}).status_code == 302
        assert app.test_client().get(link).status_code == 404


def test_in_another_organisation_one_neither_sees_nor_renews_invitations(
    app: Flask, client_as: Callable
) -> None:
    owner, second = of_two_enterprises(client_as)
    invitation_id = db.session.scalars(sa.select(Invitation.id)).one()
    assert ADDRESS in owner.get("/organisation/people").text
    link = take_invitation(app, ADDRESS)
    assert owner.post(f"/acting-as/{second.id}").status_code == 302
    assert ADDRESS not in owner.get("/organisation/people").text
    for act in ("resend", "revoke"):
        assert owner.post(f"/organisation/invitations/{invitation_id}/{act}").status_code == 404
    assert app.test_client().get(link).status_code == 200


def test_where_no_demo_is_invitations_of_its_people_lead_nowhere(
    app: Flask, client_as: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    owner.person.demo = True
    db.session.commit()
    send(owner)
    link = take_invitation(app, ADDRESS)
    assert app.test_client().get(link).status_code == 200
    monkeypatch.setitem(app.config, "DEMO", False)
    assert app.test_client().get(link).status_code == 404
