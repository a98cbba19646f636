"""Reads what happened to a ticket and what was said, oldest first, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.kernel.db import AnyRow, db
from service_portal.tickets.own_part import own_line, own_word, reader_of

_LINES = sa.text(f"""
    SELECT line.*, p.name_en AS person_en, p.name_zh AS person_zh FROM (
        SELECT m.at, 'message' AS what, m.id, m.author_name AS name, m.author_id AS person_id,
            m.author_role AS role, m.audience = 'internal' AS internal, m.body, NULL AS kind,
            '{{}}'::jsonb AS data, NULL AS to_status
        FROM message AS m WHERE m.ticket_id = :ticket_id AND m.institution_id IS NULL
            AND (:internal OR m.audience = 'shared')
            AND {own_word("m.author_role", "m.at", ":ticket_id")}
        UNION ALL
        SELECT t.at, 'event', t.id, t.actor_name, t.actor_person_id, t.actor_role,
            t.audience = 'staff', NULL, t.kind, t.data, t.to_status
        FROM timeline_entry AS t
        WHERE t.ticket_id = :ticket_id AND (:internal OR t.audience = 'all')
            AND {own_word("t.actor_role", "t.at", ":ticket_id")} AND {own_line("t")}
    ) AS line
    LEFT JOIN person AS p ON p.id = line.person_id
    WHERE CAST(:at AS timestamptz) IS NULL
        OR (line.at, what, line.id) > (CAST(:at AS timestamptz), :what, CAST(:id AS bigint))
    ORDER BY line.at, what, line.id LIMIT :most
""")


def lines_after(
    ticket_id: int,
    last: tuple[datetime, str, int] | None,
    *,
    actor: Actor,
    internal: bool,
    most: int,
) -> Sequence[AnyRow]:
    """Read up to `most` lines after the last one that its reader has, from the beginning without
    one.

    With `internal` also what the staff write to each other.
    """
    at, what, last_id = last or (None, None, None)
    place = {"at": at, "what": what, "id": last_id, "most": most}
    reader = {"internal": internal, "institution": reader_of(actor)}
    return db.session.execute(_LINES, {"ticket_id": ticket_id, **reader, **place}).all()
