"""Stands in for relay, workers and beat in one process: wakes the journey's services for the events in the outbox, at the log's time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa

from service_portal.assigning.offering import expire_offers, offer_waiting
from service_portal.assigning.services import assign_waiting
from service_portal.events import inbox
from service_portal.events.inbox import Delivery
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.notifications.services import tell
from service_portal.reminding.services import fire_due
from service_portal.resolving.services import close_silent
from service_portal.routing.services import route_waiting
from service_portal.sla.queries import calendar_for

BATCH = 1_000

_AWAKE = sa.text("SELECT DISTINCT task FROM outbox WHERE done_at IS NULL AND dead_at IS NULL")
_DUE = sa.text("""
    SELECT (SELECT min(next_alarm_at) FROM clock WHERE stopped_at IS NULL AND next_alarm_at IS NOT NULL) AS alarm_at,
        (SELECT min(answer_due_at) FROM offer WHERE state = 'offered') AS offer_at,
        (SELECT min(answered_at) FROM ticket WHERE status = 'answered') AS answered_at,
        EXISTS (SELECT 1 FROM ticket WHERE owner_id IS NULL AND station_id IS NOT NULL
            AND status IN ('submitted', 'returned', 'accepted', 'dispatched', 'in_progress', 'on_hold', 'answered')) AS unowned,
        EXISTS (SELECT 1 FROM ticket WHERE status = 'accepted' AND delivered_by = 'pool' AND bounces < 2 AND consent) AS unoffered
""")

# In the order of the journey, so that one pass takes a new ticket all the way.
SERVICES: dict[str, Callable[[Sequence[Delivery], datetime], object]] = {
    "routing.route_waiting": lambda _rows, now: route_waiting(now=now),
    "assigning.assign_waiting": lambda _rows, now: assign_waiting(now=now),
    "assigning.offer_waiting": lambda _rows, now: offer_waiting(now=now),
    "notifications.tell": lambda rows, now: tell(rows, now=now, host="replay.example"),
}


class StandIn:
    """Relay, workers and beat of a replay. `auto_close_days` are the working days after which silence closes."""

    def __init__(self, *, auto_close_days: int) -> None:
        self.auto_close_days = auto_close_days

    def look(self, now: datetime, *, room: bool) -> None:
        """Do everything that is ready or due by now. `room` says that somebody may have become free, so that what waits is tried again."""
        due = _due()
        for is_due, sweep in (
            (_reached(due.offer_at, now), lambda: expire_offers(now=now)),
            (_reached(due.alarm_at, now), lambda: fire_due(now=now, limit=BATCH)),
            (_reached(self._silent_at(due), now), lambda: close_silent(working_days=self.auto_close_days, now=now, limit=BATCH)),
            (room and due.unowned, lambda: assign_waiting(now=now)),
            (room and due.unoffered, lambda: offer_waiting(now=now)),
        ):
            if is_due:
                with unit_of_work():
                    sweep()
        _wake(now)

    def next_at(self) -> datetime | None:
        """Give the next moment at which something is due by itself: an alarm, an offer, an answer that silence may close."""
        due = _due()
        return min((moment for moment in (due.alarm_at, due.offer_at, self._silent_at(due)) if moment is not None), default=None)

    def _silent_at(self, due: AnyRow) -> datetime | None:
        return None if due.answered_at is None else calendar_for()[1].add_working_days(due.answered_at, self.auto_close_days)


def _due() -> AnyRow:
    row = db.session.execute(_DUE).one()
    db.session.rollback()
    return row


def _reached(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _wake(now: datetime) -> None:
    """Let every service work off what the outbox holds for it, until nothing is left."""
    while awake := set(db.session.scalars(_AWAKE)):
        for task, service in SERVICES.items():
            if task in awake:
                with unit_of_work():
                    held = inbox.claim(task, limit=BATCH)
                    service(held, now)
                    inbox.finish(held)
