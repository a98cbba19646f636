"""Reads which enterprises a lead has to call back."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from service_portal.kernel.db import AnyRow, db

MOST_CALLS = 50

# What it said last; a case that goes on again has nothing said of its present cycle.
_CALLS = sa.text(f"""
    SELECT t.id, t.reference, t.title, t.call_back_due_at, t.contact_name, t.contact_phone,
        e.name_en AS enterprise_en, e.name_zh AS enterprise_zh, s.name_en AS station_en,
        s.name_zh AS station_zh, m.name_en AS owner_en, m.name_zh AS owner_zh, r.level, r.verdict,
        r.comment
    FROM ticket AS t JOIN enterprise AS e ON e.id = t.enterprise_id
    LEFT JOIN station AS s ON s.id = t.station_id LEFT JOIN member AS m ON m.id = t.owner_id
    LEFT JOIN LATERAL (
        SELECT * FROM rating WHERE ticket_id = t.id AND source = 'enterprise'
        ORDER BY cycle DESC LIMIT 1
    ) AS r ON true
    WHERE t.call_back_due_at IS NOT NULL
        AND (CAST(:station AS bigint) IS NULL OR t.station_id = :station)
    ORDER BY t.call_back_due_at, t.id LIMIT {MOST_CALLS + 1}
""")


def to_call_back(station_id: int | None) -> Sequence[AnyRow]:
    """List the tickets whose enterprise is to be called back, what is due first on top; one more
    than fifty at most.
    """
    return db.session.execute(_CALLS, {"station": station_id}).all()
