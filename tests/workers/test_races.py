"""Several people, or a person and the clock, act on the same thing at the same moment: one wins,
the others are told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from service_portal.access.actor import Actor, Role
from service_portal.assigning.answering import accept_offer, decline_offer, expire_offers
from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.services import assign_waiting
from service_portal.catalogue.queries import get_service
from service_portal.events.subscriptions import LISTENERS
from service_portal.filing.rules import request_hash
from service_portal.filing.services import file_ticket
from service_portal.kernel.errors import Conflict
from service_portal.reminding.services import fire_due
from service_portal.routing.services import route_waiting
from service_portal.working.services import accept_ticket
from tests.factories.directory import create_institution, create_member
from tests.factories.tickets import TUESDAY, a_request, create_ticket, enterprise_actor
from tests.workers.conftest import THREADS, Crew


def assigned(crew: Crew, service: str, count: int = 1) -> tuple[list[int], Actor]:
    """File tickets, route and assign them; give their ids and the member who has them."""

    def make() -> tuple[list[int], Actor]:
        member = create_member(capacity_points=1000)
        asker = enterprise_actor()
        ids = [create_ticket(service, actor=asker).id for _ in range(count)]
        route_waiting(now=TUESDAY)
        assign_waiting(now=TUESDAY)
        return ids, Actor(
            role=Role.STATION_MEMBER,
            member_id=member.id,
            station_id=member.station_id,
            name=member.name_en,
        )

    made: tuple[list[int], Actor] = crew.do(make)
    return made


def only_conflicts(results: list[Any]) -> list[Any]:
    """Check that whoever lost was told so, and give the winners."""
    won = [result for result in results if not isinstance(result, Exception)]
    assert all(
        isinstance(result, Conflict) for result in results if isinstance(result, Exception)
    ), results
    return won


def test_one_of_many_accepts_a_ticket(crew: Crew) -> None:
    (ticket_id,), member = assigned(crew, "POL-03")
    results = crew.at_once(lambda: accept_ticket(actor=member, ticket_id=ticket_id, now=TUESDAY).id)
    assert only_conflicts(results) == [ticket_id]
    assert crew.number("SELECT count(*) FROM timeline_entry WHERE kind = 'accept'") == 1
    assert crew.number("SELECT count(*) FROM outbox WHERE event = 'ticket.accepted'") == len(
        LISTENERS["ticket.accepted"]
    )
    assert crew.rows("SELECT kind, outcome FROM clock WHERE kind <> 'resolve' ORDER BY id") == [
        ("accept", "met"),
        ("contact", None),
    ]


def answers_of(lead: Actor, offer_id: int, due: datetime) -> list[Callable[[], Any]]:
    """Give the three ways in which an offer comes to its end when it is due."""
    return [
        lambda: bool(accept_offer(actor=lead, offer_id=offer_id, now=due)),
        lambda: bool(
            decline_offer(
                actor=lead, offer_id=offer_id, reason_code="no_capacity", comment="", now=due
            )
        ),
        lambda: expire_offers(now=due) and True,
    ]


def test_an_offer_is_answered_once_by_person_or_clock(crew: Crew) -> None:
    ids, member = assigned(crew, "LEG-02", count=8)

    def offer() -> None:
        create_institution(services=("LEG-02",), capacity_points=1000)
        for ticket_id in ids:
            accept_ticket(actor=member, ticket_id=ticket_id, now=TUESDAY)
        offer_waiting(now=TUESDAY)

    crew.do(offer)
    for number, ticket_id in enumerate(ids):
        offer_id, institution_id, due = crew.rows(
            "SELECT id, institution_id, answer_due_at FROM offer WHERE ticket_id = :id",
            id=ticket_id,
        )[0]
        lead = Actor(role=Role.INSTITUTION_LEAD, institution_id=institution_id, name="Lead")
        acts = answers_of(lead, offer_id, due)
        crew.change(
            "UPDATE offer SET answer_due_at = answer_due_at + interval '1 year' WHERE ticket_id"
            " <> :id",
            id=ticket_id,
        )
        results = crew.at_once(*(acts[number % 3 :] + acts[: number % 3]) * 2)
        won = [result for result in only_conflicts(results) if result]
        assert len(won) == 1, results
    assert (
        crew.number("SELECT count(*) FROM offer WHERE answered_at IS NOT NULL")
        == len(ids)
        == crew.number("SELECT count(*) FROM offer")
    )
    wrong = crew.rows("""
        SELECT t.status, o.state, t.institution_id, t.bounces, e.kinds FROM ticket AS t
        JOIN offer AS o ON o.ticket_id = t.id
        JOIN LATERAL (SELECT array_agg(kind) AS kinds FROM timeline_entry
            WHERE ticket_id = t.id AND kind IN ('pick_up', 'bounce')) AS e ON true
        WHERE (t.status, t.bounces, e.kinds,
            t.institution_id IS NOT NULL) NOT IN (VALUES ('in_progress', 0, ARRAY['pick_up'], true),
            ('accepted', 1, ARRAY['bounce'], false))
    """)
    assert wrong == []


def test_one_key_files_one_ticket(crew: Crew) -> None:
    actor = crew.do(enterprise_actor)
    digest = request_hash({"said": "the same"})

    def file() -> tuple[str, bool]:
        service = get_service("POL-03")
        assert service is not None and actor.enterprise_id is not None
        filed = file_ticket(
            a_request(),
            actor=actor,
            enterprise_id=actor.enterprise_id,
            service=service,
            channel="api",
            now=TUESDAY,
            idempotency=("the-same-key", digest),
        )
        return filed.reference, filed.repeated

    results = crew.at_once(file)
    assert len({reference for reference, _ in results}) == 1
    assert sorted(repeated for _, repeated in results) == [False] + [True] * (THREADS - 1)
    assert crew.rows(
        "SELECT (SELECT count(*) FROM ticket), (SELECT count(*) FROM outbox), (SELECT count(*) FROM"
        " timeline_entry), (SELECT count(*) FROM clock)"
    ) == [(1, 2, 1, 2)]


def test_every_rung_speaks_once(crew: Crew) -> None:
    ids, _ = assigned(crew, "POL-03", count=12)
    for later in (timedelta(days=1), timedelta(days=9), timedelta(days=40)):
        spoken = crew.at_once(partial(fire_due, now=TUESDAY + later, limit=5), threads=THREADS)
        spoken += crew.at_once(partial(fire_due, now=TUESDAY + later))
        assert not [result for result in spoken if isinstance(result, Exception)]
    assert crew.rows("SELECT clock_id, rung FROM alarm GROUP BY 1, 2 HAVING count(*) <> 1") == []
    # Of the ladder of each of two clocks a ticket, all rungs are reached in the end, and each time
    # only the highest spoke.
    assert crew.number("SELECT count(*) FROM alarm") == len(ids) * (6 + 5)
    told = "SELECT count(*) FROM alarm WHERE NOT skipped"
    assert (
        crew.number(told)
        == crew.number("SELECT count(*) FROM outbox WHERE event = 'rung.reached'")
        == crew.number("SELECT count(*) FROM timeline_entry WHERE kind = 'rung'")
    )
    assert crew.number("SELECT count(*) FROM clock WHERE next_alarm_at IS NOT NULL") == 0
    assert crew.number("SELECT min(supervision_level) FROM ticket") == 3


def test_a_withdrawn_ticket_and_its_round_do_not_wait_for_each_other(crew: Crew) -> None:
    from service_portal.filing.services import withdraw_ticket

    def make() -> tuple[Actor, list[int]]:
        asker = enterprise_actor()
        create_member(capacity_points=1000)
        ids = [create_ticket("POL-03", actor=asker).id for _ in range(12)]
        route_waiting(now=TUESDAY)
        return asker, ids

    asker, ids = crew.do(make)
    withdraw = [
        lambda one=one: withdraw_ticket(actor=asker, ticket_id=one, reason="", now=TUESDAY).id
        for one in ids[::2]
    ]
    results = crew.at_once(*withdraw, *[lambda: assign_waiting(now=TUESDAY, limit=5)] * 4)
    assert not [result for result in results if isinstance(result, Exception)]
    crew.do(lambda: assign_waiting(now=TUESDAY))
    assert crew.number("SELECT count(*) FROM ticket WHERE status = 'withdrawn'") == 6
    assert (
        crew.number(
            "SELECT count(*) FROM ticket WHERE status = 'submitted' AND owner_id IS NOT NULL"
        )
        == 6
    )
    assert (
        crew.rows(
            "SELECT t.id FROM ticket AS t JOIN assignment AS a ON a.ticket_id = t.id AND a.to_at IS"
            " NULL WHERE t.status = 'withdrawn'"
        )
        == []
    )
