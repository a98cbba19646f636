"""The page on which an enterprise prefers and excludes institutions."""

from __future__ import annotations

import pytest

from service_portal.access.actor import Role
from service_portal.directory.models import Institution
from service_portal.kernel.db import db
from tests.factories.directory import create_institution
from tests.signing_in import SignedIn, SignIn

PAGE = "/organisation/institutions"


@pytest.fixture
def owner(client_as: SignIn) -> SignedIn:
    """The owner of an enterprise, signed in."""
    return client_as(Role.ENTERPRISE_OWNER)


@pytest.fixture
def firm(owner: SignedIn) -> Institution:
    """An institution of the pool in the enterprise's park."""
    made = create_institution(services=("LEG-02",))
    db.session.commit()
    return made


def test_it_is_found_from_every_page(owner: SignedIn) -> None:
    assert PAGE in owner.get("/home").text


def test_one_is_found_by_name_preferred_excluded_and_let_go(
    owner: SignedIn, firm: Institution
) -> None:
    page = owner.get(f"{PAGE}?q={firm.name_en}").text
    assert firm.name_en in page and "Prefer" in page and "whoever is free" in page
    for said, shown in (("prefer", "preferred"), ("exclude", "excluded")):
        answer = owner.post(
            PAGE, data={"institution_id": firm.id, "wish": said}, follow_redirects=True
        )
        assert firm.name_en in answer.text and f">{shown}</span>" in answer.text
    answer = owner.post(
        PAGE, data={"institution_id": firm.id, "wish": "none"}, follow_redirects=True
    )
    assert "is asked like all others again" in answer.text
    assert "whoever is free" in answer.text


def test_nothing_found_says_what_to_do(owner: SignedIn) -> None:
    assert "Nothing found" in owner.get(f"{PAGE}?q=no such firm").text


@pytest.mark.parametrize("chosen", ["", "x", "0", "9" * 30, "-1"])
def test_what_is_no_institution_is_refused(owner: SignedIn, chosen: str) -> None:
    answer = owner.post(PAGE, data={"institution_id": chosen, "wish": "prefer"})
    assert answer.status_code == 422 and "Choose an institution of the pool." in answer.text


def test_it_is_the_owners_alone(client_as: SignIn) -> None:
    for role in (Role.ENTERPRISE_STAFF, Role.INSTITUTION_LEAD, Role.STATION_LEAD):
        assert client_as(role).get(PAGE).status_code == 403
