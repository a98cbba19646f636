"""Reads who waits and who could take it, under locks that keep every claim true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa

from service_portal.assigning.rules import Candidate, OfferWork, Provider, Work
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.words import Words

_COLUMNS = "id, enterprise_id, station_id, category_code, effort_points, auto_accept, service_version_id, status"
_WAITS = """owner_id IS NULL AND station_id IS NOT NULL
    AND status IN ('submitted', 'returned', 'accepted', 'dispatched', 'in_progress', 'on_hold', 'answered')"""

_NEW = sa.text(f"""
    SELECT {_COLUMNS} FROM ticket WHERE {_WAITS} AND waiting_reason IS DISTINCT FROM 'no_member'
    ORDER BY urgent DESC, id LIMIT :limit FOR UPDATE SKIP LOCKED
""")

# Not those that wait for the enterprise: they come back to somebody when it has answered.
_LEFT = sa.text("""
    SELECT t.id, t.enterprise_id, t.owner_id FROM member AS m JOIN ticket AS t ON t.owner_id = m.id
    WHERE NOT m.active AND t.status IN ('submitted', 'accepted', 'dispatched', 'in_progress', 'on_hold')
    ORDER BY t.id LIMIT :limit FOR UPDATE OF t SKIP LOCKED
""")


def lock_left(limit: int) -> Sequence[AnyRow]:
    """Lock open cases whose owner is no longer in use."""
    return db.session.execute(_LEFT, {"limit": limit}).all()


# Each station has its own share of the second look, so that a long backlog in one does not starve the others.
_STUCK = sa.text(f"""
    SELECT w.* FROM station AS s, LATERAL (
        SELECT {_COLUMNS} FROM ticket WHERE {_WAITS} AND station_id = s.id AND waiting_reason = 'no_member'
        ORDER BY urgent DESC, id LIMIT :limit FOR UPDATE SKIP LOCKED
    ) AS w
""")


def lock_unowned(limit: int) -> list[AnyRow]:
    """Lock tickets that have a station but no owner: new ones first, then those nobody could take so far; urgent ones before older ones."""
    new = db.session.execute(_NEW, {"limit": limit}).all()
    stuck = db.session.execute(_STUCK, {"limit": max(limit // 10, 10)}).all() if len(new) < limit else []
    return [*stuck, *new]


# The lock comes first, in a statement of its own: what the next one reads is then nobody else's to change.
_LOCK_MEMBERS = sa.text("SELECT id FROM member WHERE station_id = ANY(:stations) AND active ORDER BY id FOR UPDATE")

# A member's own calendar says on which days they are on duty; without one it is every day. Promises run by the zone's.
DAY_OFF = """NOT coalesce((
            SELECT coalesce((SELECT d.working FROM calendar_day AS d WHERE d.calendar_id = c.id AND d.day = CAST(:today AS date)),
                coalesce(jsonb_array_length(c.weekly -> CAST(extract(isodow FROM CAST(:today AS date)) - 1 AS int)::text), 0) > 0)
            FROM calendar AS c WHERE c.id = m.calendar_id), true)"""
# Whoever may not sign in is off duty, whatever the directory says.
ON_DUTY = "(m.on_duty AND NOT EXISTS (SELECT 1 FROM person AS p WHERE p.id = m.person_id AND NOT p.active))"

_MEMBERS = sa.text(f"""
    SELECT m.id, m.name_en, m.name_zh, m.station_id, m.capacity_points, {ON_DUTY} AS on_duty, {DAY_OFF} AS day_off, m.last_assigned_at,
        coalesce((SELECT jsonb_object_agg(s.category_code, s.level) FROM member_skill AS s WHERE s.member_id = m.id), '{{}}') AS skills,
        EXISTS (SELECT 1 FROM absence AS a WHERE a.member_id = m.id AND a.from_at <= :now AND a.to_at > :now) AS absent,
        coalesce((SELECT sum(t.effort_points) FROM ticket AS t WHERE t.owner_id = m.id
            AND t.status IN ('submitted', 'returned', 'accepted', 'dispatched', 'in_progress', 'on_hold', 'answered')), 0) AS load
    FROM member AS m WHERE m.station_id = ANY(:stations) AND m.active ORDER BY m.id
""")


def lock_candidates(station_ids: set[int], now: datetime) -> list[Candidate]:
    """Lock the members of some stations and read their skills, presence and open points."""
    stations = {"stations": sorted(station_ids)}
    db.session.execute(_LOCK_MEMBERS, stations)
    return [
        Candidate(r.id, Words(r.name_en, r.name_zh), r.station_id, r.skills, r.capacity_points, int(r.load), r.on_duty, r.absent, r.last_assigned_at, r.day_off)
        for r in db.session.execute(_MEMBERS, {**stations, "now": now, "today": now.astimezone(zone_time()).date()})
    ]


def work_of(row: AnyRow) -> Work:
    """Make the plain value the rules work with."""
    return Work(row.id, row.enterprise_id, row.station_id, row.category_code, row.effort_points)


# The enterprise must have agreed that an institution reads the request; after two bounces the lead decides.
_WAITS_FOR_POOL = "status = 'accepted' AND delivered_by = 'pool' AND bounces < 2 AND consent"

_OFFERABLE = """
    SELECT t.id, t.enterprise_id, t.service_code, t.park_id, t.effort_points, t.service_version_id, t.cycle, t.bounces, e.controller,
        ARRAY(SELECT o.institution_id FROM offer AS o WHERE o.ticket_id = t.id AND o.state IN ('declined', 'expired')) AS answered
    FROM ({picked}) AS t JOIN enterprise AS e ON e.id = t.enterprise_id ORDER BY t.urgent DESC, t.id
