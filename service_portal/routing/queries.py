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


def read_table() -> Table:
    """Read stations, coverage and active rules as plain values."""
    stations = {
        row.id: StationFacts(row.id, Words(row.name_en, row.name_zh), row.position, row.is_headquarters)
        for row in db.session.execute(
            sa.select(Station.id, Station.name_en, Station.name_zh, Station.position, Station.is_headquarters).where(Station.active)
        )
    }
    coverage: dict[tuple[int | None, str], list[int]] = defaultdict(list)
    for row in db.session.execute(sa.select(StationCoverage.station_id, StationCoverage.park_id, StationCoverage.category_code)):
        coverage[row.park_id, row.category_code].append(row.station_id)
    rules = [
        Rule(r.id, Words(r.name_en, r.name_zh), r.conditions, r.station_id, r.valid_from, r.valid_until, r.version)
        for r in db.session.scalars(sa.select(RoutingRule).where(RoutingRule.active).order_by(RoutingRule.position, RoutingRule.id))
    ]
    return Table(rules, stations, coverage)


_UNROUTED = sa.text("""
    SELECT t.id, t.enterprise_id, t.service_code, t.category_code, t.park_id, t.amount, t.urgent, p.code AS park_code, e.tags
    FROM (
        SELECT * FROM (
            SELECT id, enterprise_id, service_code, category_code, park_id, amount, urgent FROM ticket
            WHERE station_id IS NULL AND status = 'submitted' AND waiting_reason IS NULL ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
        ) AS new
        UNION ALL
        SELECT * FROM (
            SELECT id, enterprise_id, service_code, category_code, park_id, amount, urgent FROM ticket
            WHERE station_id IS NULL AND status = 'submitted' AND waiting_reason IS NOT NULL ORDER BY id LIMIT :again FOR UPDATE SKIP LOCKED
        ) AS stuck
    ) AS t
    JOIN park AS p ON p.id = t.park_id JOIN enterprise AS e ON e.id = t.enterprise_id
    ORDER BY t.id
""")


def lock_unrouted(limit: int) -> Sequence[AnyRow]:
    """Lock up to `limit` tickets without a station, oldest first, and some that no station could take so far; those another round holds are skipped."""
    return db.session.execute(_UNROUTED, {"limit": limit, "again": max(limit // 10, 10)}).all()


def all_rules() -> Sequence[RoutingRule]:
    """List every rule in order, switched-off ones included."""
    return db.session.scalars(sa.select(RoutingRule).order_by(RoutingRule.position, RoutingRule.id)).all()
