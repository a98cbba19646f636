"""How much anybody may send: little where no files are taken, and every text is measured before it
is looked at.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import Length

from service_portal.access.actor import Role
from service_portal.web.reading import FORM_BYTES, LONG_FORM_BYTES, AtMost
from tests.signing_in import SignIn

ROOT = Path(__file__).resolve().parents[2]
READS_FILES = re.compile(r"request\.files|sent_files\(|ImportForm\(|SlipsForm\(")


def size_of(app: Flask, endpoint: str) -> int | None:
    """Give how much an endpoint takes; None is what files may need."""
    most: int | None = getattr(app.view_functions[endpoint], "most_bytes", FORM_BYTES)
    return most


def posting(app: Flask) -> set[str]:
    """Name the endpoints that take a body."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if {"POST", "PUT", "PATCH"} & (rule.methods or set())
    }


def test_every_view_that_reads_files_and_no_other_takes_much(app: Flask) -> None:
    reading = {
        name
        for name in posting(app)
        if READS_FILES.search(inspect.getsource(inspect.unwrap(app.view_functions[name])))
        and "flask_security" not in app.view_functions[name].__module__
    }
    assert {name for name in posting(app) if size_of(app, name) is None} == reading
    assert reading == {
        "directory.take_in",
        "facts.attach",
        "facts.decide",
        "facts.take_in",
        "filing.new_ticket",
        "filing.resubmit",
        "financing.write_to_bank",
        "money.slips",
        "resolving.answer",
        "working.contact",
        "working.post_message",
    }
    longer = {name for name in posting(app) if size_of(app, name) not in {None, FORM_BYTES}}
    assert longer == {"filing.save_draft"}


def test_a_form_without_files_takes_a_quarter_of_a_megabyte(client: FlaskClient) -> None:
    for path in ("/sign-in", "/reset-password", "/language/en", "/verify"):
        answer = client.post(path, data={"email": "a" * (FORM_BYTES + 1)})
        assert answer.status_code == 413, path
        assert "256 KB" in answer.text


def test_a_form_in_parts_takes_no_more(client: FlaskClient) -> None:
    answer = client.post(
        "/sign-in", data={"email": "a" * FORM_BYTES}, content_type="multipart/form-data"
    )
    assert answer.status_code == 413


def test_a_draft_takes_what_its_form_can_hold(client_as: SignIn) -> None:
    client = client_as(Role.ENTERPRISE_OWNER)
    long = {"description": "长" * 9_999, "question": "长" * 9_999, "title": "x"}
    assert client.post("/drafts/POL-03", data=long | {"more": "长" * 20_000}).status_code == 200
    answer = client.post("/drafts/POL-03", data={"description": "x" * LONG_FORM_BYTES})
    assert answer.status_code == 413 and "1 MB" in answer.text


def test_a_form_with_files_still_takes_files(client_as: SignIn) -> None:
    from io import BytesIO

    client = client_as(Role.ENTERPRISE_OWNER)
    upload = (BytesIO(b"x" * 3 * FORM_BYTES), "paper.txt")
    answer = client.post(
        "/tickets/new/POL-03",
        data={"files": upload, "later": "1"},
        content_type="multipart/form-data",
    )
    assert answer.status_code in {200, 302}


def test_the_api_says_its_own_limit(client: FlaskClient, client_as: SignIn, app: Flask) -> None:
    from service_portal.accounts.tokens import make_token
    from service_portal.kernel.clock import now
    from service_portal.kernel.db import db

    owner = client_as(Role.ENTERPRISE_OWNER)
    token = make_token(actor=owner.actor, name="t", days=1, now=now())
    db.session.commit()
    answer = client.post(
        "/api/v1/tickets",
        data=b"{" + b" " * 1_100_000 + b"}",
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": "k" * 10,
        },
    )
    assert answer.status_code == 413 and "1 MB" in answer.get_json()["detail"]


@pytest.mark.parametrize("path", ["/sign-in", "/reset-password"])
def test_a_long_address_costs_nothing(client: FlaskClient, path: str) -> None:
    def cost(address: str) -> float:
        begun = process_time()
        client.post(path, data={"email": address, "password": "x"})
        return process_time() - begun

    cost("warm@example.org")
    usual = min(cost("somebody@example.org") for _ in range(3))
    long = min(cost("a" * 250_000 + "@example.org") for _ in range(3))
    assert long < usual + 0.05


def test_an_address_is_read_once_a_request(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    import email_validator
    from flask import g

    read: list[str] = []
    real = email_validator.validate_email

    def reading(address: str, **options: Any) -> object:
        read.append(address)
        return real(address, **options)

    g.pop("addresses", None)
    monkeypatch.setattr(email_validator, "validate_email", reading)
    client.post("/sign-in", data={"email": "somebody@example.org", "password": "x"})
    assert read == ["somebody@example.org"]


def forms() -> Iterator[type[FlaskForm]]:
    """Give every form of the product, but for those that the library of the sign-in makes."""
    for path in sorted((ROOT / "service_portal").glob("*/*forms.py")):
        if path.stem == "sign_in_forms":
            continue
        module = import_module(f"service_portal.{path.parent.name}.{path.stem}")
        for thing in vars(module).values():
            if (
                isinstance(thing, type)
                and issubclass(thing, FlaskForm)
                and thing.__module__ == module.__name__
            ):
                yield thing


def test_every_text_of_a_form_says_how_long_it_may_be(app: Flask) -> None:
    unmeasured = set()
    with app.test_request_context():
        for form_class in forms():
            for field in form_class():
                lengths = [
                    one for one in field.validators if isinstance(one, Length) and one.max > 0
                ]
                if isinstance(field, StringField) and not lengths:
                    unmeasured.add(f"{form_class.__name__}.{field.name}")
    assert unmeasured == set()


def test_what_is_costly_to_look_at_is_measured_first(app: Flask) -> None:
    wrong = set()
    with app.test_request_context():
        for form_class in forms():
            for field in form_class():
                kinds = [type(one).__name__ for one in field.validators]
                costly = [
                    number
                    for number, kind in enumerate(kinds)
                    if kind in {"Email", "Regexp", "URL", "UUID"}
                ]
                stops = [
                    number for number, one in enumerate(field.validators) if isinstance(one, AtMost)
                ]
                if costly and not (stops and stops[0] < costly[0]):
                    wrong.add(f"{form_class.__name__}.{field.name}")
    assert wrong == set()
