"""How the codes of a ticket are said: statuses, moves, verdicts, lights, and why a contact does not
count.
"""

from __future__ import annotations

from service_portal.tickets.rules import Move, Status, Verdict
from service_portal.web.translations import Later
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.web.translations import later_in as _lp

STATUS_WORDS: dict[Status, Later] = {
    Status.SUBMITTED: _l("Submitted"),
    Status.RETURNED: _l("Needs more information"),
    Status.NOT_ACCEPTED: _l("Not accepted"),
    Status.ACCEPTED: _lp("status", "Accepted"),
    Status.DISPATCHED: _l("Offered"),
    Status.IN_PROGRESS: _l("In progress"),
    Status.ON_HOLD: _l("On hold"),
    Status.ANSWERED: _l("Answered"),
    Status.CLOSED: _l("Closed"),
    Status.ARCHIVED: _l("Archived"),
    Status.WITHDRAWN: _l("Withdrawn"),
    Status.MERGED: _l("Merged"),
}

MOVE_WORDS: dict[Move, Later] = {
    Move.ROUTE: _l("route"),
    Move.ASSIGN: _l("assign"),
    Move.ACCEPT: _l("accept"),
    Move.REFUSE: _l("not accept"),
    Move.RETURN: _l("return for supplement"),
    Move.RESUBMIT: _l("send again"),
    Move.DISPATCH: _l("offer to an institution"),
    Move.PICK_UP: _l("pick up"),
    Move.BOUNCE: _l("decline"),
    Move.START: _l("start work"),
    Move.HOLD: _l("put on hold"),
    Move.RESUME: _l("resume"),
    Move.HAND_OVER: _l("hand over"),
    Move.ANSWER: _l("answer"),
    Move.CONFIRM: _l("confirm"),
    Move.REDO: _l("ask for redo"),
    Move.AUTO_CLOSE: _l("close without an answer"),
    Move.REOPEN: _l("reopen"),
    Move.WITHDRAW: _l("withdraw"),
    Move.MERGE: _l("merge"),
    Move.ARCHIVE: _l("archive"),
}


VERDICT_WORDS: dict[str, Later] = {
    Verdict.SOLVED: _l("solved"),
    Verdict.PARTLY: _l("partly solved"),
    Verdict.NOT_SOLVED: _l("not solved"),
}

LIGHT_WORDS = (_l("on time"), _l("near due"), _l("late"))

NOT_COUNTABLE_WORDS: dict[str, Later] = {
    "same_day": _l("already counted today for this ticket and provider"),
    "no_evidence": _l("there is no evidence"),
    "no_substance": _l("the summary says too little"),
    "no_time": _l("no time was spent"),
    "same_controller": _l("provider and enterprise have the same controller or phone"),
    "before_filing": _l("it lies before the request was filed"),
    "too_late": _l("it was recorded more than a month later"),
}


def refusal(status: Status, move: Move) -> str:
    """Say in a sentence why a move is not possible now."""
    return _(
        "You can't %(act)s this ticket: it is “%(state)s” now. Reload the page to see what is"
        " possible.",
        act=MOVE_WORDS[move],
        state=STATUS_WORDS[status],
    )
