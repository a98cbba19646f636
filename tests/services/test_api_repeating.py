"""What a program sends twice is done once, and answered alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service_portal.access.actor import Role
from service_portal.assigning.offering import offer_waiting
from service_portal.kernel.clock import now
from service_portal.tickets.rules import Move, Status
from tests.factories.directory import create_institution
from tests.services.programs import Program, Walk, problem


def test_a_repeated_act_is_done_once(walk: Walk) -> None:
    reference, key = walk.file(), {"Idempotency_Key": "a-message-once"}
    first, again = (
        walk.owner.post(f"/tickets/{reference}/messages", {"body": "Here it is."}, **key)
        for _ in range(2)
    )
    assert (first.status_code, first.data) == (again.status_code, again.data) and again.headers[
        "Idempotent-Replayed"
    ] == "true"
    assert (
        problem(
            walk.owner.post(f"/tickets/{reference}/messages", {"body": "Something else."}, **key),
            409,
        )["code"]
        == "key_reused"
    )
    assert (
        problem(
            walk.owner.post(f"/tickets/{walk.file()}/messages", {"body": "Here it is."}, **key), 409
        )["code"]
        == "key_reused"
    )
    lines = walk.owner.get(f"/tickets/{reference}/timeline").get_json()["lines"]
    assert [line["text"] for line in lines if line["type"] == "message"] == ["Here it is."]

    move = {"move": "accept"}
    answers = [
        walk.member.post(f"/tickets/{reference}/moves", move, Idempotency_Key="accept-once")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200] and answers[0].data == answers[
        1
    ].data
    problem(
        walk.member.post(f"/tickets/{reference}/moves", move, Idempotency_Key="accept-twice"), 409
    )
    problem(
        walk.member.post(
            f"/tickets/{reference}/moves", {"move": "resume"}, Idempotency_Key="refused-first"
        ),
        409,
    )
    assert (
        walk.member.post(
            f"/tickets/{reference}/moves", {"move": "start"}, Idempotency_Key="refused-first"
        ).status_code
        == 200
    ), "a refused act uses no key up"


def test_the_answer_to_a_move_out_of_reach_can_be_had_again(
    walk: Walk, as_role: Callable[..., Program]
) -> None:
    institution = create_institution(services=("LEG-02",))
    lead, stranger = (
        as_role(Role.INSTITUTION_LEAD, institution_id=institution.id),
        as_role(Role.INSTITUTION_LEAD),
    )
    offered, taken = walk.file("LEG-02"), walk.file("LEG-02")
    for reference in (offered, taken):
        walk.move(walk.member, reference, Move.ACCEPT, Status.ACCEPTED)
    assert offer_waiting(now=now()) == 2
    walk.move(lead, taken, Move.PICK_UP, Status.IN_PROGRESS)
    moves: list[tuple[Program, str, dict[str, Any]]] = [
        (lead, offered, {"move": "bounce", "reason_code": "wrong_park"}),
        (lead, taken, {"move": "give_back", "reason_code": "no_capacity", "words": "She left."}),
    ]
    for program, reference, said in moves:
        key_of_it = f"out-of-reach-{reference}"
        first, again = (
            program.post(f"/tickets/{reference}/moves", said, Idempotency_Key=key_of_it)
            for _ in range(2)
        )
        assert (first.status_code, first.get_json()["moves"]) == (200, []), first.get_json()
        assert (again.status_code, again.data, again.headers["Idempotent-Replayed"]) == (
            200,
            first.data,
            "true",
        )
        problem(program.get(f"/tickets/{reference}"), 404)
        changes: tuple[tuple[dict[str, Any], str], ...] = (
            ({}, "another-key"),
            ({"reason_code": "other"}, key_of_it),
            ({"move": None}, key_of_it),
            ({}, "short"),
        )
        for change, key in changes:
            problem(
                program.post(
                    f"/tickets/{reference}/moves", {**said, **change}, Idempotency_Key=key
                ),
                404,
            )
        problem(program.post(f"/tickets/{reference}/moves", said), 404)
        problem(program.post("/tickets/NH-2026-99999/moves", said, Idempotency_Key=key_of_it), 404)
        problem(stranger.post(f"/tickets/{reference}/moves", said, Idempotency_Key=key_of_it), 404)
