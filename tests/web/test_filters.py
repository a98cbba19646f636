"""The filters above a list show what was chosen, and offer the rest."""

from __future__ import annotations

import re

import pytest

from service_portal.access.actor import Role
from service_portal.directory.queries import forget_directory
from tests.factories.directory import create_institution, station
from tests.signing_in import SignIn


def chosen_in(page: str) -> set[tuple[str, str]]:
    """Give name and value of every choice that is made on a page."""
    return {
        (name, value)
        for name, options in re.findall(r'<select[^>]*name="(\w+)">(.*?)</select>', page, re.DOTALL)
        for value in re.findall(r'<option\s+value="([^"]*)"\s+selected', options)
    }


@pytest.mark.parametrize(
    ("path", "chosen"),
    [
        ("/all-tickets", {}),
        ("/all-tickets", {"status": "closed", "institution": "0", "category": "POL"}),
        ("/all-tickets", {"station": "{station}", "institution": "{institution}", "now": "late"}),
        ("/counts", {"by": "month"}),
        ("/counts", {"by": "park", "station": "{station}", "institution": "0"}),
        ("/counts", {"by": "park", "institution": "{institution}", "category": "POL"}),
    ],
)
def test_a_filter_shows_what_was_chosen(
    client_as: SignIn, path: str, chosen: dict[str, str]
) -> None:
    here = {"station": station().id, "institution": create_institution().id}
    forget_directory()
    said = {name: value.format(**here) for name, value in chosen.items()}
    page = client_as(Role.MANAGER).get(path, query_string=said).text
    assert chosen_in(page) == set(said.items())


def test_the_security_log_shows_what_was_chosen(client_as: SignIn) -> None:
    administrator = client_as(Role.ADMINISTRATOR)
    page = administrator.get("/admin/log", query_string={"table": "person"})
    assert page.status_code == 200
    assert chosen_in(page.text) == {("table", "person")}
