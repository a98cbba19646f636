"""Programs split a request: part of the walk through every move."""

from __future__ import annotations

from service_portal.tickets.rules import Move, Status
from tests.services.programs import Walk, problem


def walk_split(walk: Walk) -> None:
    """Split a part off, after what is wrong with it was named."""
    reference, why = walk.file(), {"reason": "Two things."}
    part = {"title": "A course", "description": "For forty people."}
    for parts, field in (
        ([], "parts"),
        (["x"], "parts.0"),
        ([part, {"title": "A course"}], "parts.1.description"),
        ([{**part, "service": "NOP-99"}], "parts.0.service"),
    ):
        problem(walk.member.move(reference, Move.SPLIT, parts=parts, **why), 422, field)
    walk.move(walk.member, reference, Move.SPLIT, Status.SUBMITTED, parts=[part], **why)
    (made,) = walk.owner.get(f"/tickets/{reference}").get_json()["related"]
    assert made["title"] == "A course"
