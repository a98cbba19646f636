"""How the codes of a ticket are said: statuses, moves, verdicts, lights, and why a contact does not
count.
"""

from __future__ import annotations

from service_portal.tickets.rules import Status, Verdict
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


def refusal(status: Status) -> str:
    """Say in a sentence why what somebody asked for is not possible now."""
    return _(
        "This is not possible while the ticket is “%(state)s”. Reload the page to see what is"
        " possible.",
        state=STATUS_WORDS[status],
    )
