"""The second factor at sign-in is asked for and taken once."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service_portal.access.actor import Actor, Role
from service_portal.accounts.factor_reset import reset_for_operator
from service_portal.accounts.invitations import invite
from service_portal.accounts.models import Membership
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
    letter_token,
    recovery_codes,
    set_up,
    somebody,
)
from tests.signing_in import SignIn, open_session


def test_an_administrator_sets_it_up_before_anything_else(zone: Flask, clock: SetClock) -> None:
    clock(MOMENT)
    person, client = somebody(Role.ADMINISTRATOR), zone.test_client()
    assert "/sign-in/second-factor" in enter(client, person)
    for path in ("/admin/people", "/settings", "/home", "/notifications"):
        assert "/sign-in" in client.get(path).location
    page = client.get("/sign-in/second-factor")
    assert page.status_code == 200 and "no-store" in page.headers["Cache-Control"]
    assert "data:image/svg+xml" in page.text and "otpauth://totp/" in page.text
    phone = Phone(page.text)
    wrong = client.post("/sign-in/second-factor", data={"code": "000000"})
    assert wrong.status_code == 422 and "not right" in wrong.text
    assert Phone(wrong.text).code(MOMENT) == phone.code(MOMENT), "the key must stay for another try"
    assert client.get("/admin/people").status_code == 302
    done = client.post("/sign-in/second-factor", data={"code": f" {phone.code(MOMENT)}"})
    assert done.status_code == 200 and len(recovery_codes(done.text)) == 10
    assert client.get("/admin/people").status_code == 200


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER])
def test_a_role_that_asks_for_it_opens_nothing_without(zone: Flask, role: Role) -> None:
    person, client = somebody(), zone.test_client()
    open_session(client, person)
    assert client.get("/settings").status_code == 200
    db.session.add(Membership(person_id=person.id, role=role))
    db.session.commit()
    led = client.get("/settings")
    assert led.status_code == 302 and led.location == "/sign-in"
    assert "Your role asks for a second factor" in client.get("/sign-in").text


def test_in_a_demo_nobody_has_to(app: Flask, client: FlaskClient) -> None:
    person = somebody(Role.ADMINISTRATOR)
    assert enter(client, person) == "/"
    assert client.get("/admin/people").status_code == 200


def test_nobody_is_signed_in_between_password_and_code(zone: Flask, owner: Owner) -> None:
    person, phone, _codes = owner
    client = zone.test_client()
    assert "/sign-in/code" in enter(client, person)
    for path in ("/counts", "/settings", "/notifications", "/settings/second-factor"):
        answer = client.get(path)
        assert answer.status_code == 302 and "/sign-in" in answer.location, path
    assert client.post("/settings/second-factor/off").status_code in {302, 400, 401}
    wrong = client.post("/sign-in/code", data={"code": "123456"})
    assert wrong.status_code == 200 and "not right" in wrong.text
    assert client.get("/counts").status_code == 302
    done = client.post("/sign-in/code", data={"code": phone.code(LATER), "next": "/counts"})
    assert done.status_code == 302 and done.location == "/counts"
    assert client.get("/counts").status_code == 200


def test_the_code_page_speaks_chinese(zone: Flask) -> None:
    person, client = somebody(), zone.test_client()
    person.tf_primary_method = "authenticator"
    person.tf_totp_secret = zone.extensions["security"].totp_factory.generate_totp_secret()
    db.session.commit()
    client.set_cookie("locale", "zh")
    enter(client, person)
    assert "输入验证码" in client.get("/sign-in/code").text
    wrong = client.post("/sign-in/code", data={"code": "1"}).text
    assert "验证码不正确或已被使用" in wrong
    assert "恢复码不正确" in client.post("/sign-in/recovery-code", data={"code": "1"}).text


def test_a_code_is_taken_once(zone: Flask, owner: Owner, clock: SetClock) -> None:
    person, phone, _codes = owner
    first, second = zone.test_client(), zone.test_client()
    enter(first, person)
    enter(second, person)
    assert first.post("/sign-in/code", data={"code": phone.code(LATER)}).status_code == 302
    assert second.post("/sign-in/code", data={"code": phone.code(LATER)}).status_code == 200
    earlier = phone.code(LATER - timedelta(seconds=30))
    assert second.post("/sign-in/code", data={"code": earlier}).status_code == 200
    clock(LATER + timedelta(seconds=30))
    late = phone.code(LATER + timedelta(seconds=30))
    assert second.post("/sign-in/code", data={"code": late}).status_code == 302


def test_a_recovery_code_is_taken_once_however_it_is_typed(zone: Flask, owner: Owner) -> None:
    person, _phone, codes = owner
    client = zone.test_client()
    typed = f" {codes[0].upper().replace('-', ' ')} "
    enter(client, person)
    assert client.post("/sign-in/recovery-code", data={"code": typed}).status_code == 302
    assert client.get("/counts").status_code == 200
    again = zone.test_client()
    enter(again, person)
    assert again.post("/sign-in/recovery-code", data={"code": codes[0]}).status_code == 200
    assert again.post("/sign-in/recovery-code", data={"code": codes[1]}).status_code == 302


def test_a_right_password_waits_ten_minutes_for_its_code(
    zone: Flask, owner: Owner, clock: SetClock
) -> None:
    person, phone, _codes = owner
    client = zone.test_client()
    enter(client, person)
    late = LATER + timedelta(minutes=11)
    clock(late)
    answer = client.post("/sign-in/code", data={"code": phone.code(late)})
    assert answer.status_code == 302 and answer.location == "/sign-in"
    assert client.get("/counts").status_code == 302


def test_whoever_is_signed_in_is_not_signed_out_by_a_link_to_the_code_page(
    zone: Flask, client_as: SignIn
) -> None:
    client = client_as(Role.AUDITOR)
    for path in ("/sign-in/code", "/sign-in/recovery-code", "/sign-in/second-factor"):
        assert client.get(path).location == "/"
    assert client.get("/counts").status_code == 200


def test_a_new_password_by_letter_does_not_replace_the_code(zone: Flask, owner: Owner) -> None:
    person, _phone, _codes = owner
    token = letter_token(zone, person)
    client = zone.test_client()
    said = {"password": PASSWORD, "password_confirm": PASSWORD}
    assert client.post(f"/reset-password/{token}", data=said).status_code == 302
    assert client.get("/counts").status_code == 302
    assert "/sign-in/code" in enter(client, person)
    assert client.get("/counts").status_code == 302


def test_an_invitation_to_a_role_that_asks_for_it_leads_to_the_set_up(
    zone: Flask, clock: SetClock
) -> None:
    clock(MOMENT)
    inviter = somebody(Role.ADMINISTRATOR)
    actor = Actor(role=Role.ADMINISTRATOR, person_id=inviter.id)
    _invitation, secret = invite(actor=actor, email="new@zone.example", role="manager", now=MOMENT)
    db.session.commit()
    client = zone.test_client()
    said = {"name_en": "New", "password": PASSWORD}
    answer = client.post(f"/invitation/{secret}", data=said)
    assert answer.status_code == 302 and "/sign-in/second-factor" in answer.location
    assert client.get("/counts").status_code == 302
    phone = Phone(client.get("/sign-in/second-factor").text)
    client.post("/sign-in/second-factor", data={"code": phone.code(MOMENT)})
    assert client.get("/counts").status_code == 200


@pytest.mark.parametrize("kind", ["code", "recovery-code"])
def test_of_many_who_use_one_code_at_once_one_gets_in(
    fresh_app: Flask, clock: SetClock, kind: str
) -> None:
    clock(MOMENT)
    with fresh_app.app_context():
        person = somebody()
        phone, codes = set_up(fresh_app, person, MOMENT)
        email = person.email
    clock(LATER)
    value = phone.code(LATER) if kind == "code" else codes[0]
    clients = [fresh_app.test_client() for _ in range(6)]
    for client in clients:
        client.post("/sign-in", data={"email": email, "password": PASSWORD})
    barrier, got = Barrier(len(clients)), []

    def use(client: FlaskClient) -> None:
        barrier.wait()
        got.append(client.post(f"/sign-in/{kind}", data={"code": value}).status_code)

    threads = [Thread(target=use, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [200] * 5 + [302], got


def begin_set_up(app: Flask, person: Person) -> tuple[FlaskClient, Phone]:
    """Give the right password of somebody without a factor, and read the key of the set-up."""
    client = app.test_client()
    assert "/sign-in/second-factor" in enter(client, person)
    return client, Phone(client.get("/sign-in/second-factor").text)


def test_a_set_up_that_waits_never_replaces_a_factor_set_up_meanwhile(
    zone: Flask, clock: SetClock
) -> None:
    clock(MOMENT)
    person = somebody(Role.ADMINISTRATOR)
    thief, stolen = begin_set_up(zone, person)
    mine, phone = begin_set_up(zone, person)
    done = mine.post("/sign-in/second-factor", data={"code": phone.code(MOMENT)})
    assert done.status_code == 200
    late = thief.post("/sign-in/second-factor", data={"code": stolen.code(MOMENT)})
    assert late.status_code == 302 and late.location == "/sign-in"
    assert thief.get("/admin/people").status_code == 302
    assert mine.get("/admin/people").status_code == 200, "the owner's session goes on"


def test_a_set_up_that_waits_has_ended_even_when_the_factor_is_reset(
    zone: Flask, clock: SetClock
) -> None:
    clock(MOMENT)
    person = somebody(Role.ADMINISTRATOR)
    thief, stolen = begin_set_up(zone, person)
    mine, phone = begin_set_up(zone, person)
    mine.post("/sign-in/second-factor", data={"code": phone.code(MOMENT)})
    reset_for_operator(person, now=MOMENT)
    db.session.commit()
    late = thief.post("/sign-in/second-factor", data={"code": stolen.code(MOMENT)})
    assert late.status_code == 302 and late.location == "/sign-in"


def test_of_many_set_ups_finished_at_once_one_counts(fresh_app: Flask, clock: SetClock) -> None:
    clock(MOMENT)
    fresh_app.config["DEMO"] = False
    with fresh_app.app_context():
        person = somebody(Role.ADMINISTRATOR)
        begun = [begin_set_up(fresh_app, person) for _ in range(4)]
    barrier, got = Barrier(len(begun)), []

    def finish(client: FlaskClient, phone: Phone) -> None:
        barrier.wait()
        said = {"code": phone.code(MOMENT)}
        got.append(client.post("/sign-in/second-factor", data=said).status_code)

    threads = [Thread(target=finish, args=one) for one in begun]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count(200) == 1 and set(got) <= {200, 302, 409}, got
