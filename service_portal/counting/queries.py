"""Recounts usage from what happened, independent of how it was written."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.ledger.queries import differing_rollups, verify

# A corrected event keeps its entry and the reversal beside it, so what is counted once is the entry that is no reversal.
_EVENTS = sa.text("""
    SELECT count(*) FROM (SELECT id FROM service_event WHERE countable) AS e
    FULL JOIN (
        SELECT service_event_id AS id, count(*) FILTER (WHERE quantity = 1) AS counted, sum(quantity) AS n FROM usage_entry WHERE measure = 'event' GROUP BY 1
    ) AS u USING (id)
    WHERE e.id IS NULL AND u.n <> 0 OR e.id IS NOT NULL AND coalesce(u.counted, 0) <> 1
""")

_TWICE = sa.text("""
    SELECT count(*) FROM (
        SELECT 1 FROM service_event WHERE countable
        GROUP BY ticket_id, coalesce(institution_id, -station_id), day HAVING count(*) > 1
    ) AS twice
""")

# Of a closed case the entry of its last cycle is there, corrected or not; every earlier one is reversed. An open one has none left.
_CASES = sa.text("""
    SELECT count(*) FROM (
        SELECT id, cycle, status IN ('closed', 'archived') AND coalesce(close_outcome IN ('resolved', 'partly', 'answered'), false) AS is_case FROM ticket
    ) AS t
    LEFT JOIN (
        SELECT e.ticket_id AS id, array_agg(e.unique_key) AS keys, array_agg(e.unique_key) FILTER (WHERE r.seq IS NULL) AS standing
        FROM usage_entry AS e LEFT JOIN usage_entry AS r ON r.reverses = e.seq WHERE e.measure = 'case' AND e.quantity = 1 GROUP BY 1
    ) AS u USING (id)
    WHERE CASE WHEN t.is_case THEN NOT coalesce(concat('case:', id, ':', cycle) = ANY (u.keys), false) OR NOT coalesce(u.standing, '{}') <@ ARRAY[concat('case:', id, ':', cycle)]
        ELSE u.standing IS NOT NULL END
""")

_REVERSALS = sa.text("""
    SELECT count(*) FROM usage_entry AS r LEFT JOIN usage_entry AS e ON e.seq = r.reverses
    WHERE r.quantity = -1 AND (e.seq IS NULL OR (e.measure, e.ticket_id, e.enterprise_id, e.station_id, e.service_code, e.minutes, e.persons)
        IS DISTINCT FROM (r.measure, r.ticket_id, r.enterprise_id, r.station_id, r.service_code, r.minutes, r.persons))
""")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing recounted: whether it holds, and how far it is off when not."""

    what: str
    holds: bool
    detail: str = ""


def prove() -> list[Finding]:
    """Recount the whole ledger and list every finding, those that hold too."""
    fault = verify()
    findings = [Finding("the chain of the ledger is whole", fault is None, f"{fault.kind} at {fault.seq} {fault.detail}" if fault else "")]
    findings += [Finding(f"{table} equals what was recorded", rows == 0, f"{rows} rows") for table, rows in differing_rollups().items()]
    for what, query in (
        ("every countable service event is counted once, nothing else is", _EVENTS),
        ("no ticket, provider and day counts twice", _TWICE),
        ("every closed case with a result is counted once, nothing else is", _CASES),
        ("every correction undoes exactly one entry", _REVERSALS),
    ):
        off = int(db.session.scalar(query) or 0)
        findings.append(Finding(what, off == 0, f"{off} differ"))
    return findings
