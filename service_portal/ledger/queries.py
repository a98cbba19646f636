"""Proves the ledger: the chain, the gaps, the anchors, and that the rollups say the same as the
entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from service_portal.kernel.db import db

_BROKEN = sa.text("""
    WITH chained AS (
        SELECT e.seq, e.prev, e.hash, usage_digest(e.prev, e) AS digest,
               lag(e.seq, 1, 0::bigint) OVER w AS seq_before,
               lag(e.hash, 1, '\\x00'::bytea) OVER w AS hash_before
        FROM usage_entry AS e WINDOW w AS (ORDER BY e.seq)
    )
    SELECT seq,
           CASE WHEN seq <> seq_before + 1 THEN 'gap'
                WHEN prev <> hash_before THEN 'chain'
                ELSE 'content' END AS fault
    FROM chained
    WHERE seq <> seq_before + 1 OR prev <> hash_before OR hash <> digest
    ORDER BY seq LIMIT 1
""")

_HEAD = sa.text("""
    SELECT h.seq AS head_seq, h.hash AS head_hash, coalesce(e.seq, 0) AS last_seq,
        coalesce(e.hash, '\\x00') AS last_hash
    FROM usage_head AS h
    LEFT JOIN LATERAL (SELECT seq, hash FROM usage_entry ORDER BY seq DESC LIMIT 1) AS e ON true
""")

_ANCHORS = sa.text("""
    SELECT a.day, a.seq FROM usage_anchor AS a LEFT JOIN usage_entry AS e ON e.seq = a.seq
    WHERE a.seq > 0 AND (e.seq IS NULL OR e.hash <> a.hash) ORDER BY a.day LIMIT 1
""")

_MONTHS = """
    WITH recounted AS (
        SELECT month, station_id, coalesce(institution_id, 0) AS institution_id, park_id,
            service_code,
               min(category_code) AS first_category, max(category_code) AS last_category,
               sum(quantity) FILTER (WHERE measure = 'event') AS events,
               sum(quantity) FILTER (WHERE measure = 'case') AS cases,
               sum(quantity * minutes) AS minutes, sum(quantity * persons) AS persons
        FROM usage_entry GROUP BY 1, 2, 3, 4, 5
    )
    SELECT count(*) FROM recounted AS r
    FULL JOIN usage_month AS u USING (month, station_id, institution_id, park_id, service_code)
    WHERE (coalesce(r.events, 0), coalesce(r.cases, 0), coalesce(r.minutes, 0),
        coalesce(r.persons, 0))
       <> (coalesce(u.events, 0), coalesce(u.cases, 0), coalesce(u.minutes, 0),
           coalesce(u.persons, 0))
       OR (r.first_category, r.last_category) IS DISTINCT FROM (u.category_code, u.category_code)
"""

_ENTERPRISES = """
    WITH recounted AS (
        SELECT month, enterprise_id, station_id, coalesce(institution_id, 0) AS institution_id,
            park_id, category_code,
               sum(quantity) FILTER (WHERE measure = 'event') AS events,
               sum(quantity) FILTER (WHERE measure = 'case') AS cases,
                   sum(quantity * minutes) AS minutes
        FROM usage_entry GROUP BY 1, 2, 3, 4, 5, 6
    )
    SELECT count(*) FROM recounted AS r
    FULL JOIN usage_enterprise_month AS u USING (month, enterprise_id, station_id, institution_id,
        park_id, category_code)
    WHERE (coalesce(r.events, 0), coalesce(r.cases, 0), coalesce(r.minutes, 0))
       <> (coalesce(u.events, 0), coalesce(u.cases, 0), coalesce(u.minutes, 0))
"""


_EXCLUDED = """
    WITH recounted AS (
        SELECT date_trunc('month', e.day)::date AS month, e.station_id,
            coalesce(e.institution_id, 0) AS institution_id, t.park_id, t.category_code,
            count(*) AS contacts
        FROM service_event AS e JOIN ticket AS t ON t.id = e.ticket_id WHERE NOT e.countable
        GROUP BY 1, 2, 3, 4, 5
    )
    SELECT count(*) FROM recounted AS r
    FULL JOIN usage_excluded_month AS u USING (month, station_id, institution_id, park_id,
        category_code)
    WHERE coalesce(r.contacts, 0) <> coalesce(u.contacts, 0)
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the ledger and where: `seq` of the first bad entry, if one is to blame."""

    kind: str
    seq: int | None = None
    detail: str = ""


def verify() -> Fault | None:
    """Find the first change, deletion, insertion, swap, cut or rewritten tail; None when the ledger
    is whole.
    """
    broken = db.session.execute(_BROKEN).first()
    if broken is not None:
        return Fault(broken.fault, broken.seq)
    head = db.session.execute(_HEAD).one()
    if (head.head_seq, bytes(head.head_hash)) != (head.last_seq, bytes(head.last_hash)):
        return Fault("head", head.last_seq, f"head says {head.head_seq}")
    anchor = db.session.execute(_ANCHORS).first()
    if anchor is not None:
        return Fault("anchor", anchor.seq, str(anchor.day))
    return None


def differing_rollups() -> dict[str, int]:
    """Count the rollup rows that do not equal a recount of the entries and contacts, by table, all
    at one moment.
    """
    return at_one_moment(
        {
            "usage_month": _MONTHS,
            "usage_enterprise_month": _ENTERPRISES,
            "usage_excluded_month": _EXCLUDED,
        }
    )


def at_one_moment(counts: Mapping[str, str]) -> dict[str, int]:
    """Read several counts in one statement, so that what is written meanwhile differs in none of
    them.
    """
    parts = ", ".join(f"({query}) AS {name}" for name, query in counts.items())
    row = db.session.execute(sa.text(f"SELECT {parts}")).one()
    return {name: int(getattr(row, name) or 0) for name in counts}
