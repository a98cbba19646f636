"""The only writer of what a ticket shows of its promises: the nearest deadline, the date of the
answer, until when its lead calls back, the warning light and the level of supervision, where lists
sort by them and count them.

The ticket must be locked. `opening.py` writes the first ones, `rounds.py` those of a whole round.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from service_portal.kernel.db import at_once, db
from service_portal.sla.codes import ASIDE, ClockKind
from service_portal.sla.rules import LIGHTS, SUPERVISION
from service_portal.tickets.clock_models import Clock
from service_portal.tickets.models import Ticket


class Projection(NamedTuple):
    """What running promises show on their ticket."""

    next_due_at: datetime | None
    light: int


NOTHING = Projection(None, 0)

_NEAREST = sa.text("""
    SELECT ticket_id, min(due_at) AS due_at, coalesce(max(l.light), 0) AS light
    FROM clock LEFT JOIN unnest(CAST(:rungs AS text[]), CAST(:lights AS int[])) AS l(rung, light)
        ON l.rung = last_rung
    WHERE ticket_id = ANY(:ids) AND stopped_at IS NULL AND kind <> ALL(:aside)
        AND offer_id IS NULL GROUP BY ticket_id
""")


def project_clocks(ticket: Ticket) -> None:
    """Show what the clocks of a ticket say now.

    A clock that is done or paused lights nothing any more; what an institution owes the station, or
    a lead the enterprise, is no deadline of the ticket.
    """
    rows = at_once(
        sa.select(Clock.kind, Clock.due_at, Clock.last_rung).where(
            Clock.ticket_id == ticket.id,
            Clock.stopped_at.is_(None),
            Clock.offer_id.is_(None),
        )
    ).all()
    running = [row for row in rows if row.due_at is not None and row.kind not in ASIDE]
    ticket.next_due_at = min((row.due_at for row in running), default=None)
    ticket.light = max((LIGHTS.get(row.last_rung or "", 0) for row in running), default=0)
    resolve = [row.due_at for row in rows if row.kind == ClockKind.RESOLVE]
    if resolve:
        ticket.resolve_due_at = resolve[0]
    ticket.call_back_due_at = next(
        (row.due_at for row in rows if row.kind == ClockKind.CALL_BACK), None
    )


def project_end(ticket: Ticket) -> None:
    """Show that no promise of a ticket runs any more; the date that was promised stays."""
    ticket.next_due_at, ticket.light = NOTHING
    ticket.call_back_due_at = None


def project_rung(ticket: Ticket, rung: str) -> None:
    """Show that a running promise has reached a rung: light and supervision only rise by it."""
    ticket.light = max(ticket.light, LIGHTS.get(rung, 0))
    ticket.supervision_level = max(ticket.supervision_level, SUPERVISION.get(rung, 0))


def projections_of(ticket_ids: list[int]) -> dict[int, Projection]:
    """Read what the running promises of many tickets show, without writing it."""
    if not ticket_ids:
        return {}
    lights = {"rungs": list(LIGHTS), "lights": list(LIGHTS.values())}
    aside = {"aside": list(ASIDE)}
    rows = db.session.execute(_NEAREST, {"ids": ticket_ids, **lights, **aside})
    return {row.ticket_id: Projection(row.due_at, row.light) for row in rows}
