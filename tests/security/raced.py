"""The moves that people of a race try, each with a body that makes it succeed where it may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

REASON = "Because it must be so."
LATER = (datetime.now(UTC) + timedelta(weeks=3)).date().isoformat()
MOVES: dict[str, dict[str, Any]] = {
    "accept": {},
    "refuse": {"reason_code": "out_of_scope", "words": REASON},
    "return": {"words": REASON},
    "start": {},
    "hold": {"reason_code": "enterprise", "words": REASON},
    "resume": {},
    "hand_over": {"reason": REASON, "station_id": 0},
    "answer": {
        "body": "All is settled for you now.",
        "outcome": "resolved",
        "evidence_note": "slip",
    },
    "confirm": {"level": 4, "solved": True},
    "redo": {"reason": REASON},
    "reopen": {"reason": REASON},
    "withdraw": {"reason": REASON},
    "pick_up": {},
    "bounce": {"reason_code": "no_capacity"},
    "dispatch": {"institution_id": 0, "reason": REASON},
    "assign": {"member_id": 0, "reason": REASON},
    "merge": {"into": ""},
    "withdraw_offer": {"reason": REASON},
    "take_back": {"reason_code": "silent", "words": REASON, "agreed": True},
    "give_back": {"reason_code": "no_capacity", "words": REASON},
    "urge": {"words": REASON},
    "change_service": {"service": "POL-01", "reason": REASON, "answers": {}},
    "ask_extension": {"until": LATER, "reason": REASON},
    "grant_extension": {"words": ""},
    "refuse_extension": {"words": REASON},
    "split": {"parts": [{"title": "A part", "description": "Of it."}], "reason": REASON},
    "resubmit": {
        "title": "Once more",
        "description": "With all of it.",
        "contact_name": "Lin Wei",
        "contact_phone": "0757-1234",
        "answers": {},
    },
}
# Ends a ticket for good, or nearly; rarely tried, so that the others have something to race for.
RARE = {"withdraw", "refuse", "hand_over", "merge", "change_service", "split"}
