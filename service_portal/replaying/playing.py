"""Plays a log through the journey: what it recorded happens at its moments, what the portal does
happens in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count

from service_portal.events.inbox import Delivery
from service_portal.kernel import clock
from service_portal.kernel.clock import zone_time
from service_portal.replaying.acting import (
    STUCK,
    Acting,
    Offered,
    again_at,
    answers_at,
    spread,
)
from service_portal.replaying.logs import Case
from service_portal.replaying.parties import Parties
from service_portal.replaying.spending import Spending
from service_portal.replaying.standing_in import StandIn

# How often the portal looks around, in the log's time: what is due or has happened by then is done
# then.
STEP = timedelta(minutes=5)

Act = Callable[[], None]


class Play:
    """One replay. `waited` maps a ticket that found nobody at the first look to how long it took.

    Nothing is asked again and again: what the portal has done is heard from its events.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        parties: Parties,
        *,
        auto_close_days: int,
        each_step: Callable[[Play], None],
    ) -> None:
        self.spending = Spending()
        self.cases, self.acting, self.each_step = cases, Acting(parties, self.spending), each_step
        self.portal = StandIn(
            auto_close_days=auto_close_days, spending=self.spending, heard=self._hear
        )
        self.now = cases[0].filed_at
        self.ticket_of: dict[int, Case] = {}
        self.filed = self.withdrawn = self.redone = self.answers = self.steps = 0
        self.answered_on: dict[int, set[date]] = {}
        self.waited: dict[int, timedelta] = {}
        self.unassigned: dict[int, datetime] = {}
        self._agenda: list[tuple[datetime, int, Act]] = []
        self._numbers = count()

    @property
    def answered(self) -> int:
        """Count the tickets that were answered."""
        return len(self.answered_on)

    def run(self) -> None:
        """Play the whole log, then on until nothing is due any more.

        The portal's clock follows the log's.
        """
        for case in self.cases:
            self._at(case.filed_at, partial(self._file, case))
        clock.follow(lambda: self.now)
        try:
            with self.spending.all():
                while (end := self._next_step()) is not None:
                    self._act_until(end)
                    self.now = end
                    self.portal.look(end)
                    self.steps += 1
                    self.each_step(self)
        finally:
            clock.follow(None)

    def _next_step(self) -> datetime | None:
        """Give the end of the next step in which there is something to do, or None when it is all
        over.
        """
        due = (self._agenda[0][0] if self._agenda else None, self.portal.next_at())
        moments = [moment for moment in due if moment is not None]
        return max(_rounded_up(min(moments)), self.now + STEP) if moments else None

    def _at(self, moment: datetime, act: Act) -> None:
        heappush(self._agenda, (max(moment, self.now), next(self._numbers), act))

    def _act_until(self, end: datetime) -> None:
        """Do what the agenda has up to a moment, each act at its own."""
        while self._agenda and self._agenda[0][0] <= end:
            self.now, _, act = heappop(self._agenda)
            act()

    def _hear(self, deliveries: Sequence[Delivery]) -> None:
        """Act on what the portal has done: who was assigned, which offers were made, who found
        nobody.
        """
        for event in deliveries:
            ticket_id, about = event.ticket_id, event.payload
            if ticket_id is None:
                continue
            if event.event == "ticket.assigned" and ticket_id in self.unassigned:
                self._assigned(ticket_id)
            elif event.event == "offer.made":
                self._offered(Offered(about["offer_id"], ticket_id, about["institution_id"]))
            elif event.event == "ticket.unassignable" and about["reason"] in STUCK:
                # The station works on it itself.
                self._at(self.now, partial(self._accept, ticket_id))

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
            accepted_at = max(case.accepted_at or self.now, self.now)
            self._at(accepted_at, lambda: self._accept(ticket_id))

    def _offered(self, offer: Offered) -> None:
        case = self.ticket_of[offer.ticket_id]
        self._at(self.now + spread(case, self.now), lambda: self._reply(offer, case))

    def _accept(self, ticket_id: int) -> None:
        if self.acting.accept(ticket_id, now=self.now):
            self._promise_answers(ticket_id, self.ticket_of[ticket_id])

    def _reply(self, offer: Offered, case: Case) -> None:
        if self.acting.reply(offer, case, now=self.now):
            self._promise_answers(offer.ticket_id, case)

    def _promise_answers(self, ticket_id: int, case: Case) -> None:
        """Answer when the log did, and before that as often as its asker did
        not take the result.
        """
        if case.answered_at is None:
            return
        moments = answers_at(case, self.now)
        for moment, following in zip(moments, [*moments[1:], None], strict=True):
            self._at(moment, lambda: self._answer(ticket_id, case))
            if following is not None:
                self._at(again_at(moment, following), lambda: self._redo(ticket_id, case))
            elif case.ended_at is not None:
                self._at(max(case.ended_at, moment), lambda: self._confirm(ticket_id, case))

    def _answer(self, ticket_id: int, case: Case) -> None:
        self.acting.answer(ticket_id, case, now=self.now)
        self.answers += 1
        self.answered_on.setdefault(ticket_id, set()).add(self.now.astimezone(zone_time()).date())

    def _redo(self, ticket_id: int, case: Case) -> None:
        self.redone += self.acting.redo(ticket_id, case, now=self.now)

    def _confirm(self, ticket_id: int, case: Case) -> None:
        self.acting.confirm(ticket_id, case, now=self.now)

    def _withdraw(self, ticket_id: int, case: Case) -> None:
        if ticket_id in self.unassigned:
            # Whoever gives up waits to be assigned first, or there would be nobody to tell.
            self._at(self.now + timedelta(hours=1), lambda: self._withdraw(ticket_id, case))
            return
        self.withdrawn += self.acting.withdraw(ticket_id, case, now=self.now)


def _rounded_up(moment: datetime) -> datetime:
    over = timedelta(seconds=moment.timestamp() % STEP.total_seconds())
    return moment + (STEP - over) % STEP
