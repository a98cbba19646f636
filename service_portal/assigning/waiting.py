"""Reads what waits by what it waits for: a skill in a station, a service in a park.

Tickets of one kind need the same of whoever takes them, so one answer serves them all, however
many they are. A round asks first who has room at all, then what waits for just that; a ticket
that nobody can take is not touched.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from service_portal.assigning.waiting_rules import MemberKind, PoolKind
from service_portal.kernel.db import AnyRow, db
from service_portal.tickets.predicates import (
    IS_LIVE_OFFER,
    IS_STUCK_FOR_POOL,
    IS_STUCK_UNOWNED,
)

# One look into the index for each; EXISTS might be turned into reading all that wait.
_STATIONS = sa.text(f"""
    SELECT w.station_id FROM station AS s, LATERAL (
        SELECT station_id FROM ticket WHERE {IS_STUCK_UNOWNED} AND station_id = s.id LIMIT 1
    ) AS w
    WHERE CAST(:stations AS bigint[]) IS NULL OR s.id = ANY(:stations)
""")
_SERVICES = sa.text(f"""
    SELECT w.service_code FROM service AS s, LATERAL (
        SELECT service_code FROM ticket WHERE {IS_STUCK_FOR_POOL} AND service_code = s.code LIMIT 1
    ) AS w
    WHERE CAST(:services AS text[]) IS NULL OR s.code = ANY(:services)
""")


def stations_with_waiting(stations: Collection[int] | None) -> set[int]:
    """Give the stations, of these or of all, in which a ticket waits that found nobody."""
    wanted = {"stations": None if stations is None else sorted(stations)}
    return set(db.session.scalars(_STATIONS, wanted))


def services_with_waiting(services: Collection[str] | None) -> set[str]:
    """Give the services, of these or of all, for which a ticket waits that found no institution."""
    wanted = {"services": None if services is None else sorted(services)}
    return set(db.session.scalars(_SERVICES, wanted))


# A leap to the next size costs one look into the index; PostgreSQL 15 does not leap by itself.
_KINDS = """
    WITH RECURSIVE kind AS (
        SELECT n.* FROM unnest(CAST(:first AS {type}[]), CAST(:second AS {other}[])) AS b(x, y),
        LATERAL (
            SELECT {first}, {second}, effort_points FROM ticket
            WHERE {waits} AND {first} = b.x AND {second} = b.y ORDER BY effort_points LIMIT 1
        ) AS n
        UNION ALL
        SELECT n.* FROM kind AS k, LATERAL (
            SELECT {first}, {second}, effort_points FROM ticket
            WHERE {waits} AND {first} = k.{first} AND {second} = k.{second}
              AND effort_points > k.effort_points ORDER BY effort_points LIMIT 1
        ) AS n
    )
    SELECT * FROM kind
"""
_MEMBER_KINDS = sa.text(
    _KINDS.format(
        first="station_id",
        second="category_code",
        type="bigint",
        other="text",
        waits=IS_STUCK_UNOWNED,
    )
)
_POOL_KINDS = sa.text(
    _KINDS.format(
        first="service_code",
        second="park_id",
        type="text",
        other="bigint",
        waits=IS_STUCK_FOR_POOL,
    )
)


def member_kinds(skills: Collection[tuple[int, str]]) -> list[MemberKind]:
    """Give the kinds of which a ticket waits for one of these skills in its station."""
    return [MemberKind(*row) for row in _read_kinds(_MEMBER_KINDS, skills)]


def pool_kinds(pairs: Collection[tuple[str, int]]) -> list[PoolKind]:
    """Give the kinds of which a ticket waits for one of these services in its park."""
    return [PoolKind(*row) for row in _read_kinds(_POOL_KINDS, pairs)]


def _read_kinds(
    query: sa.TextClause, pairs: Collection[tuple[int | str, int | str]]
) -> Sequence[AnyRow]:
    if not pairs:
        return []
    first, second = zip(*sorted(pairs), strict=True)
    return db.session.execute(query, {"first": list(first), "second": list(second)}).all()


# Where a ticket is, and where those who had it before are: it may have left them free.
_STATIONS_OF = sa.text("""
    SELECT station_id FROM ticket WHERE id = ANY(:ids) AND station_id IS NOT NULL
    UNION
    SELECT m.station_id FROM assignment AS a JOIN member AS m ON m.id = a.member_id
    WHERE a.ticket_id = ANY(:ids)
""")
_SERVICES_OF = sa.text("""
    SELECT DISTINCT s.service_code
    FROM offer AS o JOIN institution_scope AS s ON s.institution_id = o.institution_id
    WHERE o.ticket_id = ANY(:ids)
