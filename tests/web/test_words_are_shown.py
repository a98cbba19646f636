"""Whatever somebody types or chooses when they act on a ticket is read by those it is for, and by
nobody else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import g

from service_portal.access.actor import Role
from service_portal.api.moves import BODIES
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.dates import say_day
from service_portal.kernel.db import db
from service_portal.tickets.rules import Move
from tests.factories.directory import station
from tests.factories.tickets import create_ticket
from tests.signing_in import SignIn
from tests.web.cases import ENTERPRISE, STAFF, Case

BOTH = (ENTERPRISE, STAFF)


Act = tuple[str, str, dict[str, str]]
START: tuple[Act, ...] = (("member", "accept", {}), ("member", "start", {}))
ANSWER = {
    "body": "Body",
    "outcome": "resolved",
    "evidence_note": "Slip",
    "channel": "phone",
    "minutes": "5",
}
ANSWERED = (*START, ("member", "answer", ANSWER))
CLOSED = (*ANSWERED, (ENTERPRISE, "confirm", {"verdict": "solved", "level": "4"}))

# act, what goes before, who does it, and for each field: what is said, how it is read, by whom.
Said = dict[str, tuple[str, str, tuple[str, ...]]]
TABLE: list[tuple[str, Move | None, tuple[Any, ...], str, Said]] = [
    ("return", Move.RETURN, (), "member", {"words": ("Canary words", "Canary words", BOTH)}),
    (
        "refuse",
        Move.REFUSE,
        (),
        "member",
        {
            "reason_code": ("secret", "Touches secrets or privacy", BOTH),
            "words": ("Canary words", "Canary words", BOTH),
        },
    ),
    (
        "contact",
        None,
        START[:1],
        "member",
        {
            "channel": ("visit", "Visit", BOTH),
            "minutes": ("37", "37 min", BOTH),
            "attendees": ("9", "9 people", BOTH),
            "started_at": ("{yesterday}", "yesterday 09:30", BOTH),
            "summary": ("Canary summary", "Canary summary", BOTH),
            "evidence_note": ("Canary slip", "Canary slip", (STAFF,)),
        },
    ),
    (
        "hold",
        Move.HOLD,
        START,
        "member",
        {
            "reason_code": ("third_party", "Waiting for a third party", BOTH),
            "words": ("Canary words", "Canary words", BOTH),
            "until": ("{that_day}", "paused until {that_day_said}", BOTH),
        },
    ),
    (
        "answer",
        Move.ANSWER,
        START,
        "member",
        {
            "body": ("Canary body", "Canary body", BOTH),
            "outcome": ("partly", "Partly resolved", BOTH),
            "evidence_note": ("Canary slip", "Canary slip", BOTH),
            "channel": ("visit", "Visit", (STAFF,)),
            "minutes": ("37", "37 min", (STAFF,)),
        },
    ),
    ("messages", None, (), "member", {"body": ("Canary body", "Canary body", BOTH)}),
    ("notes", None, (), "member", {"body": ("Canary body", "Canary body", (STAFF,))}),
    (
        "hand-over",
        Move.HAND_OVER,
        (),
        "member",
        {
            "station_id": ("{there}", "handed over to Canary Station", BOTH),
            "reason": ("Canary reason", "Canary reason", (STAFF,)),
            "words": ("Canary words", "Canary words", BOTH),
        },
    ),
    (
        "assign",
        Move.ASSIGN,
        (),
        "member",
        {
            "member_id": ("{colleague}", "given to Canary Colleague", BOTH),
            "reason": ("Canary reason", "Canary reason", (STAFF,)),
        },
    ),
    (
        "offer",
        Move.DISPATCH,
        START[:1],
        "member",
        {
            "institution_id": ("{institution}", "offered to Canary Institution", (STAFF,)),
            "reason": ("Canary reason", "Canary reason", (STAFF,)),
            "agreed": ("1", "noted that the enterprise agrees", BOTH),
        },
    ),
    (
        "decline",
        Move.BOUNCE,
        (
            *START[:1],
            (
                "member",
                "offer",
                {"institution_id": "{institution}", "reason": "Able", "agreed": "1"},
            ),
        ),
        "institution",
        {
            "reason_code": ("no_capacity", "no capacity", (STAFF,)),
            "comment": ("Canary comment", "Canary comment", (STAFF,)),
        },
    ),
    (
        "confirm",
        Move.CONFIRM,
        ANSWERED,
        ENTERPRISE,
        {
            "verdict": ("partly", "partly solved", BOTH),
            "level": ("2", "★★☆☆☆", BOTH),
            "comment": ("Canary comment", "Canary comment", BOTH),
        },
    ),
    (
        "rate",
        None,
        CLOSED,
        ENTERPRISE,
        {
            "verdict": ("not_solved", "not solved", BOTH),
            "level": ("2", "★★☆☆☆", BOTH),
            "comment": ("Canary comment", "Canary comment", BOTH),
        },
    ),
    ("redo", Move.REDO, ANSWERED, ENTERPRISE, {"reason": ("Canary reason", "Canary reason", BOTH)}),
    (
        "reopen",
        Move.REOPEN,
        CLOSED,
        ENTERPRISE,
        {"reason": ("Canary reason", "Canary reason", BOTH)},
    ),
    (
        "withdraw",
        Move.WITHDRAW,
        (),
        ENTERPRISE,
        {"reason": ("Canary reason", "Canary reason", BOTH)},
    ),
    ("urge", Move.URGE, (), ENTERPRISE, {"words": ("Canary words", "Canary words", BOTH)}),
    (
        "change-service",
        Move.CHANGE_SERVICE,
        (),
        "member",
        {
            "service": ("POL-02", "Policy matching and eligibility check", BOTH),
            "reason": ("Canary reason", "Canary reason", BOTH),
            "answer_industry_code": ("Canary industry", "Canary industry", BOTH),
            "answer_revenue_last_year": ("424242", "424,242", BOTH),
            "answer_rd_spend_last_year": ("535353", "535,353", BOTH),
            "answer_headcount": ("646", "646", BOTH),
            "answer_qualifications": ("techsme", "", ()),
        },
    ),
    ("merge", Move.MERGE, (), "member", {"into": ("{twin}", "merged into {twin}", BOTH)}),
    (
        "resubmit",
        Move.RESUBMIT,
        (("member", "return", {"words": "More"}),),
        ENTERPRISE,
        {
            "title": ("Canary title", "Canary title", BOTH),
            "description": ("Canary description", "Canary description", BOTH),
            "contact_name": ("Canary name", "Canary name", BOTH),
            "contact_phone": ("0757-4242 4242", "0757-4242 4242", BOTH),
            "urgent": ("y", "urgent", BOTH),
            "answer_policy_doc_no": ("Canary number", "Canary number", BOTH),
            "answer_amount_claimed": ("424242", "424,242", BOTH),
            "answer_claim_stage": ("{stage}", "{stage_name}", BOTH),
            "consent": ("", "", ()),
        },
    ),
]


@pytest.mark.parametrize(
    ("act", "move", "before", "who", "said"), TABLE, ids=[row[0] for row in TABLE]
)
def test_whoever_it_is_for_reads_it_and_nobody_else(
    client_as: SignIn,
    act: str,
    move: Move | None,
    before: tuple[Any, ...],
    who: str,
    said: Said,
) -> None:
    case = Case(client_as, "LEG-02" if act in {"offer", "decline"} else "POL-03")
    here = now().astimezone(zone_time())
    that_day = (here + timedelta(days=30)).date()
    fills = {
        "there": case.there,
        "colleague": case.colleague,
        "institution": case.institution,
        "twin": case.twin.reference,
        "yesterday": (here - timedelta(days=1)).strftime("%Y-%m-%dT09:30"),
        "that_day": that_day.isoformat(),
        "that_day_said": say_day(that_day, "en", here.year),
        **stage(),
    }
    for one, earlier, words in before:
        case.act(one, earlier, **{name: text.format(**fills) for name, text in words.items()})
    case.act(
        who,
        act,
        **{name: text.format(**fills) for name, (text, _shown, _for) in said.items() if text},
    )
    pages = {reader: case.reads(reader) for reader in BOTH}
    for name, (_text, shown, readers) in said.items():
        for reader in BOTH:
            assert (shown.format(**fills) in pages[reader]) is (reader in readers) or not shown, (
                act,
                name,
                reader,
            )


def stage() -> dict[str, str]:
    """Give one of the choices of a question, and its name."""
    from service_portal.catalogue.queries import get_service

    service = get_service("POL-03")
    assert service is not None
    choice = next(
        field for field in service.definition.fields if field.key == "claim_stage"
    ).choices[-1]
    return {"stage": choice.value, "stage_name": choice.words.en}


def test_every_field_of_every_move_is_in_the_table() -> None:
    asked = {
        move: {name for name in body.fields if name not in {"move", "idempotency_key"}}
        for move, body in BODIES.items()
    }
    known = {move: set(said) for _act, move, _before, _who, said in TABLE if move}
    missing = {move: fields - known.get(move, set()) for move, fields in asked.items()}
    for move in (Move.RESUBMIT, Move.CHANGE_SERVICE):
        missing[move] -= {"answers"}  # one by one in the table
    missing[Move.CONFIRM] -= {
        "solved"
    }  # what programs of the first release say instead of a verdict
    assert not {move: fields for move, fields in missing.items() if fields}


def test_what_is_written_down_at_the_desk_is_shown(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station().id)
    ticket = create_ticket(
        "POL-03",
        actor=member.actor,
        enterprise_id=Case(client_as, "POL-03").ticket.enterprise_id,
        urgent=True,
        now=now(),
    )
    db.session.commit()
    g.pop("_login_user", None)
    page = member.get(f"/tickets/{ticket.id}").text
    for word in (
        ticket.title,
        ticket.description,
        ticket.contact_name,
        ticket.contact_phone,
        "urgent",
        "at the desk",
    ):
        assert word in page, word


def test_the_history_keeps_what_was_said_before_it_was_sent_again(
    client_as: SignIn,
) -> None:
    case = Case(client_as, "POL-03")
    form = {
        "contact_name": "Lin Wei",
        "contact_phone": "0757-8888 0000",
        "answer_policy_doc_no": "No. 7",
        "answer_amount_claimed": "5000",
        "answer_claim_stage": stage()["stage"],
    }
    first = case.ticket.description
    for number in ("second", "third"):
        case.act("member", "return", words=f"More, the {number} time")
        case.act(
            ENTERPRISE,
            "resubmit",
            title=f"The {number} title",
            description=f"The {number} words",
            **form,
        )
    for reader in BOTH:
        said = case.reads(reader)
        talk = said.split('<ol class="talk"')[1].split("</ol>")[0]
        at = [
            talk.index(words)
            for words in (
                first,
                "More, the second time",
                "The second words",
                "More, the third time",
                "The third words",
            )
        ]
        assert at == sorted(at), "each where it was said"
        assert talk.count(first) == talk.count("The third words") == 1
