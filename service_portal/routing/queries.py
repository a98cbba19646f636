"""Reads the routing table and the tickets that wait for a station."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from service_portal.directory.models import Station, StationCoverage
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.words import Words
from service_portal.routing.models import RoutingRule
from service_portal.routing.rules import Rule, StationFacts, Table
from service_portal.tickets.predicates import IS_UNROUTED


def read_table() -> Table:
    """Read stations, coverage and active rules as plain values."""
    stations = {
        row.id: StationFacts(
            row.id, Words(row.name_en, row.name_zh), row.position, row.is_headquarters
        )
        for row in db.session.execute(
            sa.select(
                Station.id,
                Station.name_en,
                Station.name_zh,
                Station.position,
                Station.is_headquarters,
            ).where(Station.active)
        )
    }
    coverage: dict[tuple[int | None, str], list[int]] = defaultdict(list)
    for row in db.session.execute(
        sa.select(
            StationCoverage.station_id, StationCoverage.park_id, StationCoverage.category_code
        )
    ):
        coverage[row.park_id, row.category_code].append(row.station_id)
    rules = [
        Rule(
            r.id,
            Words(r.name_en, r.name_zh),
            r.conditions,
            r.station_id,
            r.valid_from,
            r.valid_until,
            r.version,
        )
        for r in db.session.scalars(
            sa.select(RoutingRule)
            .where(RoutingRule.active)
            .order_by(RoutingRule.position, RoutingRule.id)
        )
    ]
    return Table(rules, stations, coverage)


_FACTS = """t.id, t.enterprise_id, t.service_code, t.category_code, t.park_id, t.amount, t.urgent,
    p.code AS park_code, e.tags"""
_UNROUTED = """
    SELECT {facts} FROM (
        SELECT * FROM ticket WHERE {unrouted} AND {which}
        FOR UPDATE SKIP LOCKED
    ) AS t JOIN park AS p ON p.id = t.park_id JOIN enterprise AS e ON e.id = t.enterprise_id
    ORDER BY t.id
"""
_NEW = sa.text(
    _UNROUTED.format(
        facts=_FACTS,
        unrouted=IS_UNROUTED,
        which="waiting_reason IS NULL ORDER BY id LIMIT :limit",
    )
)
_STUCK = sa.text(
    _UNROUTED.format(
        facts=_FACTS,
        unrouted=IS_UNROUTED,
        which="waiting_reason IS NOT NULL AND id = ANY(:ids)",
    )
)
# What the same rules would say the same of, side by side; the oldest of each.
_KINDS = sa.text(f"""
    SELECT t.service_code, t.category_code, t.park_id, t.amount, t.urgent, p.code AS park_code,
        e.tags, (array_agg(t.id ORDER BY t.id))[1:(:limit)] AS ids
    FROM ticket AS t JOIN park AS p ON p.id = t.park_id
    JOIN enterprise AS e ON e.id = t.enterprise_id
    WHERE {IS_UNROUTED.of("t")} AND t.waiting_reason IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6, 7
""")


def lock_unrouted(limit: int) -> Sequence[AnyRow]:
    """Lock up to `limit` tickets that no round has looked at yet, oldest first; those another round
    holds are skipped.
    """
    return db.session.execute(_NEW, {"limit": limit}).all()


def stuck_kinds(limit: int) -> Sequence[AnyRow]:
    """Give what is known of the tickets no station could take so far, the alike together, with the
    ids of the oldest.
    """
    return db.session.execute(_KINDS, {"limit": limit}).all()


def lock_stuck(ticket_ids: Sequence[int]) -> Sequence[AnyRow]:
    """Lock those of some tickets that still wait for a station, oldest first."""
    return db.session.execute(_STUCK, {"ids": list(ticket_ids)}).all() if ticket_ids else []


def all_rules() -> Sequence[RoutingRule]:
    """List every rule in order, switched-off ones included."""
    return db.session.scalars(
        sa.select(RoutingRule).order_by(RoutingRule.position, RoutingRule.id)
    ).all()
