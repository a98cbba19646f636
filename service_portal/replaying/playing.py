"""Plays a log through the journey: what it recorded happens at its moments, what the portal does happens in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

import sqlalchemy as sa

from service_portal.kernel import clock
from service_portal.kernel.db import db
from service_portal.replaying.acting import STUCK, Acting, spread, took
from service_portal.replaying.logs import Case
from service_portal.replaying.parties import Parties
from service_portal.replaying.standing_in import StandIn
from service_portal.tickets.models import Offer, Ticket

# How often the portal looks around, in the log's time: what is due or has happened by then is done then.
STEP = timedelta(minutes=5)

Act = Callable[[], None]

_STUCK = sa.text("SELECT id FROM ticket WHERE status = 'accepted' AND delivered_by = 'pool' AND waiting_reason = ANY(:reasons) ORDER BY id")


class Play:
    """One replay. `waited` maps a ticket that found nobody at the first look to how long it took."""

    def __init__(self, cases: Sequence[Case], parties: Parties, *, auto_close_days: int, each_step: Callable[[Play], None]) -> None:
        self.cases, self.acting, self.portal, self.each_step = cases, Acting(parties), StandIn(auto_close_days=auto_close_days), each_step
        self.now = cases[0].filed_at
        self.ticket_of: dict[int, Case] = {}
        self.filed = self.answered = self.withdrawn = self.steps = 0
        self.waited: dict[int, timedelta] = {}
        self.unassigned: dict[int, datetime] = {}
        self._agenda: list[tuple[datetime, int, Act]] = []
        self._numbers = count()
        self._last_offer = 0

    def run(self) -> None:
        """Play the whole log, then on until nothing is due any more. The portal's clock follows the log's."""
        for case in self.cases:
            self._at(case.filed_at, lambda case=case: self._file(case))  # type: ignore[misc]
        clock.follow(lambda: self.now)
        try:
            while (end := self._next_step()) is not None:
                acted = self._act_until(end)
                self.now = end
                self.portal.look(end, room=acted)
                self._look()
                self.steps += 1
                self.each_step(self)
        finally:
            clock.follow(None)

    def _next_step(self) -> datetime | None:
        """Give the end of the next step in which there is something to do, or None when it is all over."""
        moments = [moment for moment in (self._agenda[0][0] if self._agenda else None, self.portal.next_at()) if moment is not None]
        return max(_rounded_up(min(moments)), self.now + STEP) if moments else None

    def _at(self, moment: datetime, act: Act) -> None:
        heappush(self._agenda, (max(moment, self.now), next(self._numbers), act))

    def _act_until(self, end: datetime) -> bool:
        """Do what the agenda has up to a moment, each act at its own, and say whether there was any."""
        acted = False
        while self._agenda and self._agenda[0][0] <= end:
            self.now, _, act = heappop(self._agenda)
            act()
            acted = True
        return acted

    def _look(self) -> None:
        """See what the portal has done: who was assigned, which offers were made."""
        if self.unassigned:
            for ticket_id in db.session.scalars(sa.select(Ticket.id).where(Ticket.id.in_(list(self.unassigned)), Ticket.owner_id.is_not(None)).order_by(Ticket.id)):
                self._assigned(ticket_id)
        for offer in db.session.scalars(sa.select(Offer).where(Offer.id > self._last_offer).order_by(Offer.id)):
            self._last_offer, case = offer.id, self.ticket_of[offer.ticket_id]
            db.session.expunge(offer)
            self._at(self.now + spread(case, self.now), lambda offer=offer, case=case: self._reply(offer, case))  # type: ignore[misc]
        for ticket_id in db.session.scalars(_STUCK, {"reasons": list(STUCK)}):
            # Looked at again at the next step: by then it is being worked on.
            self._at(self.now, lambda ticket_id=ticket_id: self._accept(ticket_id, self.ticket_of[ticket_id]))  # type: ignore[misc]
        db.session.rollback()

    def _file(self, case: Case) -> None:
        ticket_id = self.acting.file(case, now=self.now)
        self.ticket_of[ticket_id] = case
        self.unassigned[ticket_id] = self.now
        self.filed += 1
        if case.answered_at is None and case.ended_at is not None:
            self._at(case.ended_at, lambda: self._withdraw(ticket_id, case))

    def _assigned(self, ticket_id: int) -> None:
        waited, case = self.now - self.unassigned.pop(ticket_id), self.ticket_of[ticket_id]
        if waited >= STEP:
            self.waited[ticket_id] = waited
        if case.accepted_at is not None or case.answered_at is not None:
            self._at(max(case.accepted_at or self.now, self.now), lambda: self._accept(ticket_id, case))

    def _accept(self, ticket_id: int, case: Case) -> None:
        if not self._has_ended(ticket_id) and self.acting.accept(ticket_id, now=self.now):
            self._promise_answer(ticket_id, case)

    def _reply(self, offer: Offer, case: Case) -> None:
        if self.acting.reply(offer, case, now=self.now):
            self._promise_answer(offer.ticket_id, case)

    def _promise_answer(self, ticket_id: int, case: Case) -> None:
        """Answer when the log did; what began late here takes as long as it took there."""
        if case.answered_at is None:
            return
        late = case.answered_at <= self.now
        self._at(self.now + took(case) if late else case.answered_at, lambda: self._answer(ticket_id, case))

    def _answer(self, ticket_id: int, case: Case) -> None:
        self.acting.answer(ticket_id, case, now=self.now)
        self.answered += 1
        if case.ended_at is not None:
            self._at(case.ended_at, lambda: self._confirm(ticket_id, case))

    def _confirm(self, ticket_id: int, case: Case) -> None:
        if not self._has_ended(ticket_id):
            self.acting.confirm(ticket_id, case, now=self.now)

    def _withdraw(self, ticket_id: int, case: Case) -> None:
        if ticket_id in self.unassigned:
            # Whoever gives up waits to be assigned first, or there would be nobody to tell.
            self._at(self.now + timedelta(hours=1), lambda: self._withdraw(ticket_id, case))
            return
        self.withdrawn += self.acting.withdraw(ticket_id, case, now=self.now)

    def _has_ended(self, ticket_id: int) -> bool:
        return db.session.execute(sa.select(Ticket.closed_at).where(Ticket.id == ticket_id)).scalar_one() is not None


def _rounded_up(moment: datetime) -> datetime:
    over = timedelta(seconds=moment.timestamp() % STEP.total_seconds())
    return moment + (STEP - over) % STEP
