"""An invitation's link goes by mail alone, one link at a time, and few an hour."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from flask import Flask, g

from service_portal.access.actor import Role
from service_portal.accounts.limit_rules import (
    INVITATIONS_OF_AN_INVITER,
    INVITATIONS_OF_AN_ORGANISATION,
)
from service_portal.accounts.models import Invitation, Letter
from service_portal.kernel.db import db
from tests.factories.directory import create_enterprise
from tests.security.inviting import ADDRESS, SAID, send
from tests.signing_in import SignIn
from tests.web.test_passwords import take_invitation, take_letters

pytestmark = pytest.mark.usefixtures("one_window")


def test_the_inviter_never_sees_the_link(app: Flask, client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    pages = [send(owner).text, owner.get("/organisation/people").text]
    invitation = db.session.scalars(sa.select(Invitation)).one()
    pages.append(
        owner.post(f"/organisation/invitations/{invitation.id}/resend", follow_redirects=True).text
    )
    secret = take_invitation(app, ADDRESS).rpartition("/")[2]
    assert not any("/invitation/" in page or secret in page for page in pages)
    assert all(ADDRESS in page for page in pages)


def test_without_a_mail_server_the_page_says_where_the_mail_lies(client_as: SignIn) -> None:
    assert (
        "the mail lies in its mailbox, where an administrator can read it"
        in send(client_as(Role.ENTERPRISE_OWNER)).text
    )
    administrator = client_as(Role.ADMINISTRATOR)
    assert 'href="/mailbox"' in administrator.get("/organisation/people").text
    assert administrator.get("/mailbox").status_code == 200


def test_sent_again_the_former_link_ends(app: Flask, client_as: SignIn) -> None:
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
    app: Flask, client_as: SignIn
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
def test_only_the_inviter_sends_again_and_withdraws(client_as: SignIn, act: str) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    send(owner)
    path = f"/organisation/invitations/{db.session.scalars(sa.select(Invitation.id)).one()}/{act}"
    assert client_as(Role.ENTERPRISE_OWNER).post(path).status_code == 404
    assert client_as(Role.ADMINISTRATOR).post(path).status_code == 404


@pytest.mark.parametrize("act", ["resend", "revoke"])
def test_an_accepted_invitation_is_neither_sent_again_nor_withdrawn(
    app: Flask, client_as: SignIn, act: str
) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    send(owner)
    assert app.test_client().post(take_invitation(app, ADDRESS), data=SAID).status_code == 302
    g.pop("_login_user", None)
    invitation = db.session.scalars(sa.select(Invitation)).one()
    assert owner.post(f"/organisation/invitations/{invitation.id}/{act}").status_code == 409
    assert invitation.revoked_at is None


def test_an_inviter_sends_few_invitations_an_hour(app: Flask, client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    most = INVITATIONS_OF_AN_INVITER[0].most
    answers = [send(owner, f"new{number}@example.org") for number in range(most + 2)]
    assert [answer.status_code for answer in answers] == [200] * most + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert "Too many invitations went out from here." in answers[-1].text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == most
    newest = db.session.scalar(sa.select(sa.func.max(Invitation.id)))
    again = owner.post(f"/organisation/invitations/{newest}/resend")
    assert again.status_code == 429


def test_an_organisation_sends_few_invitations_an_hour(client_as: SignIn) -> None:
    enterprise_id = create_enterprise().id
    got: Counter[int] = Counter()
    for owner in [client_as(Role.ENTERPRISE_OWNER, enterprise_id=enterprise_id) for _ in range(3)]:
        g.pop("_login_user", None)
        got += Counter(send(owner, f"new{number}@example.org").status_code for number in range(15))
    assert got[200] == INVITATIONS_OF_AN_ORGANISATION[0].most


def test_what_is_refused_uses_up_no_invitations(client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    for _ in range(INVITATIONS_OF_AN_INVITER[0].most + 1):
        assert send(owner, role="manager").status_code == 422
    assert send(owner).status_code == 200
