"""The codes of a ticket and of what hangs on it; the database checks each of them. Pure.

What people read for a code stands in `choices.py`, `words.py` and `decisions.py`; the statuses and
moves are in `rules.py`.
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
    """What a line of the timeline is about when it is no move."""

    FILE = "file"
    CONTACT = "contact"
    CONSENT = "consent"
    RELEASE = "release"
    RUNG = "rung"
    VERDICT = "verdict"
    CALL_BACK = "call_back"
    EXTENSION_ENDED = "extension_ended"
    MERGE_IN = "merge_in"
    LINK = "link"
    UNLINK = "unlink"
    SPLIT_OFF = "split_off"
    LOAN_ASKED = "loan_asked"
    LOAN_TAKEN_UP = "loan_taken_up"
    LOAN_EXAMINED = "loan_examined"
    LOAN_APPROVED = "loan_approved"
    LOAN_GUARANTEED = "loan_guaranteed"
    LOAN_REFUSED = "loan_refused"
    LOAN_WITHDRAWN = "loan_withdrawn"
    LOAN_ACCEPTED = "loan_accepted"
    LOAN_TAKEN_BACK = "loan_taken_back"
    LOAN_STOPPED = "loan_stopped"
    LOAN_LAPSED = "loan_lapsed"


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


class DecisionReason(StrEnum):
    """Why a ticket went where it went."""

    RULE = "rule"
    COVERAGE = "coverage"
    HEADQUARTERS = "headquarters"
    NO_STATION = "no_station"
    LEAST_LOADED = "least_loaded"
    NOBODY_ABLE = "nobody_able"
    PERSON = "person"


class Rejection(StrEnum):
    """Why a member or an institution was not considered."""

    NO_SKILL = "no_skill"
    OFF_DUTY = "off_duty"
    DAY_OFF = "day_off"
    ABSENT = "absent"
    NO_CAPACITY = "no_capacity"
    NOT_ADMITTED = "not_admitted"
    NOBODY_ANSWERS = "nobody_answers"
    LICENCE = "licence"
    EXCLUDED = "excluded"
    CONFLICT = "conflict"
    ANSWERED_BEFORE = "answered_before"


class AssignedBy(StrEnum):
    """What gave a ticket to a member."""

    ROUND = "round"
    PERSON = "person"


class OfferState(StrEnum):
    """How far an offer is; the last two are of a case that was taken and is the station's again."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    TAKEN_BACK = "taken_back"
    GIVEN_BACK = "given_back"


# Those that let an institution read the ticket.
LIVE_OFFERS = (OfferState.OFFERED, OfferState.ACCEPTED)


class EndReason(StrEnum):
    """Why an institution did not take an offer, or has a case no longer."""

    NOT_IN_SCOPE = "not_in_scope"
    WRONG_PARK = "wrong_park"
    INFORMATION_MISSING = "information_missing"
    NO_QUALIFICATION = "no_qualification"
    CONFLICT = "conflict"
    NO_CAPACITY = "no_capacity"
    DUPLICATE = "duplicate"
    EXPIRED = "expired"
    SILENT = "silent"
    SLOW = "slow"
    POOR = "poor"
    WISH = "wish"
    MISTAKE = "mistake"
    UNREACHABLE = "unreachable"


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
