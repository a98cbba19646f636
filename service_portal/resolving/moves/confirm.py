"""Confirm: the enterprise closes an answered request with its verdict."""

from __future__ import annotations

from typing import Any

from flask import current_app

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketClosed
from service_portal.resolving.moves.verdicts import in_words, say_opinion, verdict_fields, who_calls
from service_portal.resolving.services import confirm_ticket
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.sentences import Entry, with_comment
from service_portal.tickets.rules import Move, Status, Verdict
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _confirm(**said: Any) -> Ticket:
    return confirm_ticket(**in_words(said))


def _done(ticket: Ticket, values: dict[str, Any]) -> str:
    if values["verdict"] != Verdict.NOT_SOLVED:
        return " ".join(filter(None, [_("Thank you. The request is closed."), who_calls(ticket)]))
    closed = _("Closed as not solved; no case is counted.")
    again = _(
        "You can open it again within %(n)d days.", n=current_app.config["REOPEN_WINDOW_DAYS"]
    )
    return " ".join(filter(None, [closed, who_calls(ticket), again]))


def _said(entry: Entry) -> str:
    opinion = say_opinion(entry.data)
    said = (
        _("confirmed and closed: %(verdict)s", verdict=opinion)
        if opinion
        else _("confirmed the result")
    )
    return with_comment(said, entry.text("comment"))


CONFIRM = Act(
    name="confirm",
    move=Move.CONFIRM,
    leads={Status.ANSWERED: Status.CLOSED},
    permission=Permission.TICKET_CONFIRM,
    fields=verdict_fields(about_level="5 is very satisfied"),
    button=_l("Confirm or ask for redo"),
    position=140,
    is_primary=True,
    section="confirm",
    template="resolving/moves/confirm.html",
    depends_on=lambda on: on.definition.limits["resolve"],
    done=_done,
    timeline=_said,
    event=TicketClosed,
    notice=_l("The ticket is closed."),
    service=_confirm,
)
