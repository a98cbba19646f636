"""Resubmit: a returned request is completed and sent again; its page has the service's form."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.catalogue.forms import TITLE_LENGTH
from service_portal.events.catalog import TicketResubmitted
from service_portal.filing.services import Request, resubmit_ticket
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Answers, Flag, Phone, Text
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import later as _l


def _resubmit(
    *, actor: Actor, ticket_id: int, consent: bool | None, now: datetime, **said: Any
) -> Ticket:
    kept = db.session.get_one(Ticket, ticket_id).consent
    request = Request(consent=kept if consent is None else consent, **said)
    return resubmit_ticket(actor=actor, ticket_id=ticket_id, request=request, now=now)


_MUST: dict[str, Any] = {"required_by_api": True, "only_api": True}

RESUBMIT = Act(
    name="resubmit",
    own_page=True,
    move=Move.RESUBMIT,
    leads={Status.RETURNED: Status.SUBMITTED},
    permission=Permission.TICKET_RESUBMIT,
    fields=(
        Text(name="title", most=TITLE_LENGTH, **_MUST),
        Text(name="description", **_MUST),
        Text(name="contact_name", most=100, **_MUST),
        Phone(name="contact_phone", most=40, **_MUST),
        Flag(name="urgent", only_api=True),
        Flag(name="consent", default=None, only_api=True),
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
