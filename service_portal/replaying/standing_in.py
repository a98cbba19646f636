"""Stands in for relay, workers and beat in one process: wakes the journey's services for the events
in the outbox, at the log's time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from service_portal.assigning.answering import expire_offers
from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.services import assign_waiting
from service_portal.events import inbox
from service_portal.events.inbox import Delivery, concerned_by
from service_portal.events.subscriptions import TELL
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.notifications.services import tell
from service_portal.reminding.services import fire_due
from service_portal.replaying.spending import Spending
from service_portal.resolving.services import close_silent
from service_portal.routing.services import route_waiting
from service_portal.sla.queries import calendar_for

BATCH = 1_000
ROUTE, ASSIGN, OFFER = (
    "routing.route_waiting",
    "assigning.assign_waiting",
    "assigning.offer_waiting",
)

# What has something to do now, and when something is due by itself.
_STATE = sa.text("""
    SELECT ARRAY(SELECT DISTINCT task FROM outbox
        WHERE done_at IS NULL AND dead_at IS NULL) AS awake,
        (SELECT min(next_alarm_at) FROM clock
            WHERE stopped_at IS NULL AND next_alarm_at IS NOT NULL) AS alarm_at,
        (SELECT min(answer_due_at) FROM offer WHERE state = 'offered') AS offer_at,
        (SELECT min(answered_at) FROM ticket WHERE status = 'answered') AS answered_at
""")

# In the order of the journey, so that one pass takes a new ticket all the way.
SERVICES: dict[str, Callable[[Sequence[Delivery], datetime], int]] = {
    ROUTE: lambda _rows, now: route_waiting(now=now, again=False),
    ASSIGN: lambda rows, now: assign_waiting(now=now, concerned=concerned_by(rows)),
    OFFER: lambda rows, now: offer_waiting(now=now, concerned=concerned_by(rows)),
    TELL: lambda rows, now: tell(rows, now=now, host="replay.example"),
}
# Who is woken by what a service did.
AFTER = {ROUTE: {ASSIGN}, ASSIGN: {OFFER, TELL}, OFFER: {TELL}, TELL: set()}
ACTS = {ROUTE: "route", ASSIGN: "assign", OFFER: "offer", TELL: "promise a message"}


class StandIn:
    """Relay, workers and beat of a replay. `heard` is given the events that messages are about.

    `auto_close_days` are the working days after which silence closes.
    """

    def __init__(
        self,
        *,
        auto_close_days: int,
        spending: Spending,
        heard: Callable[[Sequence[Delivery]], None],
    ) -> None:
        self.auto_close_days, self.spending, self.heard = auto_close_days, spending, heard
        self._state: AnyRow | None = None

    def look(self, now: datetime) -> None:
        """Do everything that is ready or due by now."""
        state = _read()
        if self._sweep(state, now):
            state = _read()
        while state.awake:
            self._wake(set(state.awake), now)
            state = _read()
        self._state = state

    def next_at(self) -> datetime | None:
        """Give the next moment at which something is due by itself: an alarm, an offer, an answer
        that silence may close.
        """
        if self._state is None:
            return None
        due = (self._state.alarm_at, self._state.offer_at, self._silent_at(self._state))
        return min((moment for moment in due if moment is not None), default=None)

    def _silent_at(self, state: AnyRow) -> datetime | None:
        if state.answered_at is None:
            return None
        return calendar_for()[1].add_working_days(state.answered_at, self.auto_close_days)

    def _sweep(self, state: AnyRow, now: datetime) -> int:
        """Do what is due by itself and count it."""
        days = self.auto_close_days
        sweeps: tuple[tuple[str, datetime | None, Callable[[], int]], ...] = (
            ("let an offer expire", state.offer_at, lambda: expire_offers(now=now)),
            ("remind", state.alarm_at, lambda: fire_due(now=now, limit=BATCH)),
            (
                "close in silence",
                self._silent_at(state),
                lambda: close_silent(working_days=days, now=now, limit=BATCH),
            ),
        )
        return sum(
            self.spending.round(kind, partial(_committed, sweep))
            for kind, due_at, sweep in sweeps
            if due_at is not None and due_at <= now
        )

    def _wake(self, awake: set[str], now: datetime) -> None:
        """Let every service work off what the outbox holds for it."""
        for task in SERVICES:
            if task in awake and self.spending.round(ACTS[task], partial(self._work, task, now)):
                awake |= AFTER[task]

    def _work(self, task: str, now: datetime) -> int:
        with unit_of_work():
            held = inbox.claim(task, limit=BATCH)
            done = SERVICES[task](held, now) if held else 0
            inbox.finish(held)
        if task == TELL:
            self.heard(held)
        return done


def _committed(work: Callable[[], int]) -> int:
    with unit_of_work():
        return work()


def _read() -> AnyRow:
    row = db.session.execute(_STATE).one()
    db.session.rollback()
    return row
