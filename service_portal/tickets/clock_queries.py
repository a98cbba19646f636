"""Reads the promises of a ticket."""

from __future__ import annotations

import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.sla.codes import ClockKind
from service_portal.tickets.clock_models import Clock

# Promises in the order of the journey.
IN_ORDER: dict[str, int] = {
    ClockKind.ACCEPT: 0,
    ClockKind.CONTACT: 1,
    ClockKind.OFFER: 2,
    ClockKind.DECISION: 3,
    ClockKind.LOOK_AGAIN: 4,
    ClockKind.HANDLE: 5,
    ClockKind.RESOLVE: 6,
    ClockKind.CALL_BACK: 7,
}


def clocks_of(ticket_id: int) -> list[Clock]:
    """List the clocks of a ticket, the newest cycle first, then in the order of the journey; of
    several runs the newest first. Those of offers side by side are not the ticket's.
    """
    clocks = db.session.scalars(
        sa.select(Clock).where(Clock.ticket_id == ticket_id, Clock.offer_id.is_(None))
    )
    return sorted(clocks, key=lambda clock: (-clock.cycle, IN_ORDER[clock.kind], -clock.run))
