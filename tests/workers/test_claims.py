"""Rounds that run at the same moment never give a ticket to two, never more than somebody can
carry, never to who is absent or unable.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.services import assign_waiting
from service_portal.directory.models import Absence
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import run_retrying
from service_portal.routing.services import route_waiting
from tests.factories.directory import create_institution, create_member
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor
from tests.workers.conftest import Crew

TICKETS, ROUND = 60, 7


def until_none(round_of: Callable[..., int], crew: Crew) -> list[Any]:
    """Run a round in eight threads, each until it finds nothing to give; give how many each gave,
    and what went wrong.
    """

    def rounds() -> int:
        given = 0
        while made := run_retrying(lambda: round_of(now=TUESDAY, limit=ROUND)):
            given += made
        return given

    return crew.at_once(rounds)


def file_many(service: str) -> None:
    """File tickets of one enterprise."""
    actor = enterprise_actor()
    for _ in range(TICKETS):
        create_ticket(service, actor=actor)


def test_routing_rounds_share_the_work(crew: Crew) -> None:
    crew.do(lambda: file_many("POL-03"))
    assert sum(until_none(route_waiting, crew)) == TICKETS
    assert (
        crew.rows(
            "SELECT ticket_id FROM timeline_entry WHERE kind = 'route' GROUP BY 1 HAVING count(*)"
            " <> 1"
        )
        == []
    )
    assert (
        crew.number("SELECT count(*) FROM decision WHERE kind = 'route'")
        == crew.number("SELECT count(*) FROM outbox WHERE event = 'ticket.routed'")
        == TICKETS
    )


def test_assigning_rounds_never_double_and_never_exceed(crew: Crew) -> None:
    def zone() -> None:
        for capacity in (3, 8, 12, 20, 31):
            create_member(capacity_points=capacity)
        away = create_member(capacity_points=1000)
        db.session.add(
            Absence(
                member_id=away.id,
                from_at=TUESDAY - timedelta(days=1),
                to_at=TUESDAY + timedelta(days=1),
            )
        )
        create_member(capacity_points=1000, on_duty=False)
        create_member(capacity_points=1000, active=False)
        create_member(capacity_points=1000, skills={"LEG": 3})
        file_many("POL-03")
        route_waiting(now=TUESDAY)

    crew.do(zone)
    given = until_none(assign_waiting, crew)
    # Two points a ticket: 1 + 4 + 6 + 10 + 15 of them fit.
    assert sum(given) == 36, given
    loads = dict(
        crew.rows(
            "SELECT m.capacity_points, sum(t.effort_points) FROM ticket AS t JOIN member AS m ON"
            " m.id = t.owner_id GROUP BY m.id"
        )
    )
    assert loads == {3: 2, 8: 8, 12: 12, 20: 20, 31: 30}
    assert (
        crew.rows(
            "SELECT ticket_id FROM timeline_entry WHERE kind = 'assign' GROUP BY 1 HAVING count(*)"
            " <> 1"
        )
        == []
    )
    assert (
        crew.number("SELECT count(*) FROM assignment WHERE to_at IS NULL")
        == crew.number("SELECT count(*) FROM ticket WHERE owner_id IS NOT NULL")
        == 36
    )
    # Who found nobody waits visibly, and the lead is told once.
    assert (
        crew.number(
            "SELECT count(*) FROM ticket WHERE owner_id IS NULL AND waiting_reason = 'no_member'"
        )
        == TICKETS - 36
    )
    assert (
        crew.rows(
            "SELECT ticket_id FROM outbox WHERE event = 'ticket.unassignable' GROUP BY 1 HAVING"
            " count(*) <> 1"
        )
        == []
    )


def test_offering_rounds_never_double_and_never_exceed(crew: Crew) -> None:
    def zone() -> None:
        for capacity in (5, 14, 23):
            create_institution(services=("LEG-02",), capacity_points=capacity)
        create_institution(services=("LEG-02",), capacity_points=1000, status="suspended")
        create_institution(
            services=("LEG-02",),
            capacity_points=1000,
            licence_until=(TUESDAY - timedelta(days=2)).date(),
        )
        create_institution(services=("LEG-02",), parks=("SD",), capacity_points=1000)
        create_institution(services=("LEG-01",), capacity_points=1000)
        create_member(capacity_points=1000)
        file_many("LEG-02")
        route_waiting(now=TUESDAY)
        assign_waiting(now=TUESDAY)

    crew.do(zone)
    crew.change("UPDATE ticket SET status = 'accepted', accepted_at = now()")
    given = until_none(offer_waiting, crew)
    # Two points a ticket: 2 + 7 + 11 of them fit.
    assert sum(given) == 20, given
    loads = dict(
        crew.rows(
            "SELECT i.capacity_points, sum(o.effort_points) FROM offer AS o JOIN institution AS i"
            " ON i.id = o.institution_id GROUP BY i.id"
        )
    )
    assert loads == {5: 4, 14: 14, 23: 22}
    assert crew.rows("SELECT ticket_id FROM offer GROUP BY 1 HAVING count(*) <> 1") == []
    assert crew.number("SELECT count(*) FROM ticket WHERE status = 'dispatched'") == 20
    assert (
        crew.number(
            "SELECT count(*) FROM ticket WHERE status = 'accepted' AND waiting_reason ="
            " 'no_institution'"
        )
        == TICKETS - 20
    )
