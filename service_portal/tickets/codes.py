"""The codes of a ticket and of what hangs on it; the database checks each of them. Pure.

What people read for a code stands in `choices.py`, `delivery_rules.py` and `rules.py`.
"""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """How a request reached the zone."""

    WEB = "web"
    API = "api"
    DESK = "desk"
    PHONE = "phone"
    VISIT = "visit"


class DeliveredBy(StrEnum):
    """Who delivers a service."""

    STATION = "station"
    POOL = "pool"
    BOTH = "both"


class WaitingReason(StrEnum):
    """Why nobody can take the next step of a ticket."""

    NO_STATION = "no_station"
    NO_MEMBER = "no_member"
    NO_INSTITUTION = "no_institution"
    BOUNCED_TWICE = "bounced_twice"


class Outcome(StrEnum):
    """How a case ended."""

    RESOLVED = "resolved"
    PARTLY = "partly"
    ANSWERED = "answered"
    NOT_POSSIBLE = "not_possible"


class Side(StrEnum):
    """Which side of a ticket wrote last."""

    ENTERPRISE = "enterprise"
    STAFF = "staff"


class EntryKind(StrEnum):
    """What a line of the timeline is about: a move, or one of these."""

    ROUTE = "route"
    ASSIGN = "assign"
    ACCEPT = "accept"
    REFUSE = "refuse"
    RETURN = "return"
    RESUBMIT = "resubmit"
    DISPATCH = "dispatch"
    PICK_UP = "pick_up"
    BOUNCE = "bounce"
    START = "start"
    HOLD = "hold"
    RESUME = "resume"
    HAND_OVER = "hand_over"
    ANSWER = "answer"
    CONFIRM = "confirm"
    REDO = "redo"
    AUTO_CLOSE = "auto_close"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    MERGE = "merge"
    ARCHIVE = "archive"
    FILE = "file"
    CONTACT = "contact"
    CONSENT = "consent"
    RELEASE = "release"
    RUNG = "rung"
    VERDICT = "verdict"
    MERGE_IN = "merge_in"


class EntryAudience(StrEnum):
    """Who reads a line of the timeline."""

    ALL = "all"
    STAFF = "staff"


class Audience(StrEnum):
    """Who reads a message or a file."""

    SHARED = "shared"
    INTERNAL = "internal"


class Purpose(StrEnum):
    """What a file belongs to."""

    REQUEST = "request"
    MESSAGE = "message"
    EVIDENCE = "evidence"


class DecisionKind(StrEnum):
    """What was decided about a ticket."""

    ROUTE = "route"
    ASSIGN = "assign"
    OFFER = "offer"


class DecisionOutcome(StrEnum):
    """How a decision came out: a rule's choice, nobody, or a person's choice."""

    CHOSEN = "chosen"
    NOBODY = "nobody"
    PERSON = "person"


class AssignedBy(StrEnum):
    """What gave a ticket to a member."""

    ROUND = "round"
    PERSON = "person"


class OfferState(StrEnum):
    """How far an offer is."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class BounceReason(StrEnum):
    """Why an institution did not take an offer."""

    NOT_IN_SCOPE = "not_in_scope"
    WRONG_PARK = "wrong_park"
    INFORMATION_MISSING = "information_missing"
    NO_QUALIFICATION = "no_qualification"
    CONFLICT = "conflict"
    NO_CAPACITY = "no_capacity"
    DUPLICATE = "duplicate"
    EXPIRED = "expired"


class PauseReason(StrEnum):
    """Why a promise stands still."""

    ENTERPRISE = "enterprise"
    THIRD_PARTY = "third_party"
    FORCE_MAJEURE = "force_majeure"
    RETURNED = "returned"


class Party(StrEnum):
    """In whose hands the time of an enterprise lies; the zone's where it lies in nobody else's."""

    ENTERPRISE = "enterprise"
    INSTITUTION = "institution"
    STATION = "station"
    ZONE = "zone"


class ContactChannel(StrEnum):
    """How a contact with an enterprise took place."""

    PHONE = "phone"
    VISIT = "visit"
    VIDEO = "video"
    MESSAGE = "message"
    DOCUMENT = "document"
    EVENT = "event"


class NotCountable(StrEnum):
    """Why a contact does not count."""

    SAME_DAY = "same_day"
    NO_EVIDENCE = "no_evidence"
    NO_SUBSTANCE = "no_substance"
    NO_TIME = "no_time"
    SAME_CONTROLLER = "same_controller"
    BEFORE_FILING = "before_filing"
    TOO_LATE = "too_late"


class RatingSource(StrEnum):
    """Who rated a case."""

    ENTERPRISE = "enterprise"
    NONE = "none"


class ClockOutcome(StrEnum):
    """How a promise ended."""

    MET = "met"
    LATE = "late"
    CANCELLED = "cancelled"
