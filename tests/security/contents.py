"""What generated requests say: bodies that make an act succeed, and filters of pages."""

from __future__ import annotations

from typing import Any

from tests.security.money import MONEY_QUERIES

# Bodies that make an act succeed on an object of one's own.
BODY: dict[str, Any] = {
    "words": "All of it, please.",
    "note": "They are content now.",
    "reason": "Because it must be so.",
    "reason_code": "no_capacity",
    "body": "A word on it.",
    "outcome": "resolved",
    "channel": "phone",
    "minutes": "10",
    "attendees": "1",
    "summary": "We talked about all of it.",
    "evidence_note": "a slip",
    "level": "4",
    "verdict": "solved",
    "comment": "Well.",
    "title": "Which rules hold for us",
    "description": "We would like to know.",
    "contact_name": "Lin Wei",
    "contact_phone": "0757",
    "consent": "y",
    "answer_policy_topic": "Machines",
    "answer_question": "Which?",
    "role": "enterprise_staff",
    "email": "somebody@example.org",
    "name": "program",
    "days": "5",
    "scopes": "read",
    "anyway": "1",
    "move": "accept",
    "locale": "en",
    "definition": "[]",
    "line_fen": "1000",
    "share_percent": "50",
    "rate_bp": "10",
    "months": "12",
    "guarantee": "credit",
    "valid_until": "2035-01-01",
    "agreed": "1",
    "act": "take_up_loan",
    "products": [],
    "wish": "prefer",
    "other": "NH-2026-99999",
}
# Where the same name means something else.
BODIES: dict[str, dict[str, Any]] = {
    "facts.decide": {"value": "7", "note": "Because it must be so.", "enterprise_id": "0"},
    "facts.attach": {"enterprise_id": "0"},
    "scoring.decide_dispute": {"value": "", "note": "Because it must be so."},
    "working.refuse": {"reason_code": "out_of_scope"},
    "financing.refuse_loan": {"reason_code": "purpose"},
    "working.ask_extension": {"until": "2035-01-01"},
    "working.hold": {"reason_code": "enterprise"},
    "assigning.take_case_back": {"reason_code": "silent"},
}
QUERIES: dict[str, list[str]] = {
    "scoring.boards": ["stage=growth", "stage=startup&year=2025"],
    "v1.scores": ["enterprise={enterprise}"],
    "working.queue": (
        [f"view={view}" for view in ("mine", "station", "unowned", "hold", "enterprise")] + ["q=zq"]
    ),
    "tickets.all_tickets": ["q=zq", "now=late", "station={station}", "category=POL"],
    "reviewing.counts": (
        [f"by={by}" for by in ("institution", "enterprise", "service", "park", "month")]
        + ["station={station}", "institution={institution}"]
    ),
    "reviewing.lines": [
        "station={station}",
        "enterprise={enterprise}",
        "institution={institution}",
        "measure=case",
    ],
    "reviewing.export": ["by=enterprise", "by=institution&station={station}"],
    **MONEY_QUERIES,
    "assigning.board": ["station={station}"],
    "filing.on_behalf": ["q=zq", "q=ZQ", "enterprise_id={enterprise}"],
    "filing.new_ticket": ["enterprise_id={enterprise}"],
    "accounts.people": ["q=zq"],
    "audit.entries": [
        "who=zq",
        "about=zq",
        "kind=person_changed",
        "kind=directory_changed",
        "kind=invited",
        "table=enterprise&id={enterprise}",
    ],
    "audit.export": ["kind=person_changed", "kind=invited"],
}
