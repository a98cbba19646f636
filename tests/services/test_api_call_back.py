"""Programs read that an enterprise is to be called back, and note that it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from service_portal.access.actor import Role
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.clock import SetClock
from tests.factories.usage import create_answered
from tests.services.programs import Program, problem


@pytest.fixture
def ticket(clock: SetClock, owner: Program) -> Ticket:
    """A request that its enterprise has closed, and is not content with."""
    made = create_answered(asker=owner.actor, now=now() - timedelta(days=2))
    db.session.commit()
    said = {"verdict": "not_solved", "level": 1, "comment": "Nobody called."}
    assert owner.move(made.reference, "confirm", **said).status_code == 200
    return made


@pytest.fixture
def lead(as_role: Callable[..., Program], ticket: Ticket) -> Program:
    """A program of the lead of its station."""
    return as_role(Role.STATION_LEAD, station_id=ticket.station_id)


def owed(program: Program, ticket: Ticket) -> list[Any]:
    """List whether calls are owed, as a program reads it."""
    clocks = program.get(f"/tickets/{ticket.reference}").get_json()["clocks"]
    return [one["stopped_at"] is None for one in clocks if one["kind"] == "call_back"]


def test_a_call_is_read_noted_and_over(owner: Program, lead: Program, ticket: Ticket) -> None:
    assert owed(lead, ticket) == owed(owner, ticket) == [True]
    answer = lead.post(f"/tickets/{ticket.reference}/call-back", {"note": "Explained it."})
    assert answer.status_code == 200 and answer.get_json()["status"] == "closed"
    assert owed(lead, ticket) == [False]
    again = lead.post(f"/tickets/{ticket.reference}/call-back", {"note": "Again."})
    assert problem(again, 409)["code"] == "no_call_back"


def test_what_came_of_it_is_said(lead: Program, ticket: Ticket) -> None:
    problem(lead.post(f"/tickets/{ticket.reference}/call-back", {}), 422, "note")


def test_it_is_the_leads(owner: Program, ticket: Ticket) -> None:
    problem(owner.post(f"/tickets/{ticket.reference}/call-back", {"note": "Me."}), 403)


def test_a_rating_is_final_after_seven_days(
    owner: Program, ticket: Ticket, clock: SetClock
) -> None:
    path = f"/tickets/{ticket.reference}/rating"
    first_at = owner.get(f"/tickets/{ticket.reference}").get_json()["rating"]["first_at"]
    changed = owner.post(path, {"level": 3}).get_json()["rating"]
    assert (changed["level"], changed["first_at"]) == (3, first_at)
    clock(now() + timedelta(days=8))
    assert problem(owner.post(path, {"level": 5}), 409)["code"] == "rating_final"
