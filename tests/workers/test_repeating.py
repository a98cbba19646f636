"""Every event may arrive as often as it likes and at several workers at once: after the first time
nothing changes any more.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from queue import Empty, Queue
from random import Random
from threading import Event
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.assigning.answering import accept_offer, decline_offer
from service_portal.events.relay import Relay
from service_portal.events.subscriptions import LISTENERS
from service_portal.facts.rules import Source
from service_portal.facts.services import record_fact
from service_portal.kernel.db import db
from service_portal.reminding.services import fire_due
from service_portal.resolving.services import answer_ticket, confirm_ticket
from service_portal.tickets.models import Offer
from service_portal.working.services import accept_ticket, start_work
from tests.factories.accounts import create_person
from tests.factories.directory import create_institution, create_member, station
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor
from tests.workers.conftest import Crew

# What an event's delivery itself leaves behind, and what tells the time.
TRACES = {"outbox": ("attempts", "lease_token", "lease_until", "done_at"), "heartbeat": ("at",)}
TIMES = 3
WORKERS = 3


def contents(crew: Crew) -> dict[str, str]:
    """Digest every table but for the traces."""
    tables = [
        row[0] for row in crew.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    without = {
        table: "".join(f" - '{column}'" for column in TRACES.get(table, ())) for table in tables
    }
    return {
        table: crew.rows(
            "SELECT count(*) || md5(coalesce(string_agg(row, ',' ORDER BY row), '')) FROM (SELECT"
            f' (to_jsonb(t){without[table]})::text AS row FROM "{table}" AS t) AS r'
        )[0][0]
        for table in tables
    }


def staff(role: Role, *, station_id: int | None = None, institution_id: int | None = None) -> Actor:
    """Give somebody with a person and a membership, and a member's row in a station."""
    person = create_person()
    member = (
        create_member(person_id=person.id, station_id=station_id, capacity_points=1000)
        if station_id is not None
        else None
    )
    membership = Membership(
        person_id=person.id, role=role, station_id=station_id, institution_id=institution_id
    )
    db.session.add(membership)
    db.session.flush()
    return Actor(
        role=role,
        person_id=person.id,
        membership_id=membership.id,
        member_id=member.id if member else None,
        name=person.name_en,
        station_id=station_id,
        institution_id=institution_id,
    )


def eventful(crew: Crew) -> None:
    """Take some tickets through everything that makes events, and settle after each step."""

    def people() -> tuple[Actor, Actor, list[Actor], list[int]]:
        asker, lead = enterprise_actor(), staff(Role.STATION_LEAD, station_id=station().id)
        houses = [
            staff(Role.INSTITUTION_LEAD, institution_id=create_institution(services=("LEG-02",)).id)
            for _ in range(2)
        ]
        return (
            asker,
            lead,
            houses,
            [
                create_ticket(service, actor=asker).id
                for service in ("POL-01", "POL-03", "LEG-02") * 2
            ],
        )

    asker, lead, houses, ids = crew.do(people)
    crew.settle()
    crew.do(lambda: [accept_ticket(actor=lead, ticket_id=ids[n], now=TUESDAY) for n in (1, 2, 5)])
    crew.settle()

    def offers(answer: Any) -> None:
        for offer in db.session.scalars(sa.select(Offer).where(Offer.state == "offered")).all():
            answer(
                next(house for house in houses if house.institution_id == offer.institution_id),
                offer.id,
            )

    crew.do(
        lambda: offers(
            lambda house, offer_id: decline_offer(
                actor=house, offer_id=offer_id, reason_code="no_capacity", comment="", now=TUESDAY
            )
        )
    )
    crew.settle()
    crew.do(
        lambda: offers(
            lambda house, offer_id: accept_offer(actor=house, offer_id=offer_id, now=TUESDAY)
        )
    )

    def finish() -> None:
        start_work(actor=lead, ticket_id=ids[1], now=TUESDAY)
        answer_ticket(
            actor=lead,
            ticket_id=ids[1],
            body="Everything is in order.",
            outcome="resolved",
            channel="document",
            minutes=20,
            evidence_note="slip 1",
            now=TUESDAY,
        )
        confirm_ticket(
            actor=asker, ticket_id=ids[1], level=5, verdict="solved", comment="", now=TUESDAY
        )
        fire_due(now=TUESDAY + timedelta(days=20))

    crew.do(finish)
    crew.settle()
    crew.do(
        lambda: record_fact(
            actor=asker,
            enterprise_id=asker.enterprise_id or 0,
            year=2025,
            code="staff",
            value=Decimal(9),
            source=Source.OWN,
            now=TUESDAY,
        )
    )
    crew.settle()


