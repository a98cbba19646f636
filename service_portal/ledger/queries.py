"""Proves the usage ledger: its chain, and that the rollups say the same as the entries."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.ledger.discipline import Fault
from service_portal.ledger.models import USAGE

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


def verify() -> Fault | None:
    """Find the first fault of the usage ledger; None when it is whole."""
    return USAGE.verify()


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


def at_one_moment(counts: Mapping[str, str], **values: object) -> dict[str, int]:
    """Read several counts in one statement, so that what is written meanwhile differs in none of
    them.
    """
    parts = ", ".join(f"({query}) AS {name}" for name, query in counts.items())
    row = db.session.execute(sa.text(f"SELECT {parts}"), values).one()
    return {name: int(getattr(row, name) or 0) for name in counts}
