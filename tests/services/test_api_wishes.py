"""Programs of an enterprise prefer and exclude institutions."""

from __future__ import annotations

from collections.abc import Callable

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from tests.factories.directory import create_institution
from tests.services.programs import Program, problem

PATH = "/institution-wishes"


def test_a_program_says_and_reads_what_its_enterprise_wishes(owner: Program) -> None:
    firms = [create_institution() for _ in range(2)]
    db.session.commit()
    owner.post(PATH, {"institution": firms[0].id, "wish": "exclude"})
    made = owner.post(PATH, {"institution": firms[1].id, "wish": "prefer"})
    assert made.status_code == 200
    said = [(one["institution"]["id"], one["wish"]) for one in made.get_json()["wishes"]]
    assert said == [(firms[1].id, "prefer"), (firms[0].id, "exclude")]
    assert owner.get(PATH).get_json() == made.get_json()
    left = owner.post(PATH, {"institution": firms[0].id, "wish": "none"}).get_json()["wishes"]
    assert [one["institution"]["id"] for one in left] == [firms[1].id]


def test_what_is_no_wish_names_what_is_wrong(owner: Program) -> None:
    problem(owner.post(PATH, {"institution": "x", "wish": "love"}), 422, "institution", "wish")
    problem(owner.post(PATH, {"institution": 9**15, "wish": "prefer"}), 422, "institution")


def test_it_is_the_enterprises(as_role: Callable[..., Program]) -> None:
    for role in (Role.STATION_LEAD, Role.INSTITUTION_LEAD, Role.ENTERPRISE_STAFF):
        problem(as_role(role).get(PATH), 403)
