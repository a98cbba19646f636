"""An enterprise that waits for the station presses it on, once a working day."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketUrged
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict
from service_portal.sla.queries import calendar_for
from service_portal.tickets.models import Ticket, TimelineEntry
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import Move
from service_portal.tickets.services import advance, spoke


def urge_ticket(*, actor: Actor, ticket_id: int, words: str, now: datetime) -> Ticket:
    """Press on with a request: its owner, the leads of its station and the institution that has it
    are told. Promises stay as they are.

    Once a working day for each request; what is urged at a weekend is of the next working day.
    Raises Conflict when it was urged on that day already.
    """
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_URGE).ticket
    last = db.session.scalar(
        sa.select(sa.func.max(TimelineEntry.at)).where(
            TimelineEntry.ticket_id == ticket.id, TimelineEntry.kind == Move.URGE
        )
    )
    if last is not None and _working_day(last) == _working_day(now):
        raise Conflict(
            _(
                "You have urged this request on this working day already. Write a message if there"
                " is something new."
            ),
            code="urged_already",
        )
    advance(
        ticket,
        Move.URGE,
        actor=actor,
        now=now,
        data={"words": words},
        event=TicketUrged(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id),
    )
    spoke(ticket, actor=actor, now=now)
    return ticket


def _working_day(at: datetime) -> date:
    return calendar_for()[1].next_opening(at).astimezone(zone_time()).date()
