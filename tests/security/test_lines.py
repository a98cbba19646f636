"""A name, a title or a phone number is one line:
nobody writes a line of their own into a letter.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.fields import TextAreaField

from service_portal.access.actor import Role
from service_portal.accounts.models import ApiToken
from service_portal.directory.columns import Wrong, text
from service_portal.kernel.db import db
from service_portal.people.models import Person
from service_portal.web.reading import LineField
from tests.architecture.source import imports, name_of, product
from tests.services.programs import FILING, program_of
from tests.signing_in import SignIn
from tests.web.test_passwords import take_letters

BREAKS = ["\n", "\r", "\r\n", "\t", "\x85", "\u2028", "\u2029"]


def forms() -> list[type[FlaskForm]]:
    """List every form of the product."""
    found, waiting = [], [FlaskForm]
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            if one.__module__.startswith("service_portal."):
                found.append(one)
    return found


def test_every_text_in_a_form_is_a_line_or_a_long_text(app: Flask) -> None:
    assert len(forms()) > 8
    with app.test_request_context():
        for form in forms():
            if form.__module__ == "service_portal.accounts.sign_in_forms":
                continue
            for field in form(formdata=None):
                plain_text = isinstance(field, StringField) and field.type not in {
                    "PasswordField",
                    "HiddenField",
                    "EmailField",
                }
                assert not plain_text or isinstance(field, LineField | TextAreaField), (
                    f"{form.__name__}.{field.name}"
                )


def test_only_one_module_knows_the_frameworks_text_field() -> None:
    knowing = {
        name_of(path)
        for path in product()
        for module, name in imports(path)
        if module.startswith("wtforms") and name == "StringField"
    }
    assert knowing == {"service_portal/web/reading.py"}


@pytest.mark.parametrize("between", BREAKS)
def test_a_name_with_a_line_break_is_refused(client_as: SignIn, between: str) -> None:
    client = client_as(Role.ENTERPRISE_STAFF)
    answer = client.post(
        "/settings",
        data={"name_en": f"Lin{between}Wei", "name_zh": "林", "phone": "", "locale": "en"},
    )
    assert answer.status_code == 422 and "Write this in one line." in answer.text
    assert (
        db.session.get_one(Person, client.actor.person_id, populate_existing=True).name_en
        == "Lin Wei"
    )


def test_a_token_is_named_in_one_line(client_as: SignIn) -> None:
    client = client_as(Role.ENTERPRISE_STAFF)
    assert (
        client.post(
            "/settings/tokens", data={"name": "a\nb", "days": "5", "scopes": "read"}
        ).status_code
        == 422
    )
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ApiToken)) == 0


def test_an_old_name_of_two_lines_is_one_line_in_a_letter(app: Flask, client_as: SignIn) -> None:
    client = client_as(Role.ENTERPRISE_OWNER)
    client.person.name_en = "Lin Wei\n\nOpen http://evil.example"
    db.session.commit()
    client.post(
        "/organisation/people", data={"email": "new@example.org", "role": "enterprise_staff"}
    )
    ((_subject, letter),) = take_letters(app, "new@example.org")
    assert "Lin Wei Open http://evil.example invites you" in letter


@pytest.mark.parametrize("field", ["title", "contact_name", "contact_phone"])
def test_the_api_takes_lines_of_one_line(app: Flask, client_as: SignIn, field: str) -> None:
    program = program_of(app, client_as(Role.ENTERPRISE_OWNER).actor)
    answer = program.post("/tickets", {**FILING, field: "0757\n12345"})
    assert answer.status_code == 422
    assert {"field": field, "message": "Write this in one line."} in answer.get_json()["errors"]


@pytest.mark.parametrize("between", BREAKS)
def test_the_directory_takes_lines_of_one_line(app: Flask, between: str) -> None:
    with app.test_request_context(), pytest.raises(Wrong, match="one line"):
        text(100)(f"Nanhai{between}Station")
