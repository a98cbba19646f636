"""The security log: what it keeps of sign-ins, refusals and exports; that it only grows; that
nothing fills it and no secret gets in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_security.utils import hash_password

from service_portal.access.actor import Role
from service_portal.accounts.models import Membership
from service_portal.accounts.tokens import make_token
from service_portal.audit import services, words
from service_portal.audit.models import SecurityEntry
from service_portal.audit.rules import Kind, address_typed
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.networks import network_of
from service_portal.people.models import Person
from tests.factories.accounts import create_person
from tests.signing_in import SignIn
from tests.web.markup import flat

PASSWORD = "the-right-password-1"


def written(kind: Kind | None = None) -> Sequence[SecurityEntry]:
    query = sa.select(SecurityEntry).order_by(SecurityEntry.id)
    return db.session.scalars(query.where(SecurityEntry.kind == kind) if kind else query).all()


@pytest.fixture
def person(app: Flask, db_session: None) -> Person:
    made = create_person()
    made.password = hash_password(PASSWORD)
    db.session.add(Membership(person_id=made.id, role=Role.AUDITOR))
    db.session.commit()
    return made


def sign_in(client: FlaskClient, email: str, password: str) -> Any:
    said = {"email": email, "password": password}
    return client.post("/sign-in", data=said, headers={"User-Agent": "Browser/1"})


def test_signing_in_and_out_is_kept_with_from_where(client: FlaskClient, person: Person) -> None:
    assert sign_in(client, person.email, PASSWORD).status_code == 302
    assert client.post("/sign-out").status_code == 302
    (signed_in,), (signed_out,) = written(Kind.SIGNED_IN), written(Kind.SIGNED_OUT)
    assert (signed_in.person_id, signed_in.address) == (person.id, "127.0.0.1")
    assert signed_in.agent == "Browser/1"
    assert (signed_out.person_id, signed_out.role) == (person.id, "auditor")


def test_a_wrong_password_is_kept_without_the_password(client: FlaskClient, person: Person) -> None:
    sign_in(client, person.email, "a-wrong-password-1")
    (failed,) = written(Kind.SIGN_IN_FAILED)
    assert (failed.person_id, failed.object_id) == (None, str(person.id))
    assert "wrong-password" not in f"{failed.details} {failed.object_name}"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Nobody@Example.org", "nobody@example.org"),
        ("hunter2-is-my-password", ""),
        ("p@ss word", ""),
    ],
)
def test_an_address_nobody_has_is_kept_only_if_it_looks_like_one(
    client: FlaskClient,
    typed: str,
    kept: str,
) -> None:
    sign_in(client, typed, "whatever-it-is-1")
    (failed,) = written(Kind.SIGN_IN_FAILED)
    assert failed.details == {"by": "security.login", "address": kept}


def test_a_password_with_a_sign_in_it_is_no_address() -> None:
    passwords = ("P@ssw0rd", "a@b", "me@home now", "x" * 300 + "@example.org")
    assert [address_typed(text) for text in passwords] == ["", "", "", ""]


def test_too_many_tries_are_kept(client: FlaskClient, person: Person) -> None:
    answers = [sign_in(client, person.email, "wrong-password-1").status_code for _ in range(14)]
    assert answers[-1] == 429
    (throttled,) = written(Kind.THROTTLED)
    assert throttled.details["route"] == "/sign-in"


def test_what_is_not_allowed_is_kept_once(client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    for _ in range(9):
        assert owner.get("/admin/people").status_code == 403
    (refused,) = written(Kind.REFUSED)
    assert (refused.person_id, refused.role) == (owner.person.id, "enterprise_owner")
    assert owner.get("/admin/people").status_code == 403
    assert written(Kind.REFUSED)[-1].details["times"] == 10


def test_a_foreign_thing_asked_for_is_kept(client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    assert owner.get("/tickets/799999999").status_code == 404
    (missing,) = written(Kind.MISSING)
    assert missing.details["named"] == {"ticket_id": "799999999"}


def test_a_form_without_its_mark_is_kept(app: Flask, client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert owner.post("/notifications/read").status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    (forged,) = written(Kind.FORGED)
    assert forged.details["route"] == "/notifications/read"


def test_a_wrong_token_is_kept_without_it(client: FlaskClient) -> None:
    headers = {"Authorization": "Bearer sp_secret-of-somebody"}
    assert client.get("/api/v1/tickets", headers=headers).status_code == 401
    (failed,) = written(Kind.SIGN_IN_FAILED)
    assert failed.details == {"by": "api"}


def test_secrets_in_addresses_are_not_kept(client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    assert owner.get("/invitation/a-secret-nobody-knows").status_code == 404
    (missing,) = written(Kind.MISSING)
    assert "a-secret" not in str(missing.details)


def test_every_export_is_marked(app: Flask) -> None:
    marked = {name for name, view in app.view_functions.items() if getattr(view, "exports", False)}
    named = {name for name in app.view_functions if name.endswith(".export")}
    of_others = {"money.export_entries", "v1.finance_entries", "v1.finance_sums", "v1.usage"}
    assert marked == named | of_others


def test_an_export_is_kept_with_what_was_asked_for(client_as: SignIn) -> None:
    assert client_as(Role.MANAGER).get("/counts/export.csv?by=park").status_code == 200
    (counts,) = written(Kind.EXPORTED)
    assert counts.details["named"] == {"kind": "csv"}
    assert counts.details["wanted"] == {"by": "park"}


def test_strangers_do_not_fill_it(
    client: FlaskClient,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "MOST_OF_STRANGERS", 5)
    for number in range(40):
        address = {"REMOTE_ADDR": f"10.0.0.{number}"}
        said = {"email": f"x{number}@example.org", "password": "whatever-it-is"}
        client.post("/sign-in", data=said, environ_base=address)
    # Up to ten when the next ten minutes begin meanwhile.
    assert 5 <= len(written(Kind.SIGN_IN_FAILED)) <= 10


def _flood(client: FlaskClient, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail from many addresses in every way a stranger can, until no more of it is kept."""
    monkeypatch.setattr(services, "MOST_OF_STRANGERS", 3)
    for number in range(12):
        address = {"REMOTE_ADDR": f"10.0.1.{number}"}
        said = {"email": f"x{number}@example.org", "password": "whatever-it-is"}
        client.post("/sign-in", data=said, environ_base=address)
        headers = {"Authorization": "Bearer sp_nobodys-token"}
        client.get("/api/v1/tickets", headers=headers, environ_base=address)


