"""What waits is kept by what it waits for: nobody able and free is left beside a ticket that waits,
however many wait and in whatever order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from service_portal.assigning import queries
from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.rules import by_station, why_not
from service_portal.assigning.services import assign_waiting
from service_portal.assigning.waiting import COLUMNS
from service_portal.directory.models import (
    Absence,
    EnterpriseExclusion,
    Institution,
    InterestConflict,
    Member,
    MemberSkill,
)
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.tickets import predicates as p
from service_portal.tickets.models import Offer, Ticket
from service_portal.tickets.provider_rules import why_not_offer
from service_portal.tickets.providers import barred_pairs
from tests.factories.directory import (
    create_enterprise,
    create_institution,
    create_member,
    create_station,
    park,
)
from tests.factories.tickets import TUESDAY
from tests.factories.waiting import a_pattern, at_station, copy_tickets, enterprises, for_pool

HOUR = timedelta(hours=1)
CATEGORIES = ("POL", "LEG", "TST")
SERVICES = ("LEG-02", "LEG-03", "TST-01")
PARKS = ("NH", "SD")
IN_ZONES = settings(
    deadline=None,
    max_examples=25,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

_WAITING = sa.text(f"SELECT {COLUMNS} FROM ticket WHERE {p.IS_UNOWNED}")
_UNOFFERED = sa.text(f"""
    SELECT t.id, t.enterprise_id, t.service_code, t.park_id, t.effort_points, e.controller,
        ARRAY(SELECT institution_id FROM offer AS o
              WHERE o.ticket_id = t.id AND state IN ('declined', 'expired')) AS answered
    FROM ticket AS t JOIN enterprise AS e ON e.id = t.enterprise_id
    WHERE t.id IN (SELECT id FROM ticket WHERE {p.WAITS_FOR_POOL})
