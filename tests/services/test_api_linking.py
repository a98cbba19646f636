"""Programs link tickets, read which ones go together, and take links away."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.factories.directory import station
from tests.factories.tickets import create_ticket
from tests.services.programs import Program, place, problem


@pytest.fixture
def member(as_role: Callable[..., Program]) -> Program:
    """A program of a member of the station."""
    return as_role(Role.STATION_MEMBER, station_id=station().id)


@pytest.fixture
def two(owner: Program, member: Program) -> list[Ticket]:
    """Two requests of the enterprise, at the station."""
    made = [create_ticket("POL-03", actor=owner.actor) for _ in range(2)]
    for one in made:
        place(one)
    db.session.commit()
    return made


def related(program: Program, ticket: Ticket) -> list[str]:
    """List the references of the tickets that go with one."""
    said = program.get(f"/tickets/{ticket.reference}").get_json()["related"]
    return [one["reference"] for one in said]


def test_two_are_linked_read_and_unlinked(
    owner: Program, member: Program, two: list[Ticket]
) -> None:
    one, other = two
    path = f"/tickets/{one.reference}/links"
    made = member.post(path, {"other": other.reference})
    assert made.status_code == 200
    assert made.get_json()["related"] == [
        {"reference": other.reference, "title": other.title, "status": other.status}
    ]
    for program in (owner, member):
        assert related(program, other) == [one.reference]
    gone = member.post(path, {"other": other.reference, "linked": False})
    assert gone.get_json()["related"] == related(owner, other) == []


def test_what_is_wrong_is_named(member: Program, two: list[Ticket]) -> None:
    path = f"/tickets/{two[0].reference}/links"
    problem(member.post(path, {}), 422, "other")
    problem(member.post(path, {"other": "NH-2020-99999"}), 422, "other")


def test_an_enterprise_links_nothing(owner: Program, two: list[Ticket]) -> None:
    said = {"other": two[1].reference}
    problem(owner.post(f"/tickets/{two[0].reference}/links", said), 403)
