"""What waits is woken by what became free, and does not stand before what could go on."""

from __future__ import annotations

import sqlalchemy as sa

from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.services import assign_waiting
from service_portal.directory.models import Station, StationCoverage
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Offer, Ticket
from tests.factories.directory import create_institution, create_member, create_station
from tests.factories.tickets import TUESDAY
from tests.factories.waiting import a_pattern, at_station, copy_tickets, for_pool


def test_whom_nobody_can_take_does_not_stand_before_whom_somebody_can(db_session: None) -> None:
    pattern, here = a_pattern(), create_station().id
    copy_tickets(pattern, [at_station(here, category_code="LEG")] * 300)
    (last,) = copy_tickets(pattern, [at_station(here, category_code="POL")])
    assert assign_waiting(now=TUESDAY) == 0
    create_member(station_id=here, skills={"POL": 1})
    assert assign_waiting(now=TUESDAY) == 1
    assert db.session.get_one(Ticket, last).owner_id is not None


def test_a_round_woken_by_events_looks_only_where_they_happened(db_session: None) -> None:
    pattern, here, there = a_pattern(), create_station().id, create_station().id
    mine, other = copy_tickets(pattern, [at_station(here), at_station(there)])
    assert assign_waiting(now=TUESDAY) == 0
    create_member(station_id=here)
    create_member(station_id=there)
    assert assign_waiting(now=TUESDAY, concerned=[mine]) == 1
    assert db.session.get_one(Ticket, mine).owner_id is not None
    assert db.session.get_one(Ticket, other).owner_id is None
    assert assign_waiting(now=TUESDAY) == 1, "the tick looks everywhere"


def test_a_case_that_left_a_station_wakes_what_waits_there(db_session: None) -> None:
    pattern, here, there = a_pattern(), create_station().id, create_station().id
    create_member(station_id=here, capacity_points=pattern.effort_points)
    first, waiting = copy_tickets(pattern, [at_station(here), at_station(here)])
    assert assign_waiting(now=TUESDAY) == 1
    moved = {"station_id": there, "owner_id": create_member(station_id=there).id}
    db.session.execute(sa.update(Ticket).where(Ticket.id == first).values(**moved))
    assert assign_waiting(now=TUESDAY, concerned=[first]) == 1
    db.session.expire_all()
    assert db.session.get_one(Ticket, waiting).owner_id is not None


def test_an_answered_case_wakes_what_waits_for_its_institution(db_session: None) -> None:
    pattern = a_pattern("LEG-02")
    capacity = pattern.effort_points
    institution = create_institution(services=("LEG-02", "TST-01"), capacity_points=capacity)
    first, second = copy_tickets(pattern, [for_pool(), for_pool(service_code="TST-01")])
    assert offer_waiting(now=TUESDAY) == 1
    done = {"status": "answered", "institution_id": institution.id, "answered_at": TUESDAY}
    db.session.execute(sa.update(Ticket).where(Ticket.id == first).values(**done))
    db.session.execute(sa.update(Offer).where(Offer.ticket_id == first).values(state="accepted"))
    assert offer_waiting(now=TUESDAY, concerned=[first]) == 1
    db.session.expire_all()
    assert db.session.get_one(Ticket, second).status == "dispatched"


def test_whom_no_station_can_take_does_not_stand_before_whom_one_can(db_session: None) -> None:
    db.session.execute(sa.update(Station).values(is_headquarters=False))
    db.session.execute(sa.delete(StationCoverage))
    pattern = a_pattern()
    nowhere = {"status": "submitted", "closed_at": None, "station_id": None}
    copy_tickets(pattern, [{**nowhere, "category_code": "LEG"}] * 150)
    (last,) = copy_tickets(pattern, [nowhere])
    assert route_waiting(now=TUESDAY) == 0
    here = create_station()
    db.session.add(StationCoverage(station_id=here.id, category_code=pattern.category_code))
    db.session.flush()
    assert route_waiting(now=TUESDAY) == 1
    db.session.expire_all()
    assert db.session.get_one(Ticket, last).station_id == here.id
