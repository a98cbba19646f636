"""What people choose from when they act on a ticket, each with its name."""

from __future__ import annotations

from service_portal.web.translations import Later
from service_portal.web.translations import later as _l
from service_portal.web.translations import later_in as _lp

REFUSALS: dict[str, Later] = {
    "out_of_scope": _l("Outside of what the zone can do"),
    "in_court": _l("In litigation, arbitration, review or petition"),
    "secret": _l("Touches secrets or privacy"),
    "no_substance": _l("Abusive, or says nothing to act on"),
    "handled_already": _l("The same matter was handled already"),
    "not_completed": _l("What was missing did not come"),
}

HOLDS: dict[str, Later] = {
    "enterprise": _lp("reason", "Waiting for the enterprise"),
    "third_party": _l("Waiting for a third party"),
    "force_majeure": _l("Outside of our control"),
}

DECLINES: dict[str, Later] = {
    "not_in_scope": _l("Not in our scope"),
    "wrong_park": _l("Wrong park"),
    "information_missing": _l("Information is missing"),
    "no_qualification": _l("We lack the qualification"),
    "conflict": _l("Conflict of interest"),
    "no_capacity": _l("No capacity"),
    "duplicate": _l("Duplicate"),
}

# Why a station takes a case back, and why an institution gives one back.
TAKE_BACKS: dict[str, Later] = {
    "silent": _l("We hear nothing from the institution"),
    "slow": _l("It takes too long"),
    "poor": _l("The work falls short"),
    "wish": _l("The enterprise wishes for another one"),
    "mistake": _l("It was offered by mistake"),
}

GIVE_BACKS: dict[str, Later] = {
    "not_in_scope": DECLINES["not_in_scope"],
    "no_qualification": DECLINES["no_qualification"],
    "no_capacity": DECLINES["no_capacity"],
    "conflict": DECLINES["conflict"],
    "information_missing": DECLINES["information_missing"],
    "unreachable": _l("The enterprise can't be reached"),
}

OUTCOMES: dict[str, Later] = {
    "resolved": _l("Resolved"),
    "partly": _l("Partly resolved"),
    "answered": _l("Question answered"),
    "not_possible": _l("Not possible"),
}

CHANNELS: dict[str, Later] = {
    "phone": _l("Phone"),
    "visit": _l("Visit"),
    "video": _l("Video"),
    "message": _l("Written answer"),
    "document": _l("Document"),
    "event": _l("Event"),
}

DESK_WORDS: dict[str, Later] = {
    "desk": _l("at the desk"),
    "phone": _l("by phone"),
    "visit": _l("on a visit"),
}
