"""What a message says, in the language of the request or of its reader. What tells of an act stands
in its declaration.
"""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import gettext as _

from service_portal.kernel.db import AnyRow
from service_portal.notifications.figure_words import OF_FIGURES
from service_portal.notifications.subjects import page_of
from service_portal.sla.codes import ClockKind, Rung
from service_portal.tickets.moves.registry import notice_of


def sentence(kind: str, data: dict[str, Any]) -> str:
    """Say in one sentence what happened, from the reader's side."""
    if kind.startswith("rung."):
        return _rung(*kind.split(".")[1:3])
    if kind == "ticket.unassignable":
        return _unassignable(str(data.get("reason", "")))
    if kind in OF_FIGURES:
        return OF_FIGURES[kind](data)
    notice = notice_of(kind)
    if notice is not None:
        return str(notice)
    return _OF_THE_PORTAL.get(kind, lambda: _("Something happened on this ticket."))()


def detail(data: dict[str, Any]) -> str:
    """Give what somebody wrote for the reader of a message, below its sentence."""
    return str(data.get("note", ""))


_OF_THE_PORTAL = {
    "ticket.filed": lambda: _("We have received your request."),
    "offer.expired": lambda: _(
        "An offer was not answered in time and went to the next institution."
    ),
    "loan.lapsed": lambda: _(
        "An institution did not take up the loan request in time. Others may still answer."
    ),
    "loan.expired": lambda: _(
        "An approval of the loan request was not accepted until its last day and has ended."
    ),
    "loan.reminded": lambda: _(
        "An approval of your loan request waits for you: compare the answers and accept."
    ),
    "loan.ended": lambda: _(
        "A loan request has ended for your institution: it was taken back, or its time is over."
    ),
    "second_factor.removed": lambda: _(
        "Your second factor was reset. Set up a new one in your settings."
    ),
    "verdict.changed": lambda: _(
        "The enterprise says something else of the result now. Open the ticket to read it."
    ),
    "extension.lapsed": lambda: _(
        "Nobody decided on the later day in time: the first promise stands, and it is due now."
    ),
    "call_back.asked": lambda: _(
        "The enterprise is not content with the result. Call it; the day stands on your board."
    ),
}


def _rung(clock: str, rung: str) -> str:
    what = {
        "accept": _("acceptance"),
        "contact": _("the first contact"),
        "resolve": _("the answer"),
        "offer": _("your answer to the offer"),
        "decision": _("the decision on the request"),
        "look_again": _("looking again at a paused request"),
        "handle": _("the institution's work on the case"),
        "call_back": _("the call to an enterprise that is not content"),
    }.get(clock, clock)
    if clock == ClockKind.LOOK_AGAIN and rung == Rung.RED:
        return _("The request was paused until today; it is looked at again now.")
    if clock == ClockKind.HANDLE and rung == Rung.RED:
        return _("The institution's own time is over: the station may take the case back now.")
    if rung == Rung.REMIND:
        return _("Half of the time for %(what)s is used.", what=what)
    if rung == Rung.YELLOW:
        return _("The time for %(what)s is nearly used up.", what=what)
    if rung == Rung.RED:
        return _("The time for %(what)s has run out.", what=what)
    return _(
        "%(what)s is overdue. Supervision level %(level)s.",
        what=what,
        level=rung.removeprefix("level"),
    )


def _unassignable(reason: str) -> str:
    if reason == "no_institution":
        return _("No institution can take this case now. It waits on your board.")
    if reason == "no_station":
        return _(
            "No station in use can take this case. An administrator has to look at the stations."
        )
    if reason == "bounced_twice":
        return _("Two institutions have declined this case. You decide what happens next.")
    return _("Nobody in the station can take this case now. It waits on your board.")


def mail_text(row: AnyRow, *, base_url: str) -> tuple[str, str]:
    """Give subject and body of a mail, in the language that is in force."""
    said = sentence(row.kind, row.data)
    # What is about no ticket has neither reference nor title.
    title = " · ".join(filter(None, [row.reference, row.title])) or detail(row.data)
    subject = f"{row.reference} · {said}" if row.reference else said
    body = "\n".join(
        [
            said,
            "",
            *([title] if title else []),
            f"{base_url.rstrip('/')}{_path(row)}",
            "",
            _("You can switch these mails off in your settings."),
        ]
    )
    return subject, body


def _path(row: AnyRow) -> str:
    """Give the path of the page that shows what a mail is about, outside any request."""
    return current_app.url_map.bind("").build(*page_of(row))
