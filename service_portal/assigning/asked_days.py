"""Reads for which cases a later day is asked, for whoever decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from service_portal.kernel.db import AnyRow, db

MOST_ASKED = 50

# Who asked, in which words; and how long the enterprise was promised first.
_ASKED = sa.text(f"""
    SELECT t.id, t.reference, t.title, t.resolve_due_at, t.extension_due_at,
        t.extension_asked_by_id, e.name_en AS enterprise_en, e.name_zh AS enterprise_zh,
        s.name_en AS station_en, s.name_zh AS station_zh, p.name_en AS asker_en,
        p.name_zh AS asker_zh, i.name_en AS institution_en, i.name_zh AS institution_zh,
        said.data ->> 'reason' AS reason
    FROM ticket AS t JOIN enterprise AS e ON e.id = t.enterprise_id
    LEFT JOIN station AS s ON s.id = t.station_id
    LEFT JOIN person AS p ON p.id = t.extension_asked_by_id
    LEFT JOIN institution AS i ON i.id = t.institution_id
    JOIN LATERAL (
        SELECT data FROM timeline_entry WHERE ticket_id = t.id AND kind = 'ask_extension'
        ORDER BY at DESC, id DESC LIMIT 1
    ) AS said ON true
    WHERE t.extension_due_at IS NOT NULL AND t.resolve_due_at > :at
        AND (CAST(:station AS bigint) IS NULL OR t.station_id = :station)
    ORDER BY t.resolve_due_at, t.id LIMIT {MOST_ASKED + 1}
""")


def asked_days(station_id: int | None, at: datetime) -> Sequence[AnyRow]:
    """List the cases for which a later day is asked, what is due first on top; one more than fifty
    at most.
    """
    return db.session.execute(_ASKED, {"station": station_id, "at": at}).all()