def test_repeated_events_change_nothing(crew: Crew) -> None:
    eventful(crew)
    events = {row[0] for row in crew.rows("SELECT DISTINCT event FROM outbox")}
    assert {task for event in events for task in LISTENERS[event]} == {
        task for tasks in LISTENERS.values() for task in tasks
    }, "every listening task is tried"
    before = contents(crew)
    random = Random(7)
    ids = [row[0] for row in crew.rows("SELECT id FROM outbox")]
    tasks = sorted({task for listening in LISTENERS.values() for task in listening})
    for _ in range(TIMES):
        # In another order each time: rows are claimed by what is ready.
        for some in (random.sample(ids, len(ids) // 2), ids):
            crew.change(
                "UPDATE outbox SET done_at = NULL, lease_until = NULL, attempts = 0 WHERE id ="
                " ANY(:ids)",
                ids=some,
            )
            with ThreadPoolExecutor(WORKERS) as pool:
                list(pool.map(crew.run, random.sample(tasks * WORKERS, len(tasks) * WORKERS)))
            undone = (
                "SELECT task, event, attempts, lease_until, last_error FROM outbox WHERE done_at IS"
                " NULL"
            )
            assert crew.rows(undone) == []
    assert {
        table: digest for table, digest in contents(crew).items() if before[table] != digest
    } == {}


def test_two_relays_and_three_workers_lose_and_double_nothing(crew: Crew) -> None:
    tickets, hints, stop = 60, Queue[str](), Event()

    def zone() -> Actor:
        create_member(capacity_points=1000)
        return enterprise_actor()

    asker = crew.do(zone)

    def relay(_: int) -> None:
        one = Relay(send=hints.put)
        with crew.app.app_context():
            while not stop.is_set():
                one.look(monotonic=time.monotonic())
                db.session.remove()
                time.sleep(0.02)

    def work(_: int) -> None:
        while not stop.is_set():
            try:
                crew.run(hints.get(timeout=0.05))
            except Empty:
                continue

    with ThreadPoolExecutor(5) as pool:
        running = [pool.submit(relay, 1), pool.submit(relay, 2)]
        running += [pool.submit(work, n) for n in range(WORKERS)]
        for _ in range(tickets):
            crew.do(lambda: create_ticket("POL-03", actor=asker))
        until = time.monotonic() + 60
        while time.monotonic() < until and crew.number(
            "SELECT count(*) FROM outbox WHERE done_at IS NULL"
        ):
            time.sleep(0.05)
        stop.set()
        for one in running:
            one.result()
    assert crew.number("SELECT count(*) FROM outbox WHERE done_at IS NOT NULL") == tickets * 4
    assert (
        crew.rows("SELECT ticket_id, kind FROM timeline_entry GROUP BY 1, 2 HAVING count(*) <> 1")
        == []
    )
    assert (
        crew.number("SELECT count(*) FROM assignment")
        == crew.number("SELECT count(*) FROM ticket WHERE owner_id IS NOT NULL")
        == tickets
    )
    assert (
        crew.rows(
            "SELECT ticket_id, kind FROM notification GROUP BY 1, 2, person_id HAVING count(*) <> 1"
        )
        == []
    )


def test_a_long_backlog_of_one_task_does_not_hide_another(crew: Crew) -> None:
    crew.change(
        "INSERT INTO outbox (event, task, payload) SELECT 'ticket.filed', 'notifications.tell',"
        " '{}' FROM generate_series(1, 5000)"
    )
    crew.change(
        "INSERT INTO outbox (event, task, payload) VALUES ('ticket.filed', 'routing.route_waiting',"
        " '{}')"
    )
    hinted: list[str] = []
    with crew.app.app_context():
        Relay(send=hinted.append).look(monotonic=time.monotonic())
    assert set(hinted) == {"notifications.tell", "routing.route_waiting"}
