"""The lifecycle as one table: every legal (status, move) pair and where it leads. Pure.

Statuses and their Chinese names are those of the field (domain.md section 2.1). Whatever is not in
`TABLE` is refused with a sentence. Extension, supervision level, warning light and joint handling
are overlays on a ticket, not statuses.
"""

from __future__ import annotations

from enum import StrEnum

from service_portal.tickets.codes import Channel, EndReason, Party, PauseReason


class Status(StrEnum):
    """Where a ticket stands."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    NOT_ACCEPTED = "not_accepted"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    ANSWERED = "answered"
    CLOSED = "closed"
    ARCHIVED = "archived"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class Move(StrEnum):
    """What somebody does to a ticket."""

    ROUTE = "route"
    ASSIGN = "assign"
    ACCEPT = "accept"
    REFUSE = "refuse"
    RETURN = "return"
    RESUBMIT = "resubmit"
    DISPATCH = "dispatch"
    PICK_UP = "pick_up"
    BOUNCE = "bounce"
    WITHDRAW_OFFER = "withdraw_offer"
    START = "start"
    HOLD = "hold"
    RESUME = "resume"
    TAKE_BACK = "take_back"
    GIVE_BACK = "give_back"
    HAND_OVER = "hand_over"
    ANSWER = "answer"
    CONFIRM = "confirm"
    REDO = "redo"
    AUTO_CLOSE = "auto_close"
    REOPEN = "reopen"
    ASK_EXTENSION = "ask_extension"
    GRANT_EXTENSION = "grant_extension"
    REFUSE_EXTENSION = "refuse_extension"
    URGE = "urge"
    WITHDRAW = "withdraw"
    CHANGE_SERVICE = "change_service"
    SPLIT = "split"
    MERGE = "merge"
    ARCHIVE = "archive"


class Verdict(StrEnum):
    """What the enterprise says of a result: whether its matter is solved."""

    SOLVED = "solved"
    PARTLY = "partly"
    NOT_SOLVED = "not_solved"


S, M = Status, Move

TABLE: dict[tuple[Status, Move], Status] = {
    (S.SUBMITTED, M.ROUTE): S.SUBMITTED,
    (S.SUBMITTED, M.ASSIGN): S.SUBMITTED,
    (S.SUBMITTED, M.HAND_OVER): S.SUBMITTED,
    (S.SUBMITTED, M.ACCEPT): S.ACCEPTED,
    (S.SUBMITTED, M.REFUSE): S.NOT_ACCEPTED,
    (S.SUBMITTED, M.RETURN): S.RETURNED,
    (S.SUBMITTED, M.URGE): S.SUBMITTED,
    (S.SUBMITTED, M.WITHDRAW): S.WITHDRAWN,
    (S.SUBMITTED, M.CHANGE_SERVICE): S.SUBMITTED,
    (S.SUBMITTED, M.SPLIT): S.SUBMITTED,
    (S.SUBMITTED, M.MERGE): S.MERGED,
    (S.RETURNED, M.ACCEPT): S.ACCEPTED,
    (S.RETURNED, M.REFUSE): S.NOT_ACCEPTED,
    (S.RETURNED, M.RESUBMIT): S.SUBMITTED,
    (S.RETURNED, M.WITHDRAW): S.WITHDRAWN,
    (S.ACCEPTED, M.ASSIGN): S.ACCEPTED,
    (S.ACCEPTED, M.HAND_OVER): S.ACCEPTED,
    (S.ACCEPTED, M.REFUSE): S.NOT_ACCEPTED,
    (S.ACCEPTED, M.RETURN): S.RETURNED,
    (S.ACCEPTED, M.DISPATCH): S.DISPATCHED,
    (S.ACCEPTED, M.START): S.IN_PROGRESS,
    (S.ACCEPTED, M.ASK_EXTENSION): S.ACCEPTED,
    (S.ACCEPTED, M.GRANT_EXTENSION): S.ACCEPTED,
    (S.ACCEPTED, M.REFUSE_EXTENSION): S.ACCEPTED,
    (S.ACCEPTED, M.URGE): S.ACCEPTED,
    (S.ACCEPTED, M.WITHDRAW): S.WITHDRAWN,
    (S.ACCEPTED, M.CHANGE_SERVICE): S.SUBMITTED,
    (S.ACCEPTED, M.SPLIT): S.ACCEPTED,
    (S.ACCEPTED, M.MERGE): S.MERGED,
    (S.DISPATCHED, M.ASSIGN): S.DISPATCHED,
    (S.DISPATCHED, M.HAND_OVER): S.DISPATCHED,
    (S.DISPATCHED, M.PICK_UP): S.IN_PROGRESS,
    (S.DISPATCHED, M.BOUNCE): S.ACCEPTED,
    (S.DISPATCHED, M.ASK_EXTENSION): S.DISPATCHED,
    (S.DISPATCHED, M.GRANT_EXTENSION): S.DISPATCHED,
    (S.DISPATCHED, M.REFUSE_EXTENSION): S.DISPATCHED,
    (S.DISPATCHED, M.URGE): S.DISPATCHED,
    (S.DISPATCHED, M.WITHDRAW_OFFER): S.ACCEPTED,
    (S.DISPATCHED, M.WITHDRAW): S.WITHDRAWN,
    (S.DISPATCHED, M.SPLIT): S.DISPATCHED,
    (S.IN_PROGRESS, M.ASSIGN): S.IN_PROGRESS,
    (S.IN_PROGRESS, M.HAND_OVER): S.IN_PROGRESS,
    (S.IN_PROGRESS, M.HOLD): S.ON_HOLD,
    (S.IN_PROGRESS, M.TAKE_BACK): S.ACCEPTED,
    (S.IN_PROGRESS, M.GIVE_BACK): S.ACCEPTED,
    (S.IN_PROGRESS, M.ANSWER): S.ANSWERED,
    (S.IN_PROGRESS, M.ASK_EXTENSION): S.IN_PROGRESS,
    (S.IN_PROGRESS, M.GRANT_EXTENSION): S.IN_PROGRESS,
    (S.IN_PROGRESS, M.REFUSE_EXTENSION): S.IN_PROGRESS,
    (S.IN_PROGRESS, M.URGE): S.IN_PROGRESS,
    (S.IN_PROGRESS, M.WITHDRAW): S.WITHDRAWN,
    (S.IN_PROGRESS, M.CHANGE_SERVICE): S.SUBMITTED,
    (S.IN_PROGRESS, M.SPLIT): S.IN_PROGRESS,
    (S.ON_HOLD, M.ASSIGN): S.ON_HOLD,
    (S.ON_HOLD, M.HAND_OVER): S.ON_HOLD,
    (S.ON_HOLD, M.HOLD): S.ON_HOLD,
    (S.ON_HOLD, M.RESUME): S.IN_PROGRESS,
    (S.ON_HOLD, M.URGE): S.ON_HOLD,
    (S.ON_HOLD, M.TAKE_BACK): S.ACCEPTED,
    (S.ON_HOLD, M.GIVE_BACK): S.ACCEPTED,
    (S.ON_HOLD, M.WITHDRAW): S.WITHDRAWN,
    (S.ON_HOLD, M.SPLIT): S.ON_HOLD,
    (S.ANSWERED, M.CONFIRM): S.CLOSED,
    (S.ANSWERED, M.REDO): S.IN_PROGRESS,
    (S.ANSWERED, M.AUTO_CLOSE): S.CLOSED,
    (S.CLOSED, M.REOPEN): S.IN_PROGRESS,
    (S.CLOSED, M.ARCHIVE): S.ARCHIVED,
}

# How a request reached the station's desk that filed it for the enterprise.
DESK_CHANNELS = (Channel.DESK, Channel.PHONE, Channel.VISIT)
# How many tickets go with one at most, and into how many a request is split besides itself.
MOST_LINKS, MOST_PARTS = 20, 4
# After so many bounces no institution is asked any more, and the lead decides.
MOST_BOUNCES = 2

OPEN = frozenset(
    {S.SUBMITTED, S.RETURNED, S.ACCEPTED, S.DISPATCHED, S.IN_PROGRESS, S.ON_HOLD, S.ANSWERED}
)
HANDLED = frozenset({S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.IN_PROGRESS, S.ON_HOLD})
ENDED = frozenset(Status) - OPEN
WAITING_FOR_ENTERPRISE = frozenset({S.RETURNED, S.ANSWERED})
BEFORE_ACCEPTANCE = frozenset({S.SUBMITTED, S.RETURNED})
BEFORE_OFFER = frozenset({S.SUBMITTED, S.ACCEPTED})
WAITING_FOR_SOMEBODY = WAITING_FOR_ENTERPRISE | {S.ON_HOLD}
# In which the answer can be promised by a later day.
EXTENDABLE = (S.ACCEPTED, S.DISPATCHED, S.IN_PROGRESS)
# What fills the capacity of the institution that has it, what it has on its desk, and both.
BEING_DELIVERED = frozenset({S.DISPATCHED, S.IN_PROGRESS, S.ON_HOLD})
ON_THE_DESK = frozenset({S.IN_PROGRESS, S.ON_HOLD, S.ANSWERED})
WITH_INSTITUTION = BEING_DELIVERED | ON_THE_DESK
ENDED_WITH_RESULT = frozenset({S.CLOSED, S.ARCHIVED})

# Whoever asked for a later day has no more use for it: the promise stands still, the case is
# another's, or it ends.
ENDS_EXTENSION = frozenset(
    {
        M.HOLD,
        M.TAKE_BACK,
        M.GIVE_BACK,
        M.HAND_OVER,
        M.RETURN,
        M.REFUSE,
        M.ANSWER,
        M.WITHDRAW,
        M.CHANGE_SERVICE,
        M.MERGE,
    }
)

# Who is waited for while a promise stands still.
WAITED_FOR: dict[str, Party] = {
    PauseReason.ENTERPRISE: Party.ENTERPRISE,
    PauseReason.RETURNED: Party.ENTERPRISE,
    PauseReason.THIRD_PARTY: Party.ZONE,
    PauseReason.FORCE_MAJEURE: Party.ZONE,
}

# With whom the cause lies when a case comes back from an institution.
CAUSED_BY: dict[str, Party] = {
    EndReason.SILENT: Party.INSTITUTION,
    EndReason.SLOW: Party.INSTITUTION,
    EndReason.POOR: Party.INSTITUTION,
    EndReason.WISH: Party.ENTERPRISE,
    EndReason.MISTAKE: Party.STATION,
    EndReason.NOT_IN_SCOPE: Party.STATION,
    EndReason.NO_QUALIFICATION: Party.STATION,
    EndReason.NO_CAPACITY: Party.INSTITUTION,
    EndReason.CONFLICT: Party.STATION,
    EndReason.INFORMATION_MISSING: Party.ENTERPRISE,
    EndReason.UNREACHABLE: Party.ENTERPRISE,
}


def next_status(status: Status, move: Move) -> Status | None:
    """Say where a move leads from a status, or None when it is not legal there."""
    return TABLE.get((status, move))


def may_refuse(status: Status, *, auto_accept: bool) -> bool:
    """Say whether a ticket can still be not accepted: once accepted, only if the portal did it
    unseen, or if what was missing never came.
    """
    return status in BEFORE_ACCEPTANCE or (status is S.ACCEPTED and auto_accept)


def moves_from(status: Status, *, auto_accept: bool = True) -> list[Move]:
    """List the legal moves of a status, in the order of the journey."""
    legal = [move for move in Move if (status, move) in TABLE]
    refusable = may_refuse(status, auto_accept=auto_accept)
    return [move for move in legal if move is not M.REFUSE or refusable]
