"""Reopen: a closed request goes on, while its window lasts; its counted case is taken back."""

from __future__ import annotations

from typing import Any

from flask import current_app

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketReopened
from service_portal.resolving.services import reopen_ticket
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act, Context
from service_portal.tickets.moves.fields import Text
from service_portal.tickets.rules import Move, Status, Verdict
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _reopen(**said: Any) -> Ticket:
    return reopen_ticket(window_days=current_app.config["REOPEN_WINDOW_DAYS"], **said)


def _was_not_solved(on: Context) -> bool:
    by_enterprise = on.seen.actor.enterprise_id is not None
    return by_enterprise and on.head.rating_verdict == Verdict.NOT_SOLVED


REOPEN = Act(
    name="reopen",
    move=Move.REOPEN,
    leads={Status.CLOSED: Status.IN_PROGRESS},
    permission=Permission.TICKET_REOPEN,
    fields=(
        Text(
            name="reason",
            label=_l("Why must it be opened again?"),
            required=_l("Say why it must be opened again."),
            about="why it must be opened again",
            rows=2,
        ),
    ),
    button=_l("Reopen"),
    position=150,
    is_primary=_was_not_solved,
    done=_l("Opened again."),
    timeline=lambda entry: _("opened again: %(reason)s", reason=entry.text("reason")),
    event=TicketReopened,
    notice=_l("The ticket was reopened."),
    service=_reopen,
)
