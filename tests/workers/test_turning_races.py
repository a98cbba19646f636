"""A case turns while somebody else acts on it: one after the other, whichever came first, and no
word of either is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from service_portal.access.actor import Actor
from service_portal.assigning.answering import accept_offer, expire_offers
from service_portal.assigning.coming_back import give_back, take_back, withdraw_offer
from service_portal.kernel.errors import Refused
from service_portal.resolving.services import answer_ticket
from service_portal.working.services import post_message
from tests.factories.tickets import TUESDAY
from tests.services.taken import HOUR, accepted, taken
from tests.workers.conftest import Crew

SOON = TUESDAY + HOUR
ROUNDS = 6
Act = Callable[[], Any]


class People:
    """A case by its id, and the people who act on it."""

    def __init__(self, crew: Crew, *, offered: bool = False) -> None:
        def make() -> tuple[int, int, dict[str, Actor]]:
            case = accepted() if offered else taken()
            offer_id = case.offer(case.institution) if offered else case.offers()[-1].id
            names = ("asker", "member", "lead", "institution")
            return case.ticket.id, offer_id, {name: getattr(case, name) for name in names}

        self.ticket_id, self.offer_id, self.actors = crew.do(make)

    def take_back(self) -> str:
        """Take it back, as the lead."""
        take_back(
            actor=self.actors["lead"],
            ticket_id=self.ticket_id,
            reason_code="silent",
            words="Nobody answers.",
            now=SOON,
        )
        return "taken back"

    def give_back(self) -> str:
        """Give it back, as the institution."""
        give_back(
            actor=self.actors["institution"],
            ticket_id=self.ticket_id,
            reason_code="no_capacity",
            words="She left.",
            now=SOON,
        )
        return "given back"

    def answer(self) -> str:
        """Answer it, as the institution."""
        answer_ticket(
            actor=self.actors["institution"],
            ticket_id=self.ticket_id,
            body="Here is the contract.",
            outcome="resolved",
            channel="message",
            minutes=0,
            evidence_note="slip",
            now=SOON,
        )
        return "answered"

    def accept(self) -> str:
        """Take it, as the institution."""
        accept_offer(actor=self.actors["institution"], offer_id=self.offer_id, now=SOON)
        return "accepted"

    def withdraw(self) -> str:
        """Withdraw the offer, as a lead."""
        withdraw_offer(
            actor=self.actors["lead"], ticket_id=self.ticket_id, reason="Wrong.", now=SOON
        )
        return "withdrawn"


def done(results: list[Any]) -> list[str]:
    """Check that whoever lost was told so in words, and give what was done."""
    lost = [one for one in results if isinstance(one, Exception)]
    assert all(isinstance(one, Refused) for one in lost), lost
    return sorted(one for one in results if not isinstance(one, Exception))


def state(crew: Crew, case: People) -> tuple[Any, ...]:
    """Read how a case stands, with its offer and what its timeline says of it."""
    return crew.rows(
        """
        SELECT t.status, t.institution_id IS NOT NULL, o.state,
            ARRAY(SELECT kind FROM timeline_entry WHERE ticket_id = t.id
                AND kind IN ('take_back', 'give_back', 'answer', 'pick_up', 'withdraw_offer')
                AND at = :soon ORDER BY id),
            (SELECT count(*) FROM message WHERE ticket_id = t.id),
            (SELECT count(*) FROM usage_entry WHERE ticket_id = t.id)
        FROM ticket AS t JOIN offer AS o ON o.id = :offer WHERE t.id = :ticket
        """,
        ticket=case.ticket_id,
        offer=case.offer_id,
        soon=SOON,
    )[0]


def test_taking_back_and_answering_at_once_ends_in_one_of_the_two(crew: Crew) -> None:
    for turn in range(ROUNDS):
        case = People(crew)
        acts: list[Act] = [case.take_back, case.answer]
        (won,) = done(crew.at_once(*(acts if turn % 2 else acts[::-1])))
        expected = {
            "taken back": ("accepted", False, "taken_back", ["take_back"], 0, 0),
            "answered": ("answered", True, "accepted", ["answer"], 1, 1),
        }
        assert state(crew, case) == expected[won]


def test_giving_back_while_it_is_taken_back_ends_in_one_of_the_two(crew: Crew) -> None:
    for turn in range(ROUNDS):
        case = People(crew)
        acts: list[Act] = [case.give_back, case.take_back]
        (won,) = done(crew.at_once(*(acts if turn % 2 else acts[::-1])))
        kind = {"given back": "given_back", "taken back": "taken_back"}[won]
        said = {"given_back": "give_back", "taken_back": "take_back"}[kind]
        assert state(crew, case) == ("accepted", False, kind, [said], 0, 0)


def test_giving_back_while_it_is_accepted_comes_before_or_after(crew: Crew) -> None:
    for turn in range(ROUNDS):
        case = People(crew, offered=True)
        acts: list[Act] = [case.give_back, case.accept]
        won = done(crew.at_once(*(acts if turn % 2 else acts[::-1])))
        if won == ["accepted"]:
            expected = ("in_progress", True, "accepted", ["pick_up"], 0, 0)
        else:
            assert won == ["accepted", "given back"]
            expected = ("accepted", False, "given_back", ["pick_up", "give_back"], 0, 0)
        assert state(crew, case) == expected


def test_of_many_leads_one_withdraws_an_offer(crew: Crew) -> None:
    case = People(crew, offered=True)
    assert done(crew.at_once(case.withdraw)) == ["withdrawn"]
    assert state(crew, case) == ("accepted", False, "withdrawn", ["withdraw_offer"], 0, 0)
    assert crew.number("SELECT turns FROM ticket") == 1


def test_withdrawing_an_offer_while_it_is_answered_ends_in_one_of_the_two(crew: Crew) -> None:
    for turn in range(ROUNDS):
        case = People(crew, offered=True)
        due = crew.rows("SELECT answer_due_at FROM offer WHERE id = :id", id=case.offer_id)[0][0]
        acts: list[Act] = [case.withdraw, case.accept, partial(expire_offers, now=due)]
        results = crew.at_once(*acts[turn % 3 :], *acts[: turn % 3])
        won = [one for one in results if not isinstance(one, Exception) and one]
        assert len(won) == 1, results
        status, taken_up, offer, *_rest = state(crew, case)
        expected = {
            "withdrawn": ("accepted", False, "withdrawn"),
            "accepted": ("in_progress", True, "accepted"),
            1: ("accepted", False, "expired"),
        }
        assert (status, taken_up, offer) == expected[won[0]]
        crew.change("UPDATE offer SET answer_due_at = answer_due_at + interval '1 year'")


def test_no_word_is_lost_while_a_case_is_taken_back(crew: Crew) -> None:
    case = People(crew)
    asker = case.actors["asker"]
    write = partial(post_message, actor=asker, ticket_id=case.ticket_id, now=SOON)
    wrote: list[Act] = [partial(write, body=f"Word {one}") for one in range(5)]
    results = crew.at_once(*wrote, case.take_back)
    assert not [one for one in results if isinstance(one, Exception)]
    assert crew.number("SELECT count(*) FROM message") == 5
    assert state(crew, case)[:3] == ("accepted", False, "taken_back")
