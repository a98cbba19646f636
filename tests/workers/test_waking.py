"""Whatever becomes free takes what waits for it, once, however many rounds run at that moment."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa

from service_portal.assigning.services import assign_waiting
from service_portal.events.inbox import Delivery, concerned_by
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.factories.directory import create_member, create_station
from tests.factories.tickets import TUESDAY
from tests.factories.waiting import a_pattern, at_station, copy_tickets
from tests.workers.conftest import Crew
from workers.handling import drain


def test_a_tick_goes_on_while_it_finds_something_to_do(crew: Crew) -> None:
    found = [5, 3, 0, 1]
    with crew.app.app_context():
        drain("assigning.assign_waiting", lambda _deliveries: found.pop(0), batch=10)
    assert found == [1]


def test_events_name_the_tickets_they_are_about_and_a_tick_names_none() -> None:
    about = partial(
        Delivery, event="ticket.closed", enterprise_id=1, payload={}, attempts=1, lease_token=1
    )
    assert concerned_by([about(id=1, ticket_id=7), about(id=2, ticket_id=9)]) == [7, 9]
    assert concerned_by([]) is None
    assert concerned_by([about(id=1, ticket_id=7), about(id=2, ticket_id=None)]) is None


def test_rounds_at_the_same_moment_give_what_becomes_free_once(crew: Crew) -> None:
    def zone() -> tuple[list[int], list[int]]:
        pattern, stations = a_pattern(), [create_station().id for _ in range(3)]
        members = [
            create_member(station_id=station_id, capacity_points=0, skills={"POL": 1}).id
            for station_id in stations
            for _ in range(2)
        ]
        # Those that nobody there is able to do stand before those that somebody is.
        rows = [at_station(one, category_code="LEG") for one in stations for _ in range(40)]
        rows += [at_station(one, category_code="POL") for one in stations for _ in range(10)]
        copy_tickets(pattern, rows)
        return stations, members

    stations, members = crew.do(zone)
    crew.do(lambda: assign_waiting(now=TUESDAY))
    assert crew.number("SELECT count(*) FROM ticket WHERE waiting_reason = 'no_member'") == 150
    points = crew.number("SELECT max(effort_points) FROM ticket")
    crew.change(
        "UPDATE member SET capacity_points = :room WHERE id = ANY(:ids)",
        room=3 * points,
        ids=members,
    )
    results = crew.at_once(lambda: assign_waiting(now=TUESDAY))
    assert not [result for result in results if isinstance(result, Exception)]
    while crew.do(lambda: assign_waiting(now=TUESDAY)):
        pass
    assert sum(results) > 0
    owned = (
        "SELECT owner_id, count(*), sum(effort_points) FROM ticket WHERE owner_id IS NOT NULL GROUP"
        " BY 1"
    )
    assert sorted(crew.rows(owned)) == [(member_id, 3, 3 * points) for member_id in members]
    twice = "SELECT ticket_id FROM assignment GROUP BY 1 HAVING count(*) <> 1"
    assert crew.rows(twice) == []
    left = sa.select(sa.func.count()).where(
        Ticket.owner_id.is_(None), Ticket.category_code == "POL"
    )
    with crew.app.app_context():
        assert db.session.scalar(left.where(Ticket.station_id.in_(stations))) == 12
