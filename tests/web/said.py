"""What people say with every act, how it is read, and by whom."""

from __future__ import annotations

from typing import Any

from service_portal.tickets.rules import Move
from tests.web.cases import ENTERPRISE, STAFF

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
OFFER = {"institution_id": "{institution}", "reason": "Able", "agreed": "1"}
OFFERED = (*START[:1], ("member", "offer", OFFER))
TAKEN = (*OFFERED, ("institution", "accept", {}))
ANSWERED = (*START, ("member", "answer", ANSWER))
CLOSED = (*ANSWERED, (ENTERPRISE, "confirm", {"verdict": "solved", "level": "4"}))

LATER_DAY = {"until": "{later_day}", "reason": "Canary reason"}
ASKED = (*START, ("member", "ask-extension", LATER_DAY))

OF_POOL = {"offer", "decline", "withdraw-offer", "take-case-back", "give-case-back"}

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
        "ask-extension",
        Move.ASK_EXTENSION,
        START,
        "member",
        {
            "until": ("{later_day}", "asked to answer by {later_day_said}", (STAFF,)),
            "reason": ("Canary reason", "Canary reason", (STAFF,)),
        },
    ),
    (
        "grant-extension",
        Move.GRANT_EXTENSION,
        ASKED,
        STAFF,
        {"words": ("Canary words", "Canary words", (STAFF,))},
    ),
    (
        "refuse-extension",
        Move.REFUSE_EXTENSION,
        ASKED,
        STAFF,
        {"words": ("Canary words", "Canary words", (STAFF,))},
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
        OFFERED,
        "institution",
        {
            "reason_code": ("no_capacity", "no capacity", (STAFF,)),
            "comment": ("Canary comment", "Canary comment", (STAFF,)),
        },
    ),
    (
        "withdraw-offer",
        Move.WITHDRAW_OFFER,
        OFFERED,
        "member",
        {
            "reason": ("Canary reason", "Canary reason", (STAFF,)),
            "ask_next": ("1", "the pool asks the next institution", (STAFF,)),
        },
    ),
    (
        "take-case-back",
        Move.TAKE_BACK,
        TAKEN,
        "member",
        {
            "reason_code": ("poor", "The work falls short", (STAFF,)),
            "words": ("Canary words", "Canary words", (STAFF,)),
            "agreed": ("1", "the institution agrees", (STAFF,)),
            "ask_next": ("1", "the pool asks the next institution", (STAFF,)),
        },
    ),
    (
        "give-case-back",
        Move.GIVE_BACK,
        TAKEN,
        "institution",
        {
            "reason_code": ("no_capacity", "No capacity", (STAFF,)),
            "words": ("Canary words", "Canary words", (STAFF,)),
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
    (
        "split",
        Move.SPLIT,
        (),
        "member",
        {
            "title_1": ("Canary title", "Canary title", BOTH),
            "description_1": ("Canary description", "", ()),
            "reason": ("Canary reason", "Canary reason", BOTH),
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
