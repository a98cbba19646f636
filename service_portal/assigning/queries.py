"""Reads who waits and who could take it, under locks that keep every claim true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from service_portal.assigning.rules import Candidate, Work
from service_portal.assigning.waiting import COLUMNS
from service_portal.assigning.waiting_rules import can_take_offers
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.words import Words
from service_portal.tickets import predicates as p
from service_portal.tickets.provider_rules import OfferWork, Provider
from service_portal.tickets.providers import lock_institutions, read_providers

_NEW = sa.text(f"""
    SELECT {COLUMNS} FROM ticket WHERE {p.IS_NEW_UNOWNED}
    ORDER BY urgent DESC, id LIMIT :limit FOR UPDATE SKIP LOCKED
""")

# Not those that wait for the enterprise: they come back to somebody when it has answered.
_LEFT = sa.text(f"""
    SELECT t.id, t.enterprise_id, t.owner_id FROM member AS m JOIN ticket AS t ON t.owner_id = m.id
    WHERE NOT m.active AND {p.IS_HANDLED.of("t")}
    ORDER BY t.id LIMIT :limit FOR UPDATE OF t SKIP LOCKED
""")


def lock_left(limit: int) -> Sequence[AnyRow]:
    """Lock open cases whose owner is no longer in use."""
    return db.session.execute(_LEFT, {"limit": limit}).all()


def lock_unowned(limit: int) -> Sequence[AnyRow]:
    """Lock tickets that have a station but no owner and are looked at for the first time.

    Urgent ones come before older ones.
    """
    return db.session.execute(_NEW, {"limit": limit}).all()


# The lock comes first, in a statement of its own: what the next one reads is then nobody else's to
# change.
_LOCK_MEMBERS = sa.text(
    "SELECT id FROM member WHERE station_id = ANY(:stations) AND active ORDER BY id FOR UPDATE"
)

# A member's own calendar says on which days they are on duty; without one it is every day. Promises
# run by the zone's.
DAY_OFF = """NOT coalesce((
            SELECT coalesce((SELECT d.working FROM calendar_day AS d
                WHERE d.calendar_id = c.id AND d.day = CAST(:today AS date)),
                coalesce(jsonb_array_length(c.weekly -> CAST(extract(isodow
                    FROM CAST(:today AS date)) - 1 AS int)::text), 0) > 0)
            FROM calendar AS c WHERE c.id = m.calendar_id), true)"""
# Whoever may not sign in is off duty, whatever the directory says.
ON_DUTY = (
    "(m.on_duty AND NOT EXISTS (SELECT 1 FROM person AS p WHERE p.id = m.person_id AND NOT"
    " p.active))"
)

_MEMBERS = sa.text(f"""
    SELECT m.id, m.name_en, m.name_zh, m.station_id, m.capacity_points, {ON_DUTY} AS on_duty,
        {DAY_OFF} AS day_off, m.last_assigned_at,
        coalesce((SELECT jsonb_object_agg(s.category_code, s.level) FROM member_skill AS s
            WHERE s.member_id = m.id), '{{}}') AS skills,
        EXISTS (SELECT 1 FROM absence AS a
            WHERE a.member_id = m.id AND a.from_at <= :now AND a.to_at > :now) AS absent,
        coalesce((SELECT sum(t.effort_points) FROM ticket AS t WHERE t.owner_id = m.id
            AND {p.IS_OPEN.of("t")}), 0) AS load
    FROM member AS m WHERE m.station_id = ANY(:stations) AND m.active ORDER BY m.id
