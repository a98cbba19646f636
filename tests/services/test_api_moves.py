"""Every move of the lifecycle over the API, and what is said on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.api import shapes
from service_portal.api.moves import MOVES
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from service_portal.tickets.rules import TABLE, Move, Status
from tests.factories.directory import create_institution, create_member, create_station, station
from tests.factories.tickets import create_ticket
from tests.services.api_later_day import walk_later_day
from tests.services.programs import ANSWER, FILING, Program, Walk, fits, place, problem
from tests.services.walking_split import walk_split


def test_every_legal_move_is_known(owner: Program) -> None:
    machine = {Move.ROUTE, Move.AUTO_CLOSE, Move.ARCHIVE}
    assert {move for _status, move in TABLE} == set(MOVES) | machine
    reference = owner.post("/tickets", FILING).get_json()["reference"]
    for move in machine:
        assert problem(owner.move(reference, move), 422, "move")["code"] == "not_by_hand"
    wrong: tuple[dict[str, Any], ...] = (
        {},
        {"move": "fly"},
        {"move": None},
        {"move": ["accept"]},
        {"move": {}},
    )
    for said in wrong:
        problem(owner.post(f"/tickets/{reference}/moves", said), 422, "move")
    problem(owner.post(f"/tickets/{reference}/moves", []), 422, "")


def test_every_move_once(walk: Walk, as_role: Callable[..., Program]) -> None:
    for institution in (
        create_institution(services=("LEG-02",)),
        create_institution(services=("LEG-02",)),
    ):
        as_role(Role.INSTITUTION_LEAD, institution_id=institution.id)
    one, owner, member, lead = walk.file(), walk.owner, walk.member, walk.lead
    walk.move(member, one, Move.RETURN, Status.RETURNED, words="The invoice is missing.")
    again = {key: value for key, value in FILING.items() if key != "service"}
    problem(
        owner.move(
            one, Move.RESUBMIT, **{**again, "answers": {**FILING["answers"], "nonsense": 1}}
        ),
        422,
        "answers.nonsense",
    )
    walk.move(owner, one, Move.RESUBMIT, Status.SUBMITTED, **{**again, "title": "With the invoice"})
    someone = create_member(station_id=station().id)
    walk.move(
        lead, one, Move.ASSIGN, Status.SUBMITTED, member_id=someone.id, reason="She knows them."
    )
    walk.move(member, one, Move.ACCEPT, Status.ACCEPTED)
    walk.move(member, one, Move.START, Status.IN_PROGRESS)
    walk.move(
        member, one, Move.HOLD, Status.ON_HOLD, reason_code="third_party", words="the tax office"
    )
    walk.move(member, one, Move.RESUME, Status.IN_PROGRESS)
    problem(
        member.move(one, Move.ANSWER, **{**ANSWER, "outcome": "fine", "evidence_note": ""}),
        422,
        "outcome",
        "evidence_note",
    )
    walk.move(member, one, Move.ANSWER, Status.ANSWERED, **ANSWER)
    walk.move(owner, one, Move.REDO, Status.IN_PROGRESS, reason="The amount is wrong.")
    walk.move(member, one, Move.ANSWER, Status.ANSWERED, **ANSWER)
    walk.move(owner, one, Move.CONFIRM, Status.CLOSED, level=4, solved=True, comment="Well.")
    rating = owner.get(f"/tickets/{one}").get_json()["rating"]
    assert rating.pop("first_at")
    assert rating == {
        "level": 4,
        "solved": True,
        "verdict": "solved",
        "comment": "Well.",
        "source": "enterprise",
    }
    walk.move(owner, one, Move.REOPEN, Status.IN_PROGRESS, reason="It came back.")
    elsewhere = create_station()
    problem(
        member.move(one, Move.HAND_OVER, station_id=elsewhere.id, reason="Their field."),
        422,
        "station_id",
    )
    create_member(station_id=elsewhere.id)
    walk.move(
        member,
        one,
        Move.HAND_OVER,
        Status.IN_PROGRESS,
        station_id=elsewhere.id,
        reason="Their field.",
    )
    assert member.get(f"/tickets/{one}").get_json()["moves"] == [], "read on, not acted on"

    two = walk.file()
    walk.move(
        member,
        two,
        Move.REFUSE,
        Status.NOT_ACCEPTED,
        reason_code="out_of_scope",
        words="This is not ours.",
    )
    twin, first = walk.file(), walk.file()
    for nothing in (twin, two, "NH-2020-99999", one_of_another(walk)):
        problem(member.move(twin, Move.MERGE, into=nothing), 422, "into")
    walk.move(member, twin, Move.MERGE, Status.MERGED, into=first)
    assert (
        "merged into " + first
        in owner.get(f"/tickets/{twin}/timeline").get_json()["lines"][-1]["text"]
    )
    three = walk.file()
    elsewhere_asked = {"service": "POL-02", "reason": "It is a check of what you can get."}
    problem(
        member.move(three, Move.CHANGE_SERVICE, **elsewhere_asked, answers={"headcount": "x"}),
        422,
        "answers.headcount",
        "answers.industry_code",
        "answers.qualifications",
        "answers.rd_spend_last_year",
        "answers.revenue_last_year",
    )
    walk.move(
        member,
        three,
        Move.CHANGE_SERVICE,
        Status.SUBMITTED,
        **elsewhere_asked,
        answers={
            "industry_code": "C34",
            "revenue_last_year": "3000000",
            "rd_spend_last_year": "100000",
            "headcount": "12",
            "qualifications": ["none"],
        },
    )
    four = walk.file()
    walk.move(owner, four, Move.URGE, Status.SUBMITTED, words="Friday is the deadline.")
    assert problem(owner.move(four, Move.URGE), 409)["code"] == "urged_already"
    walk_later_day(walk)
    walk_split(walk)
    walk.move(owner, walk.file(), Move.WITHDRAW, Status.WITHDRAWN, reason="Done already.")
    _pool(walk, as_role)
    assert set(walk.made) == set(MOVES)


def one_of_another(walk: Walk) -> str:
    """File a ticket of another enterprise in the same station."""
    ticket = create_ticket(now=now())
    place(ticket)
    return ticket.reference


def _pool(walk: Walk, as_role: Callable[..., Program]) -> None:
    firms = {
        institution.id: as_role(Role.INSTITUTION_LEAD, institution_id=institution.id)
        for institution in (
            create_institution(services=("LEG-02",)),
            create_institution(services=("LEG-02",)),
        )
    }
    first, second = firms
    three = walk.file("LEG-02")
    walk.move(walk.member, three, Move.ACCEPT, Status.ACCEPTED)
    walk.move(
        walk.member,
        three,
        Move.DISPATCH,
        Status.DISPATCHED,
        institution_id=first,
        reason="They know it.",
    )
    problem(firms[second].move(three, Move.PICK_UP), 404)
    walk.move(
        firms[first],
        three,
        Move.BOUNCE,
        Status.ACCEPTED,
        reason_code="no_capacity",
        comment="Next month.",
    )
    problem(firms[first].get(f"/tickets/{three}"), 404)
    walk.move(
        walk.member,
        three,
        Move.DISPATCH,
        Status.DISPATCHED,
        institution_id=second,
        reason="Then them.",
    )
    walk.move(firms[second], three, Move.PICK_UP, Status.IN_PROGRESS)
    assert problem(firms[second].move(three, Move.PICK_UP), 409)["code"] == "offer_closed"
    because = {"reason_code": "silent", "words": "Nobody answers."}
    problem(walk.member.move(three, Move.TAKE_BACK, **because), 422, "agreed")
    walk.move(walk.member, three, Move.TAKE_BACK, Status.ACCEPTED, agreed=True, **because)
    problem(firms[second].get(f"/tickets/{three}"), 404)
    again = {"institution_id": first, "reason": "Them after all."}
    walk.move(walk.member, three, Move.DISPATCH, Status.DISPATCHED, **again)
    walk.move(walk.lead, three, Move.WITHDRAW_OFFER, Status.ACCEPTED, reason="No.")
    walk.move(walk.member, three, Move.DISPATCH, Status.DISPATCHED, **again)
    walk.move(firms[first], three, Move.PICK_UP, Status.IN_PROGRESS)
    left = {"reason_code": "no_capacity", "words": "She left."}
    walk.move(firms[first], three, Move.GIVE_BACK, Status.ACCEPTED, **left)
    walk.move(walk.member, three, Move.DISPATCH, Status.DISPATCHED, **again)
    walk.move(firms[first], three, Move.PICK_UP, Status.IN_PROGRESS)
    walk.move(firms[first], three, Move.ANSWER, Status.ANSWERED, **ANSWER)


def test_an_illegal_move_is_refused_with_a_sentence(walk: Walk) -> None:
    reference = walk.file()
    before = db.session.scalar(sa.select(Ticket.version).where(Ticket.reference == reference))
    for move, needs in ((Move.START, {}), (Move.RESUME, {}), (Move.ANSWER, ANSWER)):
        said = problem(walk.member.move(reference, move, **needs), 409)
        assert said["code"] == "illegal_move" and "“Submitted”" in said["detail"]
    assert (
        problem(
            walk.owner.move(
                reference, Move.RESUBMIT, **{k: v for k, v in FILING.items() if k != "service"}
            ),
            409,
        )["code"]
        == "illegal_move"
    )
    problem(walk.member.move(reference, Move.RETURN), 422, "words")
    problem(walk.member.move(reference, Move.RETURN, words="x", surprise=1), 422, "surprise")
    problem(walk.lead.move(reference, Move.ASSIGN, member_id="1", reason=""), 422, "member_id")
    problem(walk.lead.move(reference, Move.ASSIGN, member_id=2**70), 422, "member_id")
    assert (
        db.session.scalar(sa.select(Ticket.version).where(Ticket.reference == reference)) == before
    )


def test_messages_and_rating(walk: Walk) -> None:
    reference = walk.file()
    problem(walk.owner.post(f"/tickets/{reference}/messages", {"body": "  "}), 422, "body")
    problem(
        walk.owner.post(f"/tickets/{reference}/messages", {"body": "x", "audience": "all"}),
        422,
        "audience",
    )
    problem(
        walk.owner.post(f"/tickets/{reference}/messages", {"body": "x", "audience": "internal"}),
        403,
    )
    posted = walk.owner.post(f"/tickets/{reference}/messages", {"body": "第一行\n<b>第二行</b>"})
    assert posted.status_code == 201
    fits(posted.get_json(), shapes.Posted)
    line = walk.member.get(f"/tickets/{reference}/timeline").get_json()["lines"][-1]
    assert (line["type"], line["text"], line["audience"]) == (
        "message",
        "第一行\n<b>第二行</b>",
        "shared",
    )
    problem(walk.owner.post(f"/tickets/{reference}/rating", {"level": 5}), 409)
    for program, move, needs in (
        (walk.member, "accept", {}),
        (walk.member, "start", {}),
        (walk.member, "answer", ANSWER),
    ):
        assert program.move(reference, move, **needs).status_code == 200
    for level in (0, 6, "5", True, 2.5, None):
        problem(walk.owner.post(f"/tickets/{reference}/rating", {"level": level}), 422, "level")
    said = walk.owner.post(f"/tickets/{reference}/rating", {"level": 5, "solved": True}).get_json()
    fits(said, shapes.RatingGiven)
    assert (said["status"], said["rating"]["level"]) == ("closed", 5)
    assert (
        walk.owner.post(
            f"/tickets/{reference}/rating", {"level": 3, "comment": "On second thoughts."}
        ).get_json()["rating"]["level"]
        == 3
    )
    decisions = walk.member.get(f"/tickets/{reference}/decisions").get_json()
    fits(decisions, shapes.Decisions)
    assert [one["kind"] for one in decisions["decisions"]] == ["route", "assign"] and all(
        one["words"]["zh"] for one in decisions["decisions"]
    )