""")


@contextmanager
def thrown_away() -> Iterator[None]:
    """Undo what one example did."""
    begun = db.session.begin_nested()
    try:
        yield
    finally:
        begun.rollback()
        db.session.expunge_all()


def missed_by_members(now: Any) -> list[str]:
    """Name the tickets that wait although a member could take them, judged by the rules alone."""
    waiting = [queries.work_of(row) for row in db.session.execute(_WAITING)]
    members = by_station(queries.read_candidates({work.station_id for work in waiting}, now))
    return [
        f"{work} could be taken by {member.name.en}"
        for work in waiting
        for member in members.get(work.station_id, ())
        if why_not(work, member) is None
    ]


def missed_by_pool(now: Any) -> list[str]:
    """Name the tickets that wait although an institution could take them, judged by the rules."""
    waiting = [queries.offer_work(row) for row in db.session.execute(_UNOFFERED)]
    asked = {(work.service_code, work.park_id) for work in waiting}
    pool = queries.lock_providers(asked, now.astimezone(zone_time()).date())
    pairs = barred_pairs(waiting)
    return [
        f"{work} could be taken by {institution.name.en}"
        for work in waiting
        for institution in pool.get((work.service_code, work.park_id), ())
        if why_not_offer(work, institution, *pairs) is None
    ]


def rounds_of(round_of: Callable[..., int], *, limit: int, tickets: int) -> None:
    """Run one round, or with a small limit as many as it may take to come to every ticket."""
    for _ in range(1 if limit > tickets else 2 * tickets + 1):
        round_of(now=TUESDAY, limit=limit)


def end_some(where: Any, random: Random) -> None:
    """Withdraw a part of the tickets, and the offers of these."""
    for ticket_id in db.session.scalars(sa.select(Ticket.id).where(where)).all():
        if random.random() < 0.4:
            ended = {"status": "withdrawn", "closed_at": TUESDAY}
            db.session.execute(sa.update(Ticket).where(Ticket.id == ticket_id).values(**ended))
            theirs = sa.update(Offer).where(Offer.ticket_id == ticket_id)
            db.session.execute(theirs.values(state="withdrawn"))


MEMBERS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sets(st.sampled_from(CATEGORIES)),
        st.integers(0, 12),
        st.sampled_from(("there", "there", "off duty", "absent")),
    ),
    max_size=6,
)
TICKETS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(CATEGORIES),
        st.integers(1, 5),
        st.booleans(),
    ),
    max_size=25,
)


@IN_ZONES
@given(MEMBERS, TICKETS, TICKETS, st.randoms(use_true_random=False), st.sampled_from((1, 3, 1000)))
def test_after_a_round_no_ticket_waits_beside_a_member_who_could_take_it(
    db_session: None,
    members: list[Any],
    first: list[Any],
    later: list[Any],
    random: Random,
    limit: int,
) -> None:
    with thrown_away():
        pattern, stations = a_pattern(), [create_station().id, create_station().id]

        def arrive(tickets: list[Any]) -> None:
            rows = [
                at_station(
                    stations[at], category_code=category, effort_points=points, urgent=urgent
                )
                for at, category, points, urgent in tickets
            ]
            copy_tickets(pattern, rows)

        made = []
        for at, skills, capacity, presence in members:
            member = create_member(
                station_id=stations[at],
                skills=dict.fromkeys(skills, 1),
                capacity_points=capacity,
                on_duty=presence != "off duty",
            )
            if presence == "absent":
                away = {"from_at": TUESDAY - HOUR, "to_at": TUESDAY + HOUR}
                db.session.add(Absence(member_id=member.id, **away))
            made.append(member.id)
        arrive(first)
        rounds_of(assign_waiting, limit=limit, tickets=len(first))
        assert missed_by_members(TUESDAY) == []
        # What becomes free: cases end, somebody comes back, learns something, can carry more.
        end_some(Ticket.owner_id.is_not(None), random)
        for member_id in made:
            change = random.choice(("nothing", "duty", "capacity", "skill", "back"))
            named = sa.update(Member).where(Member.id == member_id)
            if change == "duty":
                db.session.execute(named.values(on_duty=True))
            elif change == "capacity":
                db.session.execute(named.values(capacity_points=Member.capacity_points + 3))
            elif change == "skill":
                skill = {"member_id": member_id, "category_code": random.choice(CATEGORIES)}
                db.session.merge(MemberSkill(**skill, level=1))
            elif change == "back":
                db.session.execute(sa.delete(Absence).where(Absence.member_id == member_id))
        arrive(later)
        db.session.flush()
        rounds_of(assign_waiting, limit=limit, tickets=len(first + later))
        assert missed_by_members(TUESDAY) == []


POOL = st.lists(
    st.tuples(
        st.sets(st.sampled_from(SERVICES), min_size=1),
        st.sets(st.sampled_from(PARKS), min_size=1),
        st.integers(0, 12),
        st.sampled_from(("admitted", "admitted", "admitted", "suspended", "expired")),
        st.sampled_from(("", "", "Jinyu Holding")),
    ),
    max_size=5,
)
CASES = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(SERVICES),
        st.sampled_from(PARKS),
        st.integers(1, 5),
        st.booleans(),
    ),
    max_size=25,
)


@IN_ZONES
@given(POOL, CASES, st.randoms(use_true_random=False), st.sampled_from((1, 3, 500)))
def test_after_a_round_no_ticket_waits_beside_an_institution_that_could_take_it(
    db_session: None, pool: list[Any], cases: list[Any], random: Random, limit: int
) -> None:
    with thrown_away():
        pattern, parks = a_pattern("LEG-02"), {code: park(code).id for code in PARKS}
        asking = [create_enterprise(controller="Jinyu Holding").id, *enterprises(3)]
        made = []
        for services, places, capacity, state, controller in pool:
            lapsed = state == "expired"
            institution = create_institution(
                services=tuple(sorted(services)),
                parks=tuple(sorted(places)),
                capacity_points=capacity,
                controller=controller,
                status="admitted" if lapsed else state,
                licence_until=date(2026, 1, 1) if lapsed else date(2035, 1, 1),
            )
            made.append(institution.id)
            for enterprise_id in asking:
                barred = {"enterprise_id": enterprise_id, "institution_id": institution.id}
                if random.random() < 0.2:
                    db.session.add(EnterpriseExclusion(**barred))
                elif random.random() < 0.2:
                    db.session.add(InterestConflict(**barred))
        rows = [
            for_pool(
                enterprise_id=asking[who],
                service_code=service,
                park_id=parks[place],
                effort_points=points,
                urgent=urgent,
            )
            for who, service, place, points, urgent in cases
        ]
        ids = copy_tickets(pattern, rows)
        for ticket_id, row in zip(ids, rows, strict=True):
            if made and random.random() < 0.3:
                offer = {"institution_id": random.choice(made), "state": "declined"}
                owner = {"ticket_id": ticket_id, "enterprise_id": row["enterprise_id"]}
                db.session.add(Offer(**offer, **owner, offered_at=TUESDAY, answered_at=TUESDAY))
                bounced = sa.update(Ticket).where(Ticket.id == ticket_id).values(bounces=1)
                db.session.execute(bounced)
        db.session.flush()
        rounds_of(offer_waiting, limit=limit, tickets=len(cases))
        assert missed_by_pool(TUESDAY) == []
        # What becomes free: cases end, an institution is admitted, can carry more.
        end_some(Ticket.status == "dispatched", random)
        for institution_id in made:
            named = sa.update(Institution).where(Institution.id == institution_id)
            change = random.choice(("nothing", "admitted", "capacity"))
            if change == "admitted":
                valid = date(2035, 1, 1)
                db.session.execute(named.values(status="admitted", licence_until=valid))
            elif change == "capacity":
                more = Institution.capacity_points + 4
                db.session.execute(named.values(capacity_points=more))
        rounds_of(offer_waiting, limit=limit, tickets=len(cases))
        assert missed_by_pool(TUESDAY) == []