""")


def lock_candidates(station_ids: set[int], now: datetime) -> list[Candidate]:
    """Lock the members of some stations and read their skills, presence and open points."""
    db.session.execute(_LOCK_MEMBERS, {"stations": sorted(station_ids)})
    return read_candidates(station_ids, now)


def read_candidates(station_ids: set[int], now: datetime) -> list[Candidate]:
    """Read the members of some stations as they are now; without a lock it is only a first look."""
    stations = {"stations": sorted(station_ids)}
    return [
        Candidate(
            r.id,
            Words(r.name_en, r.name_zh),
            r.station_id,
            r.skills,
            r.capacity_points,
            int(r.load),
            r.on_duty,
            r.absent,
            r.last_assigned_at,
            r.day_off,
        )
        for r in db.session.execute(
            _MEMBERS, {**stations, "now": now, "today": now.astimezone(zone_time()).date()}
        )
    ]


def work_of(row: AnyRow) -> Work:
    """Make the plain value the rules work with."""
    return Work(row.id, row.enterprise_id, row.station_id, row.category_code, row.effort_points)


_OFFERABLE = """
    SELECT t.id, t.enterprise_id, t.service_code, t.park_id, t.effort_points, t.service_version_id,
        t.cycle, t.bounces, e.controller,
        ARRAY(
            SELECT o.institution_id FROM offer AS o
            WHERE o.ticket_id = t.id AND NOT ({live})
        ) AS answered
    FROM (SELECT * FROM ticket WHERE {where} FOR UPDATE SKIP LOCKED) AS t
    JOIN enterprise AS e ON e.id = t.enterprise_id ORDER BY t.urgent DESC, t.id
"""

_LIVE = p.IS_LIVE_OFFER.of("o")
_NEW_FIRST = f"{p.IS_NEW_FOR_POOL} ORDER BY urgent DESC, id LIMIT :limit"
_UNOFFERED = sa.text(_OFFERABLE.format(live=_LIVE, where=_NEW_FIRST))
_STUCK = sa.text(_OFFERABLE.format(live=_LIVE, where=f"{p.IS_STUCK_FOR_POOL} AND id = ANY(:ids)"))


def lock_unoffered(limit: int) -> list[AnyRow]:
    """Lock accepted tickets of the pool that are looked at for the first time,
    urgent ones first.
    """
    return list(db.session.execute(_UNOFFERED, {"limit": limit}))


def lock_stuck(ticket_ids: Sequence[int]) -> list[AnyRow]:
    """Lock those of some tickets that still wait for an institution, urgent ones first."""
    return list(db.session.execute(_STUCK, {"ids": list(ticket_ids)})) if ticket_ids else []


def offer_work(row: AnyRow) -> OfferWork:
    """Make the plain value the rules work with."""
    return OfferWork(
        row.id,
        row.enterprise_id,
        row.service_code,
        row.park_id,
        row.effort_points,
        frozenset(row.answered),
        row.controller,
    )


_SCOPES = sa.text("""
    SELECT s.institution_id, s.service_code, s.park_id FROM institution_scope AS s
    JOIN unnest(CAST(:services AS text[]), CAST(:parks AS bigint[])) AS w(service_code, park_id)
        USING (service_code, park_id)
""")
_SCOPES_OF = sa.text("""
    SELECT institution_id, service_code, park_id FROM institution_scope
    WHERE institution_id = ANY(:ids) AND service_code = ANY(:services)
""")
_ACCEPTING = sa.text("""
    SELECT id FROM institution AS i WHERE EXISTS (
        SELECT 1 FROM institution_scope AS s
        WHERE s.institution_id = i.id AND s.service_code = ANY(:services)
    ) ORDER BY id
""")

Pair = tuple[str, int]


def lock_providers(pairs: Collection[Pair], today: date) -> dict[Pair, list[Provider]]:
    """Lock the institutions that accept some services in some parks,
    and read their state and load.
    """
    wanted = sorted(pairs)
    named = {"services": [one for one, _ in wanted], "parks": [park for _, park in wanted]}
    scopes = db.session.execute(_SCOPES, named).all()
    ids = sorted({row.institution_id for row in scopes})
    lock_institutions(ids)
    return _by_pair(scopes, read_providers(ids, today))


def read_able_providers(services: Collection[str], today: date) -> dict[Pair, list[Provider]]:
    """Read the institutions that could take anything of some services, without a lock.

    It is only a first look: whoever decides locks them and reads them again.
    """
    ids = list(db.session.scalars(_ACCEPTING, {"services": list(services)}))
    able = [one for one in read_providers(ids, today) if can_take_offers(one)]
    if not able:
        return {}
    named = {"services": list(services), "ids": [provider.id for provider in able]}
    return _by_pair(db.session.execute(_SCOPES_OF, named).all(), able)


def _by_pair(scopes: Sequence[AnyRow], found: Sequence[Provider]) -> dict[Pair, list[Provider]]:
    providers = {provider.id: provider for provider in found}
    accepting: dict[Pair, list[Provider]] = defaultdict(list)
    for row in scopes:
        accepting[row.service_code, row.park_id].append(providers[row.institution_id])
    return accepting
