"""Resubmit: a returned request is completed and sent again; its page has the service's form."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketResubmitted
from service_portal.filing.services import resubmit_ticket
from service_portal.kernel.db import db
from service_portal.tickets.asked import ASKED, Request
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Answers
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _resubmit(
    *, actor: Actor, ticket_id: int, consent: bool | None, now: datetime, **said: Any
) -> Ticket:
    kept = db.session.get_one(Ticket, ticket_id).consent
    request = Request(consent=kept if consent is None else consent, **said)
    return resubmit_ticket(actor=actor, ticket_id=ticket_id, request=request, now=now)


# A consent that is not sent again stays as it was.
_STAYS: dict[str, Any] = {"consent": {"default": None}}

RESUBMIT = Act(
    name="resubmit",
    own_page=True,
    move=Move.RESUBMIT,
    leads={Status.RETURNED: Status.SUBMITTED},
    permission=Permission.TICKET_RESUBMIT,
    fields=(
        *(replace(one.field, only_api=True, **_STAYS.get(one.name, {})) for one in ASKED),
        Answers(name="answers", only_api=True),
    ),
    button=_l("Complete it"),
    position=130,
    is_primary=True,
    timeline=lambda entry: _("sent what was missing"),
    event=TicketResubmitted,
    notice=_l("The enterprise has sent what was missing."),
    service=_resubmit,
)
