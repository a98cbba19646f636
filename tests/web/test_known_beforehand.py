"""What is known of a person is filled in beforehand; what is known of a file is said once."""

from __future__ import annotations

import re

import pytest

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from tests.factories.tickets import create_ticket
from tests.signing_in import SignIn


def test_the_phone_of_ones_settings_fills_the_form(client_as: SignIn) -> None:
    asker = client_as(Role.ENTERPRISE_OWNER)
    asker.person.phone = "0757-8123 4567"
    db.session.commit()
    page = asker.get("/tickets/new/POL-03").text
    assert re.search(r'name="contact_phone"[^>]*value="0757-8123 4567"', page)


@pytest.mark.parametrize("address", ["/counts/export.csv", "/counts/export.xlsx", "/metrics"])
def test_the_kind_of_a_file_is_said_once(client_as: SignIn, address: str) -> None:
    create_ticket()
    db.session.commit()
    kind = client_as(Role.MANAGER).get(address).headers["Content-Type"]
    names = [part.partition("=")[0].strip() for part in kind.split(";")]
    assert len(names) == len(set(names)), kind
