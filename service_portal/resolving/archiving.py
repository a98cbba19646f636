"""Archiving: what can no longer be opened again is put away."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.tickets import rounds
from service_portal.tickets.codes import EntryAudience
from service_portal.tickets.models import Ticket
from service_portal.tickets.rules import Move, Status


def archive_closed(*, window_days: int, now: datetime, limit: int = 1000) -> int:
    """Archive closed tickets that can no longer be opened again, the longest closed first, and
    count them; no word can be added to them any more. Where a call is owed it is made first.
    """
    over = (
        sa.select(Ticket.id, Ticket.enterprise_id)
        .where(
            Ticket.status == Status.CLOSED,
            Ticket.closed_at < now - timedelta(days=window_days),
            Ticket.call_back_due_at.is_(None),
        )
        .order_by(Ticket.closed_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return len(
        rounds.move_many(
            [(row.id, row.enterprise_id) for row in db.session.execute(over)],
            Move.ARCHIVE,
            now=now,
            audience=EntryAudience.STAFF,
        )
    )
