"""Looks at what a clock said of a ticket: its rungs, and the messages of an event."""

from __future__ import annotations

import sqlalchemy as sa

from service_portal.events.inbox import Delivery
from service_portal.events.models import OutboxRow
from service_portal.kernel.db import db
from service_portal.notifications.models import Notification
from service_portal.notifications.services import tell
from service_portal.reminding.models import Alarm
from service_portal.tickets.models import Ticket
from tests.factories.tickets import TUESDAY


def rungs_of(ticket: Ticket, kind: str) -> list[str]:
    """List the rungs of a kind of clock that spoke, in order."""
    query = (
        sa.select(Alarm.rung)
        .where(Alarm.ticket_id == ticket.id, Alarm.kind == kind, Alarm.skipped.is_(False))
        .order_by(Alarm.id)
    )
    return list(db.session.scalars(query))


def told(ticket: Ticket, event: str) -> list[Notification]:
    """Promise the messages of an event, as the worker does, and give the rows."""
    rows = db.session.scalars(
        sa.select(OutboxRow).where(
            OutboxRow.ticket_id == ticket.id,
            OutboxRow.event == event,
            OutboxRow.task == "notifications.tell",
        )
    )
    tell(
        [
            Delivery(row.id, row.event, row.ticket_id, row.enterprise_id, row.payload, 1, 1)
            for row in rows
        ],
        now=TUESDAY,
        host="portal.example",
    )
    return list(
        db.session.scalars(
            sa.select(Notification)
            .where(Notification.ticket_id == ticket.id)
            .order_by(Notification.id)
        )
    )
