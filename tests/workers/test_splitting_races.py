"""A case is split while somebody else acts on it: one after the other, whichever came first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service_portal.access.actor import Actor
from service_portal.assigning.services import assign_waiting
from service_portal.filing.splitting import split_ticket
from service_portal.kernel.errors import Refused
from service_portal.resolving.services import answer_ticket
from service_portal.routing.services import route_waiting
from service_portal.working.merging import merge_ticket
from service_portal.working.services import accept_ticket, start_work
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor
from tests.services.test_journey import routed_and_assigned
from tests.services.test_pauses import HOUR
from tests.workers.conftest import Crew

SOON = TUESDAY + HOUR
ROUNDS = 6
PART = {"title": "Two welders", "description": "With a certificate.", "service": ""}


class Twins:
    """Two cases about the same, and whoever has them."""

    def __init__(self, crew: Crew, *, started: bool = False) -> None:
        def make() -> tuple[int, str, Actor]:
            # What the turn before has split off.
            route_waiting(now=TUESDAY)
            assign_waiting(now=TUESDAY)
            asker = enterprise_actor()
            ticket, member = routed_and_assigned("POL-03", asker)
            if started:
                accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
                start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
            other = create_ticket("POL-03", actor=asker)
            route_waiting(now=TUESDAY)
            assign_waiting(now=TUESDAY)
            return ticket.id, other.reference, member

        self.ticket_id, self.other, self.member = crew.do(make)

    def split(self) -> str:
        """Split a part off the first one."""
        split_ticket(
            actor=self.member,
            ticket_id=self.ticket_id,
            parts=[PART],
            reason="Two things.",
            now=SOON,
        )
        return "split"

    def merge(self) -> str:
        """Merge the first one into the other."""
        merge_ticket(actor=self.member, ticket_id=self.ticket_id, into=self.other, now=SOON)
        return "merged"

    def answer(self) -> str:
        """Answer the first one."""
        answer_ticket(
            actor=self.member,
            ticket_id=self.ticket_id,
            body="Here it is.",
            outcome="resolved",
            channel="message",
            minutes=0,
            evidence_note="slip",
            now=SOON,
        )
        return "answered"


def race(crew: Crew, case: Twins, turn: int, act: Callable[[], Any]) -> tuple[list[str], list[str]]:
    """Split a case while something else happens to it; give what was done, and what its timeline
    says of it in order, after checking that there is a part where it was split, and none else.
    """
    acts = [case.split, act]
    results = crew.at_once(*(acts if turn % 2 else acts[::-1]))
    lost = [one for one in results if isinstance(one, Exception)]
    assert all(isinstance(one, Refused) for one in lost), lost
    won = sorted(one for one in results if not isinstance(one, Exception))
    ((kinds, parts, counted),) = crew.rows(
        """
        SELECT ARRAY(SELECT kind FROM timeline_entry WHERE ticket_id = t.id
                AND kind IN ('split', 'merge', 'answer') ORDER BY id),
            (SELECT count(*) FROM ticket AS p WHERE p.split_from_id = t.id),
            (SELECT count(*) FROM usage_entry AS u JOIN ticket AS p ON p.id = u.ticket_id
                WHERE p.split_from_id = t.id)
        FROM ticket AS t WHERE t.id = :ticket
        """,
        ticket=case.ticket_id,
    )
    assert (parts, counted) == (won.count("split"), 0)
    return won, kinds


def test_splitting_and_merging_at_once_come_one_after_the_other(crew: Crew) -> None:
    for turn in range(ROUNDS):
        case = Twins(crew)
        won, kinds = race(crew, case, turn, case.merge)
        assert (won, kinds) in [
            (["merged"], ["merge"]),
            (["merged", "split"], ["split", "merge"]),
        ]


def test_splitting_and_answering_at_once_come_one_after_the_other(crew: Crew) -> None:
    for turn in range(ROUNDS):
        case = Twins(crew, started=True)
        won, kinds = race(crew, case, turn, case.answer)
        assert (won, kinds) in [
            (["answered"], ["answer"]),
            (["answered", "split"], ["split", "answer"]),
        ]
