"""A request is answered by itself once all institutions that were asked have answered."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from service_portal.access.actor import SYSTEM, Actor
from service_portal.events.catalog import LoansDecided
from service_portal.kernel.db import db
from service_portal.resolving.services import give_result
from service_portal.tickets.codes import ContactChannel, Outcome
from service_portal.tickets.models import Ticket


def answer_for_institutions(event: LoansDecided, *, actor: Actor, now: datetime) -> None:
    """Answer a request in its station's name; the institutions' own answers stand beside it."""
    said = _("All institutions that were asked have answered; approvals: %(n)d.", n=event.approved)
    give_result(
        db.session.get_one(Ticket, event.ticket_id),
        actor=SYSTEM,
        summary=said,
        outcome=Outcome.RESOLVED if event.approved else Outcome.NOT_POSSIBLE,
        channel=ContactChannel.DOCUMENT,
        minutes=0,
        evidence_note=said,
        now=now,
    )
