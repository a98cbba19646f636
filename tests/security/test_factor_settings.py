"""The second factor in one's settings: turned on and off by whoever knows password and code, its
secrets shown once.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.accounts.models import Membership
from service_portal.accounts.tokens import make_token
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person
from tests.clock import SetClock
from tests.phones import (
    LATER,
    MOMENT,
    PASSWORD,
    Owner,
    Phone,
    enter,
    recovery_codes,
    somebody,
    stale,
)
from tests.signing_in import SignIn, open_session


def test_turning_it_on_asks_for_the_password_and_ends_other_sessions(
    zone: Flask, clock: SetClock
) -> None:
    clock(MOMENT)
    person, here, there = somebody(), zone.test_client(), zone.test_client()
    open_session(here, person)
    open_session(there, person)
    stale(here)
    asked = here.get("/settings/second-factor")
    assert asked.status_code == 302 and "/verify" in asked.location
    back = here.post(asked.location, data={"password": PASSWORD, "next": "/settings/second-factor"})
    assert back.status_code == 302 and back.location.endswith("/settings/second-factor")
    phone = Phone(here.get("/settings/second-factor").text)
    page = here.post("/settings/second-factor", data={"code": phone.code(MOMENT)})
    assert len(set(recovery_codes(page.text))) == 10
    assert here.get("/settings").status_code == 200
    assert there.get("/settings").status_code == 302
    noted = sa.text("SELECT count(*) FROM security_log WHERE kind = 'factor_changed'")
    assert db.session.scalar(noted)
    letters = db.session.scalars(
        sa.text("SELECT subject FROM letter WHERE person_id = :id"), {"id": person.id}
    )
    assert letters.all() == ["A second factor was set up"]


@pytest.mark.parametrize("kept", [False, True])
def test_another_device_ends_the_tokens_unless_their_owner_keeps_them(
    zone: Flask, client_as: SignIn, clock: SetClock, kept: bool
) -> None:
    clock(MOMENT)
    client = client_as(Role.STATION_LEAD)
    token = make_token(actor=client.actor, name="program", days=5, now=MOMENT)
    db.session.commit()
    page = client.get("/settings/second-factor").text
    assert "Keep my API tokens" in page
    said = {"code": Phone(page).code(MOMENT), **({"keep_tokens": "y"} if kept else {})}
    assert client.post("/settings/second-factor", data=said).status_code == 200
    headers = {"Authorization": f"Bearer {token}"}
    answer = zone.test_client().get("/api/v1/usage", headers=headers)
    assert answer.status_code == (200 if kept else 401)


def test_a_stolen_session_turns_nothing_off_and_makes_no_token(zone: Flask, owner: Owner) -> None:
    person, phone, _codes = owner
    client = zone.test_client()
    open_session(client, person)
    stale(client)
    for path in (
        "/settings/second-factor/off",
        "/settings/second-factor/codes",
        "/settings/tokens",
    ):
        answer = client.post(path, data={"name": "x", "days": "3", "scopes": "read"})
        assert answer.status_code == 302 and "/verify" in answer.location, path
    assert client.get("/settings/second-factor").status_code == 302
    refused = client.post("/verify", data={"password": PASSWORD})
    assert refused.status_code == 200 and "not right" in refused.text
    said = {"password": PASSWORD, "code": phone.code(LATER)}
    assert client.post("/verify", data=said).status_code == 302
    assert (
        "sp_"
        in client.post("/settings/tokens", data={"name": "x", "days": "3", "scopes": "read"}).text
    )
    assert client.post("/settings/second-factor/off").status_code == 302
    assert db.session.get_one(Person, person.id, populate_existing=True).tf_primary_method is None
    assert enter(zone.test_client(), person) == "/"


def test_whoever_has_no_factor_makes_tokens_as_before(zone: Flask) -> None:
    client = zone.test_client()
    open_session(client, somebody())
    stale(client)
    assert (
        "sp_"
        in client.post("/settings/tokens", data={"name": "x", "days": "3", "scopes": "read"}).text
    )


def test_tokens_of_programs_ask_for_no_code(zone: Flask, owner: Owner, client_as: SignIn) -> None:
    client = client_as(Role.STATION_LEAD, person=owner[0])
    token = make_token(actor=client.actor, name="program", days=5, now=now())
    db.session.commit()
    headers = {"Authorization": f"Bearer {token}"}
    assert zone.test_client().get("/api/v1/usage", headers=headers).status_code == 200


def test_a_role_that_asks_for_it_lets_nobody_turn_it_off(zone: Flask, owner: Owner) -> None:
    person, _phone, _codes = owner
    db.session.add(Membership(person_id=person.id, role=Role.MANAGER))
    db.session.commit()
    client = zone.test_client()
    open_session(client, person)
    refused = client.post("/settings/second-factor/off")
    assert refused.status_code == 422 and "another device" in refused.text
    assert "Turn off" not in client.get("/settings").text


def test_new_recovery_codes_replace_the_earlier_ones(zone: Flask, owner: Owner) -> None:
    person, _phone, codes = owner
    client = zone.test_client()
    open_session(client, person)
    fresh = recovery_codes(client.post("/settings/second-factor/codes").text)
    assert len(fresh) == 10 and not set(fresh) & set(codes)
    assert not recovery_codes(client.get("/settings").text), "they are shown once"
    again = zone.test_client()
    enter(again, person)
    assert again.post("/sign-in/recovery-code", data={"code": codes[0]}).status_code == 200
    assert again.post("/sign-in/recovery-code", data={"code": fresh[0]}).status_code == 302


STORED = ("person", "letter", "outbox", "notification", "security_log")


def test_secret_and_codes_are_not_readable_in_the_database(zone: Flask, owner: Owner) -> None:
    _person, phone, codes = owner
    rows = [db.session.execute(sa.text(f"SELECT * FROM {name}")).all() for name in STORED]
    row = str(rows)
    assert phone._totp.base32_key not in row and phone._totp.hex_key not in row
    assert not any(code in row or code.replace("-", "") in row for code in codes)