def test_a_flood_of_strangers_hides_no_wrong_password_of_a_person(
    client: FlaskClient,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _flood(client, person, monkeypatch)
    sign_in(client, person.email, "a-wrong-password-1")
    assert written(Kind.SIGN_IN_FAILED)[-1].object_id == str(person.id)


def test_a_flood_of_strangers_hides_no_wrong_token_that_begins_like_a_persons(
    client: FlaskClient,
    client_as: SignIn,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    actor = client_as(Role.ENTERPRISE_OWNER).actor
    token = make_token(actor=actor, name="program", days=3, now=now())
    db.session.commit()
    _flood(client, person, monkeypatch)
    headers = {"Authorization": f"Bearer {token[:-1]}"}
    assert client.get("/api/v1/tickets", headers=headers).status_code == 401
    failed = written(Kind.SIGN_IN_FAILED)[-1]
    assert (failed.person_id, failed.object_id) == (None, str(actor.person_id))
    assert failed.details == {"by": "api"} and token[3:8] not in failed.object_name


def test_a_flood_of_forged_forms_hides_no_failed_sign_in(
    app: Flask,
    client: FlaskClient,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "MOST_OF_STRANGERS", 3)
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for number in range(12):
            address = {"REMOTE_ADDR": f"10.0.2.{number}"}
            assert client.post("/language/en", environ_base=address).status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert 3 <= len(written(Kind.FORGED)) <= 6
    sign_in(client, "nobody@example.org", "whatever-it-is")
    assert len(written(Kind.SIGN_IN_FAILED)) == 1


def test_wrong_passwords_of_one_person_do_not_fill_it(
    client: FlaskClient,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "MOST_ABOUT_ONE", 4)
    for number in range(12):
        said = {"email": person.email, "password": "a-wrong-password-1"}
        client.post("/sign-in", data=said, environ_base={"REMOTE_ADDR": f"10.0.3.{number}"})
    assert 4 <= len(written(Kind.SIGN_IN_FAILED)) <= 8


def test_a_client_with_many_addresses_of_its_own_network_is_one() -> None:
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2:ffff::1")
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1")
    assert network_of("10.0.0.1") != network_of("10.0.0.2")


def test_a_log_that_cannot_be_written_costs_nothing(
    client: FlaskClient,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = sa.text("INSERT INTO nothing_there SELECT :kind")
    monkeypatch.setattr(services, "_WRITE", broken)
    assert sign_in(client, person.email, PASSWORD).status_code == 302
    assert client.get("/counts").status_code == 200


@pytest.mark.parametrize("act", ["UPDATE security_log SET kind = kind", "DELETE FROM security_log"])
def test_it_only_grows(app: Flask, db_session: None, act: str) -> None:
    with pytest.raises(sa.exc.ProgrammingError) as refused:
        db.session.execute(sa.text(act))
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


def test_a_second_factor_is_kept_without_its_key(person: Person) -> None:
    person.tf_primary_method, person.tf_totp_secret = "authenticator", "the-secret-key"
    person.mf_recovery_codes = ["one-code"]
    db.session.commit()
    (changed,) = written(Kind.FACTOR_CHANGED)
    assert changed.details["fields"]["tf_primary_method"] == [None, "authenticator"]
    assert "secret-key" not in str(changed.details) and "one-code" not in str(changed.details)


def test_every_kind_has_a_name_in_both_languages() -> None:
    assert set(words.KIND_WORDS) == set(Kind)


@pytest.mark.parametrize(("locale", "shown"), [("en", "Zihan Lin"), ("zh", "林子涵")])
def test_who_acted_is_named_in_the_readers_language(
    client: FlaskClient,
    person: Person,
    client_as: SignIn,
    locale: str,
    shown: str,
) -> None:
    person.name_en, person.name_zh = "Zihan Lin", "林子涵"
    db.session.commit()
    sign_in(client, person.email, PASSWORD)
    page = client_as(Role.ADMINISTRATOR, locale=locale).get("/admin/log").text
    actors = re.findall(r'<td data-label="(?:By whom|操作人)">([^<]+)<', flat(page))
    assert shown in actors
    assert len({"Zihan Lin", "林子涵"} & set(actors)) == 1
