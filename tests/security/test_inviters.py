"""An invitation lasts as long as somebody may make it who made it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.accounts.models import Invitation, Membership
from service_portal.kernel.db import db
from tests.factories.directory import create_enterprise
from tests.security.inviting import ADDRESS, SAID, person_of, send
from tests.signing_in import SignedIn, SignIn
from tests.web.test_passwords import take_invitation

pytestmark = pytest.mark.usefixtures("one_window")


def of_two_enterprises(client_as: SignIn) -> tuple[SignedIn, Membership]:
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


def test_an_invitation_ends_with_the_role_of_its_inviter(app: Flask, client_as: SignIn) -> None:
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
    app: Flask, client_as: SignIn
) -> None:
    _owner, second = of_two_enterprises(client_as)
    assert (
        client_as(Role.ADMINISTRATOR).post(f"/organisation/people/{second.id}/end").status_code
        == 302
    )
    assert app.test_client().post(take_invitation(app, ADDRESS), data=SAID).status_code == 302


def test_an_invitation_leads_nowhere_once_its_inviter_may_not_invite_however_that_came(
    app: Flask, client_as: SignIn
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
    app: Flask, client_as: SignIn
) -> None:
    owner, administrator = client_as(Role.ENTERPRISE_OWNER), client_as(Role.ADMINISTRATOR)
    send(owner)
    link, path = take_invitation(app, ADDRESS), f"/admin/people/{owner.person.id}/active"
    for active in ("0", "1"):
        assert administrator.post(path, data={"active": active}).status_code == 302
        assert app.test_client().get(link).status_code == 404


def test_in_another_organisation_one_neither_sees_nor_renews_invitations(
    app: Flask, client_as: SignIn
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
    app: Flask, client_as: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    owner.person.demo = True
    db.session.commit()
    send(owner)
    link = take_invitation(app, ADDRESS)
    assert app.test_client().get(link).status_code == 200
    monkeypatch.setitem(app.config, "DEMO", False)
    assert app.test_client().get(link).status_code == 404
