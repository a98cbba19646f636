"""Acts the parts of a case: who does what, through the services that pages and API use, each
act a transaction of its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from service_portal.assigning.answering import accept_offer, decline_offer
from service_portal.filing.services import file_ticket, withdraw_ticket
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.errors import Conflict, Missing
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.replaying.logs import Case
from service_portal.replaying.parties import Parties
from service_portal.replaying.spending import Spending
from service_portal.resolving.services import answer_ticket, ask_redo, confirm_ticket
from service_portal.tickets.asked import Request
from service_portal.tickets.rules import ENDED, Status
from service_portal.working.services import accept_ticket, start_work

# How often an institution declines at most, as often as the log passed the case on.
MOST_DECLINES = 2
# Why the station works itself on what is meant for the pool.
STUCK = ("bounced_twice", "no_institution")
MINUTES = {"phone": 20}

_STATE = sa.text(
    "SELECT status, owner_id, institution_id, delivered_by, waiting_reason, bounces FROM ticket"
    " WHERE id = :id"
)


class Offered(NamedTuple):
    """An offer as the replay remembers it."""

    id: int
    ticket_id: int
    institution_id: int


class Acting:
    """Everybody's hands.

    Each act gives the ticket's state after it, or None when it was not possible any more.
    """

    def __init__(self, parties: Parties, spending: Spending) -> None:
        self.parties, self.spending = parties, spending

    def file(self, case: Case, *, now: datetime) -> int:
        """File a case and give its ticket's id."""
        asker, service = (
            self.parties.askers[case.asker],
            self.parties.services[case.category, case.kind],
        )
        request = Request(
            title=case.words[:200],
            description=f"Recorded as {case.key}. {case.words}.",
            contact_name=asker.name,
            contact_phone="",
            urgent=case.urgent,
            answers={},
        )
        assert asker.enterprise_id is not None
        with self.spending.on("file"), unit_of_work():
            key = (f"replay:{case.key}"[:128], case.key.encode().ljust(32, b"\0")[:32])
            return file_ticket(
                request,
                actor=asker,
                enterprise_id=asker.enterprise_id,
                service=service,
                channel=case.channel,
                now=now,
                idempotency=key,
            ).ticket_id

    def accept(self, ticket_id: int, *, now: datetime) -> bool:
        """Let the owner accept, and begin where the station delivers.

        True when work has begun, False when an institution is sought or it has ended.
        """
        with self.spending.on("accept"), unit_of_work():
            ticket = self._ticket(ticket_id)
            if Status(ticket.status) in ENDED:
                return False
            assert ticket.owner_id is not None
            owner = self.parties.members[ticket.owner_id]
            if ticket.status == Status.SUBMITTED:
                accept_ticket(actor=owner, ticket_id=ticket_id, now=now)
            if ticket.delivered_by == "pool" and ticket.waiting_reason not in STUCK:
                return False
            if ticket.status in {Status.SUBMITTED, Status.ACCEPTED}:
                start_work(actor=owner, ticket_id=ticket_id, now=now)
            return True

    def reply(self, offer: Offered, case: Case, *, now: datetime) -> bool:
        """Let an institution take an offer or decline it, and say whether it took it; not so when
        the offer was gone already.
        """
        lead = self.parties.institutions[offer.institution_id]
        try:
            with self.spending.on("answer an offer"), unit_of_work():
                ticket = self._ticket(offer.ticket_id)
                if ticket.bounces < min(case.passed_on, MOST_DECLINES):
                    decline_offer(
                        actor=lead,
                        offer_id=offer.id,
                        reason_code="not_in_scope",
                        comment="",
                        now=now,
                    )
                    return False
                accept_offer(actor=lead, offer_id=offer.id, now=now)
                return True
        except (Conflict, Missing):
            return False

    def answer(self, ticket_id: int, case: Case, *, now: datetime) -> None:
        """Let whoever delivers give the result, with the log's entry as evidence."""
        with self.spending.on("answer"), unit_of_work():
            ticket = self._ticket(ticket_id)
            assert ticket.owner_id is not None
            actor = (
                self.parties.institutions[ticket.institution_id]
                if ticket.institution_id
                else self.parties.members[ticket.owner_id]
            )
            channel = "phone" if case.channel == "phone" else "message"
            answer_ticket(
                actor=actor,
                ticket_id=ticket_id,
                body=f"The request recorded as {case.key} was dealt with.",
                outcome="resolved",
                channel=channel,
                minutes=MINUTES.get(channel, 0),
                evidence_note=f"log entry {case.key}",
                now=now,
            )

    def redo(self, ticket_id: int, case: Case, *, now: datetime) -> bool:
        """Let the enterprise ask for it to be done again;
        False when nothing is answered any more.
        """
        with self.spending.on("ask for it again"), unit_of_work():
            if self._ticket(ticket_id).status != Status.ANSWERED:
                return False
            asker = self.parties.askers[case.asker]
            ask_redo(actor=asker, ticket_id=ticket_id, reason="reopened in the log", now=now)
            return True

    def confirm(self, ticket_id: int, case: Case, *, now: datetime) -> None:
        """Let the enterprise confirm what is answered; the log has no rating, so none is given."""
        with self.spending.on("confirm"), unit_of_work():
            if self._ticket(ticket_id).status == Status.ANSWERED:
                confirm_ticket(
                    actor=self.parties.askers[case.asker],
                    ticket_id=ticket_id,
                    level=None,
                    verdict=None,
                    comment="",
                    now=now,
                )

    def withdraw(self, ticket_id: int, case: Case, *, now: datetime) -> bool:
        """Let the enterprise take back what the log closed without an answer; False when it has
        ended already.
        """
        with self.spending.on("withdraw"), unit_of_work():
            if Status(self._ticket(ticket_id).status) in ENDED:
                return False
            withdraw_ticket(
                actor=self.parties.askers[case.asker],
                ticket_id=ticket_id,
                reason="closed in the log without an answer",
                now=now,
            )
            return True

    def _ticket(self, ticket_id: int) -> AnyRow:
        return db.session.execute(_STATE, {"id": ticket_id}).one()


def spread(case: Case, begun: datetime) -> timedelta:
    """Give the pause between two steps of the institutions, so that all of them fit into the time
    the log took.
    """
    if case.answered_at is None or case.answered_at <= begun:
        return timedelta(minutes=1)
    return min(
        (case.answered_at - begun) / (min(case.passed_on, MOST_DECLINES) + 2), timedelta(hours=2)
    )


def took(case: Case) -> timedelta:
    """Give how long the log worked on a case, from its acceptance to its last answer."""
    assert case.answered_at is not None
    begun = max(case.accepted_at or case.filed_at, case.filed_at)
    return max(case.answered_at - begun, timedelta(0))


def answers_at(case: Case, begun: datetime) -> list[datetime]:
    """Give when a case begun now is answered: as often as the log reopened it, and once more.

    The log has the last moment only; the others are spread evenly before it. What began later than
    the log answered takes as long as it took there.
    """
    assert case.answered_at is not None
    last = case.answered_at if case.answered_at > begun else begun + took(case)
    times = case.reopened + 1
    return [begun + (last - begun) * n / times for n in range(1, times)] + [last]


def again_at(answered: datetime, following: datetime) -> datetime:
    """Give when the enterprise asks for it again: half-way to the next answer, within a day, before
    silence closes it.
    """
    return answered + min((following - answered) / 2, timedelta(days=1))