"""

_UNOFFERED = sa.text(
    _OFFERABLE.format(
        picked=f"""
        SELECT * FROM ticket WHERE {_WAITS_FOR_POOL} AND waiting_reason IS DISTINCT FROM 'no_institution'
        ORDER BY urgent DESC, id LIMIT :limit FOR UPDATE SKIP LOCKED"""
    )
)

# Each service has its own share of the second look, so that one nobody can deliver does not starve the others.
_NO_INSTITUTION = sa.text(
    _OFFERABLE.format(
        picked=f"""
        SELECT w.* FROM service AS s, LATERAL (
            SELECT * FROM ticket WHERE {_WAITS_FOR_POOL} AND service_code = s.code AND waiting_reason = 'no_institution'
            ORDER BY urgent DESC, id LIMIT :limit FOR UPDATE SKIP LOCKED
        ) AS w"""
    )
)


def lock_unoffered(limit: int) -> list[AnyRow]:
    """Lock accepted tickets of the pool that no institution has: new ones, then those nobody could take so far; urgent ones before older ones."""
    new = db.session.execute(_UNOFFERED, {"limit": limit}).all()
    stuck = db.session.execute(_NO_INSTITUTION, {"limit": max(limit // 50, 5)}).all() if len(new) < limit else []
    return [*stuck, *new]


def offer_work(row: AnyRow) -> OfferWork:
    """Make the plain value the rules work with."""
    return OfferWork(row.id, row.enterprise_id, row.service_code, row.park_id, row.effort_points, frozenset(row.answered), row.controller)


_LOCK_PROVIDERS = sa.text("SELECT id FROM institution WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")

_SCOPES = sa.text("""
    SELECT s.institution_id, s.service_code, s.park_id FROM institution_scope AS s
    JOIN unnest(CAST(:services AS text[]), CAST(:parks AS bigint[])) AS w(service_code, park_id) USING (service_code, park_id)
""")

_PROVIDERS = sa.text("""
    SELECT i.id, i.name_en, i.name_zh, i.status, i.licence_from, i.licence_until, i.capacity_points, i.last_offered_at, i.controller,
        coalesce((SELECT sum(o.effort_points) FROM offer AS o WHERE o.institution_id = i.id AND o.state = 'offered'), 0)
        + coalesce((
            SELECT sum(o.effort_points) FROM ticket AS t JOIN offer AS o ON o.ticket_id = t.id AND o.institution_id = i.id AND o.state = 'accepted'
            WHERE t.institution_id = i.id AND t.status IN ('dispatched', 'in_progress', 'on_hold')), 0) AS load
    FROM institution AS i WHERE i.id = ANY(:ids) ORDER BY i.id
""")


def lock_providers(works: Sequence[OfferWork], today: date) -> dict[tuple[str, int], list[Provider]]:
    """Lock the institutions that accept some tickets' service and park, and read their state and load."""
    pairs = sorted({(work.service_code, work.park_id) for work in works})
    scopes = db.session.execute(_SCOPES, {"services": [s for s, _ in pairs], "parks": [p for _, p in pairs]}).all()
    ids = sorted({row.institution_id for row in scopes})
    db.session.execute(_LOCK_PROVIDERS, {"ids": ids})
    providers = {
        r.id: Provider(
            r.id, Words(r.name_en, r.name_zh), r.status == "admitted",
            (r.licence_from is None or r.licence_from <= today) and r.licence_until is not None and r.licence_until >= today,
            r.capacity_points, int(r.load), r.last_offered_at, r.controller,
        )
        for r in db.session.execute(_PROVIDERS, {"ids": ids})
    }  # fmt: skip
    accepting: dict[tuple[str, int], list[Provider]] = defaultdict(list)
    for row in scopes:
        accepting[row.service_code, row.park_id].append(providers[row.institution_id])
    return accepting


def barred_pairs(works: Sequence[OfferWork]) -> tuple[frozenset[tuple[int, int]], frozenset[tuple[int, int]]]:
    """Read which institutions the enterprises exclude, and with which they have declared conflicts."""
    ids = {"ids": [work.enterprise_id for work in works]}
    barred = db.session.execute(sa.text("SELECT enterprise_id, institution_id FROM enterprise_exclusion WHERE enterprise_id = ANY(:ids)"), ids)
    conflicts = db.session.execute(sa.text("SELECT enterprise_id, institution_id FROM interest_conflict WHERE enterprise_id = ANY(:ids)"), ids)
    return frozenset(map(tuple, barred)), frozenset(map(tuple, conflicts))
