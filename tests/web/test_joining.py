"""A zone is peopled: an administrator makes a member, invites the person, the person joins, gets a
case, and hears of it.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask, g
from flask.testing import FlaskClient

from service_portal.access.actor import Role
from service_portal.accounts.models import Invitation, Letter, Membership
from service_portal.assigning.services import assign_waiting
from service_portal.directory.models import Member
from service_portal.events import inbox
from service_portal.kernel.db import db
from service_portal.notifications.services import tell
from service_portal.people.models import Person
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Ticket
from tests.factories.accounts import create_person
from tests.factories.directory import create_member, create_station, station
from tests.factories.tickets import TUESDAY, create_ticket
from tests.signing_in import SignIn
from tests.web.markup import flat
from tests.web.test_passwords import take_invitation, take_letters

NEW_MEMBER = {
    "code": "nh-01",
    "name_zh": "陈嘉欣",
    "name_en": "Jiaxin Chen",
    "email": "Jiaxin.Chen@Zone.example",
    "station_id": "ST03",
    "is_lead": "no",
    "capacity_points": "12",
    "on_duty": "yes",
    "calendar_id": "",
    "phone": "",
    "active": "yes",
    "skills": "POL:3",
}
ADDRESS = "jiaxin.chen@zone.example"
NAMES = {"name_zh": "陈嘉欣", "name_en": "Jiaxin Chen", "password": "ten-characters-or-more"}


def member_of(address: str) -> Member:
    """Read the member with an address."""
    return db.session.scalars(
        sa.select(Member).where(Member.email == address).execution_options(populate_existing=True)
    ).one()


def join(app: Flask, path: str) -> FlaskClient:
    """Accept an invitation in a browser of one's own; the requests of a test share what Flask-Login
    remembers, so it is forgotten after it.
    """
    newcomer = app.test_client()
    assert newcomer.post(path, data=NAMES).status_code == 302
    g.pop("_login_user", None)
    return newcomer


def invite(
    app: Flask,
    administrator: FlaskClient,
    address: str,
    role: str = "station_member",
    organisation: str = "ST03",
) -> str:
    """Invite somebody and give the path of the link in the letter."""
    answer = administrator.post(
        "/organisation/people", data={"email": address, "role": role, "organisation": organisation}
    )
    assert answer.status_code == 302, answer.text
    return take_invitation(app, address)


def test_a_member_made_and_invited_is_joined_gets_the_case_and_hears_of_it(
    app: Flask, client_as: SignIn
) -> None:
    administrator = client_as(Role.ADMINISTRATOR)
    assert administrator.post("/admin/directory/members/new", data=NEW_MEMBER).status_code == 302
    assert member_of(ADDRESS).person_id is None
    assert (
        "Nobody signs in with this address"
        in administrator.get(f"/admin/directory/members/{member_of(ADDRESS).id}").text
    )
    path = invite(app, administrator, ADDRESS)
    newcomer = join(app, path)
    person_id = db.session.scalar(sa.select(Person.id).where(Person.email == ADDRESS))
    assert person_id is not None and member_of(ADDRESS).person_id == person_id

    ticket = create_ticket("POL-03")
    assert (route_waiting(now=TUESDAY), assign_waiting(now=TUESDAY)) == (1, 1)
    ticket = db.session.get_one(Ticket, ticket.id, populate_existing=True)
    assert ticket.owner_id == member_of(ADDRESS).id
    tell(inbox.claim("notifications.tell", limit=50), now=TUESDAY, host="localhost")
    assert ticket.reference in newcomer.get("/queue").text, "the case is not among one's own"
    assert ticket.reference in newcomer.get("/notifications").text, "the bell did not ring"


def test_whoever_joined_first_is_joined_to_the_member_made_later(
    app: Flask, client_as: SignIn
) -> None:
    administrator = client_as(Role.ADMINISTRATOR)
    join(app, invite(app, administrator, ADDRESS))
    administrator.post("/admin/directory/members/new", data=NEW_MEMBER)
    assert member_of(ADDRESS).person_id == db.session.scalar(
        sa.select(Person.id).where(Person.email == ADDRESS)
    )


def test_another_address_lets_the_person_go_and_takes_the_next(client_as: SignIn) -> None:
    administrator, first, second = (
        client_as(Role.ADMINISTRATOR),
        create_person(email="one@zone.example"),
        create_person(email="two@zone.example"),
    )
    administrator.post("/admin/directory/members/new", data={**NEW_MEMBER, "email": first.email})
    made = member_of(first.email)
    assert made.person_id == first.id
    administrator.post(
        f"/admin/directory/members/{made.id}", data={**NEW_MEMBER, "email": second.email}
    )
    assert member_of(second.email).person_id == second.id
    administrator.post(
        f"/admin/directory/members/{made.id}", data={**NEW_MEMBER, "email": "nobody@zone.example"}
    )
    assert member_of("nobody@zone.example").person_id is None


def test_one_person_is_a_member_of_two_stations_under_one_address(
    app: Flask, client_as: SignIn
) -> None:
    administrator = client_as(Role.ADMINISTRATOR)
    other = create_station(code="ST77")
    administrator.post("/admin/directory/members/new", data=NEW_MEMBER)
    join(app, invite(app, administrator, ADDRESS))
    answer = administrator.post(
        "/admin/directory/members/new",
        data={**NEW_MEMBER, "code": "nh-02", "station_id": other.code},
    )
    assert answer.status_code == 302
    people = db.session.scalars(sa.select(Member.person_id).where(Member.email == ADDRESS)).all()
    assert len(people) == 2 and len(set(people)) == 1 and None not in people
    again = administrator.post("/admin/directory/members/new", data={**NEW_MEMBER, "code": "nh-03"})
    assert again.status_code == 422 and "Another entry has this already." in again.text


def test_the_letter_speaks_the_inviters_language_and_names_the_station(
    app: Flask, client_as: SignIn
) -> None:
    lead = client_as(Role.STATION_LEAD, station_id=station().id, locale="zh")
    answer = lead.post(
        "/organisation/people",
        data={"email": "new@zone.example", "role": "station_member"},
        follow_redirects=True,
    )
    assert "给 new@zone.example 的邀请已写好" in answer.text
    ((subject, text),) = take_letters(app, "new@zone.example")
    assert "服务站成员" in subject and "南海园服务站" in subject and "邀请您" in text


def test_an_invitation_that_was_taken_back_is_not_sent(app: Flask, client_as: SignIn) -> None:
    administrator = client_as(Role.ADMINISTRATOR)
    administrator.post(
        "/organisation/people",
        data={"email": ADDRESS, "role": "station_member", "organisation": "ST03"},
    )
    invitation = db.session.scalars(sa.select(Invitation)).one()
    administrator.post(f"/organisation/invitations/{invitation.id}/revoke")
    assert take_letters(app, ADDRESS) == []
    letter = db.session.scalars(sa.select(Letter).execution_options(populate_existing=True)).one()
    assert (letter.state, letter.drop_reason, letter.body) == ("dropped", "answered", None)


def test_who_is_invited_twice_to_the_same_role_accepts_both(app: Flask, client_as: SignIn) -> None:
    administrator = client_as(Role.ADMINISTRATOR)
    first, second = invite(app, administrator, ADDRESS), invite(app, administrator, ADDRESS)
    assert join(app, first).post(second).status_code == 302
    person_id = db.session.scalar(sa.select(Person.id).where(Person.email == ADDRESS))
    assert (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Membership)
            .where(Membership.person_id == person_id)
        )
        == 1
    )


def test_with_the_last_role_in_the_station_its_member_gets_no_more_cases(client_as: SignIn) -> None:
    person = create_person()
    made = create_member(person_id=person.id)
    membership = Membership(
        person_id=person.id, role=Role.STATION_MEMBER, station_id=made.station_id
    )
    db.session.add(membership)
    db.session.commit()
    client_as(Role.ADMINISTRATOR).post(f"/organisation/people/{membership.id}/end")
    assert not db.session.get_one(Member, made.id, populate_existing=True).active


def test_somebody_with_two_roles_switches_between_them(client_as: SignIn) -> None:
    client = client_as(Role.ENTERPRISE_OWNER)
    second = client_as(Role.ENTERPRISE_STAFF, person=client.person)
    first_name, second_name = (
        db.session.scalar(
            sa.text("SELECT name_en FROM enterprise WHERE id = :id"), {"id": c.actor.enterprise_id}
        )
        for c in (client, second)
    )
    assert f"· {second_name}" in client.get("/settings").text
    assert client.post(f"/acting-as/{client.actor.membership_id}").status_code == 302
    assert f"· {first_name}" in client.get("/settings").text
    assert client.post("/acting-as/1").status_code == 404, "a role of somebody else"


def test_the_list_of_tokens_names_the_organisation_each_is_for(client_as: SignIn) -> None:
    client = client_as(Role.ENTERPRISE_OWNER)
    client.post("/settings/tokens", data={"name": "Accounting", "days": "30", "scopes": "read"})
    first = db.session.scalar(
        sa.text("SELECT name_en FROM enterprise WHERE id = :id"), {"id": client.actor.enterprise_id}
    )
    client_as(Role.ENTERPRISE_STAFF, person=client.person)
    listed = flat(client.get("/settings").text).split("API tokens")[1]
    assert "Accounting" in listed and f"Enterprise owner · {first}" in listed