""")


def stations_of(ticket_ids: Collection[int]) -> set[int]:
    """Give the stations in which some tickets are or were: there somebody may have become free."""
    return set(db.session.scalars(_STATIONS_OF, {"ids": list(ticket_ids)}))


def services_of(ticket_ids: Collection[int]) -> set[str]:
    """Give the services of the institutions that some tickets were offered to."""
    return set(db.session.scalars(_SERVICES_OF, {"ids": list(ticket_ids)}))


COLUMNS = """id, enterprise_id, station_id, category_code, effort_points, auto_accept,
    service_version_id, status"""

_STUCK = sa.text(f"""
    SELECT {COLUMNS} FROM ticket
    WHERE {IS_STUCK_UNOWNED} AND id IN (
        SELECT w.id FROM unnest(
            CAST(:stations AS bigint[]), CAST(:categories AS text[]), CAST(:points AS int[]),
            CAST(:places AS int[])
        ) AS k(station_id, category_code, points, places), LATERAL (
            SELECT id, urgent FROM ticket
            WHERE {IS_STUCK_UNOWNED} AND station_id = k.station_id
              AND category_code = k.category_code AND effort_points = k.points
            ORDER BY urgent DESC, id LIMIT k.places
        ) AS w
        ORDER BY w.urgent DESC, w.id LIMIT :limit
    )
    ORDER BY urgent DESC, id FOR UPDATE SKIP LOCKED
""")


def lock_stuck(places: Mapping[MemberKind, int], limit: int) -> Sequence[AnyRow]:
    """Lock, of each kind, as many waiting tickets as there are places for, urgent and old ones
    first.
    """
    if not places:
        return []
    kinds = list(places)
    values = {
        "stations": [kind.station_id for kind in kinds],
        "categories": [kind.category_code for kind in kinds],
        "points": [kind.points for kind in kinds],
        "places": [min(places[kind], limit) for kind in kinds],
        "limit": limit,
    }
    return db.session.execute(_STUCK, values).all()


# For each institution with room as many as there is room for among all of them: whatever is left
# out stands behind enough tickets that the same institution can take to fill them all.
# Pairs that may not meet are looked up in one table made for the statement.
_OFFERABLE_STUCK = sa.text(f"""
    WITH barred AS MATERIALIZED (
        SELECT institution_id, enterprise_id FROM enterprise_exclusion
        WHERE institution_id = ANY(:institutions)
        UNION
        SELECT institution_id, enterprise_id FROM interest_conflict
        WHERE institution_id = ANY(:institutions)
        UNION
        SELECT i.id, e.id FROM institution AS i
        JOIN enterprise AS e ON e.controller = i.controller AND e.controller <> ''
        WHERE i.id = ANY(:institutions)
    )
    SELECT w.id FROM unnest(
        CAST(:services AS text[]), CAST(:parks AS bigint[]), CAST(:points AS int[]),
        CAST(:institutions AS bigint[]), CAST(:places AS int[])
    ) AS k(service_code, park_id, points, institution_id, places), LATERAL (
        SELECT t.id, t.urgent FROM ticket AS t
        WHERE {IS_STUCK_FOR_POOL} AND t.service_code = k.service_code
          AND t.park_id = k.park_id AND t.effort_points = k.points
          AND (k.institution_id, t.enterprise_id)
              NOT IN (SELECT institution_id, enterprise_id FROM barred)
          AND (t.bounces + t.turns = 0 OR NOT EXISTS (
              SELECT 1 FROM offer AS o
              WHERE o.ticket_id = t.id AND o.institution_id = k.institution_id
                AND NOT ({IS_LIVE_OFFER.of("o")})
          ))
        ORDER BY t.urgent DESC, t.id LIMIT k.places
    ) AS w
    GROUP BY w.id, w.urgent ORDER BY w.urgent DESC, w.id LIMIT :limit
""")


def offerable(places: Mapping[tuple[PoolKind, int], int], limit: int) -> list[int]:
    """Name waiting tickets that an institution with room can take, urgent and old ones first.

    `places` says for a kind and an institution with room how many of the kind all of them have
    room for.
    """
    if not places:
        return []
    pairs = list(places)
    values = {
        "services": [kind.service_code for kind, _ in pairs],
        "parks": [kind.park_id for kind, _ in pairs],
        "points": [kind.points for kind, _ in pairs],
        "institutions": [institution_id for _, institution_id in pairs],
        "places": [min(places[pair], limit) for pair in pairs],
        "limit": limit,
    }
    return list(db.session.scalars(_OFFERABLE_STUCK, values))
