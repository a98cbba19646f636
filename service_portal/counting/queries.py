"""Recounts usage from what happened, independent of how it was written."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.ledger.queries import differing_rollups, verify

_EVENTS = sa.text("""
    SELECT count(*) FROM (SELECT id FROM service_event WHERE countable) AS e
    FULL JOIN (SELECT service_event_id AS id, sum(quantity) AS n FROM usage_entry WHERE measure = 'event' GROUP BY 1) AS u USING (id)
    WHERE e.id IS NULL AND u.n <> 0 OR e.id IS NOT NULL AND coalesce(u.n, 0) <> 1
""")

_TWICE = sa.text("""
    SELECT count(*) FROM (
        SELECT 1 FROM service_event WHERE countable
        GROUP BY ticket_id, coalesce(institution_id, -station_id), day HAVING count(*) > 1
    ) AS twice
""")

_CASES = sa.text("""
    SELECT count(*) FROM (
        SELECT id FROM ticket WHERE status IN ('closed', 'archived') AND close_outcome IN ('resolved', 'partly', 'answered')
    ) AS t
    FULL JOIN (SELECT ticket_id AS id, sum(quantity) AS n FROM usage_entry WHERE measure = 'case' GROUP BY 1) AS u USING (id)
    WHERE t.id IS NULL AND u.n <> 0 OR t.id IS NOT NULL AND coalesce(u.n, 0) <> 1
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
    findings += [Finding(f"{table} equals the ledger", rows == 0, f"{rows} rows") for table, rows in differing_rollups().items()]
    for what, query in (
        ("every countable service event is counted once, nothing else is", _EVENTS),
        ("no ticket, provider and day counts twice", _TWICE),
        ("every closed case with a result is counted once, nothing else is", _CASES),
        ("every correction undoes exactly one entry", _REVERSALS),
    ):
        off = int(db.session.scalar(query) or 0)
        findings.append(Finding(what, off == 0, f"{off} differ"))
    return findings
