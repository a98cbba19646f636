"""Proves the money ledger: its chain, and that what is kept beside it says what its entries say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from service_portal.kernel.clock import zone_time
from service_portal.kernel.codes import listed
from service_portal.ledger.discipline import Fault
from service_portal.ledger.queries import at_one_moment
from service_portal.ledger.recounting import keys, moments, times
from service_portal.money.codes import Cut
from service_portal.money.models import MONEY
from service_portal.money.slices import CUTS
from service_portal.money.sums import MEASURES

_STANDING = """
    e.reverses IS NULL AND NOT EXISTS (SELECT FROM money_entry AS r WHERE r.reverses = e.seq)
"""

_HAPPENED = """
    WITH recounted AS (
        SELECT day AS starts_on, booked_on AS booked_from, {cuts},
            sum(CASE WHEN kind <> 'applied' THEN 0 WHEN reverses IS NULL THEN 1 ELSE -1 END)
                AS applications,
            sum(CASE WHEN kind <> 'refused' THEN 0 WHEN reverses IS NULL THEN 1 ELSE -1 END)
                AS refusals,
            sum(CASE WHEN kind <> 'approved' THEN 0 WHEN reverses IS NULL THEN 1 ELSE -1 END)
                AS approvals,
            sum(CASE WHEN kind = 'applied' THEN amount ELSE 0 END) AS applied,
            sum(CASE WHEN kind = 'refused' THEN amount ELSE 0 END) AS refused,
            sum(CASE WHEN kind IN ('approved', 'changed') THEN amount ELSE 0 END) AS granted,
            sum(CASE WHEN kind = 'drawn' THEN amount ELSE 0 END) AS drawn,
            sum(CASE WHEN kind = 'repaid' THEN amount ELSE 0 END) AS repaid,
            sum(CASE WHEN kind = 'overdue' THEN amount ELSE 0 END) AS overdue,
            sum(CASE WHEN kind = 'non_performing' THEN amount ELSE 0 END) AS non_performing
        FROM money_entry GROUP BY starts_on, booked_from, {cuts}
    )
    SELECT count(*) FROM recounted AS r
    FULL JOIN (SELECT * FROM money_sum WHERE span = 'day' AND cut = 'each') AS s
        USING (starts_on, booked_from, {cuts})
    WHERE {plain_differ}
"""

# What an entry adds to a line counts from its day until the line ends, if it came before that.
_UNTIL = """
    WITH counted AS (
        SELECT e.day, l.ends_on, {cuts_of_entry},
            CASE WHEN e.kind IN ('approved', 'changed') THEN e.amount ELSE 0 END AS lines,
            CASE WHEN e.kind = 'drawn' THEN e.amount
                WHEN e.kind = 'repaid' AND l.revolving THEN -e.amount ELSE 0 END AS used
        FROM money_entry AS e JOIN credit_line AS l ON l.id = e.line_id
        WHERE e.day < l.ends_on
    ), recounted AS (
        SELECT starts_on, {cuts}, sum(lines) AS lines, sum(used) AS used
        FROM (
            SELECT day AS starts_on, {cuts}, lines, used FROM counted
            UNION ALL
            SELECT ends_on, {cuts}, -lines, -used FROM counted
        ) AS both_ends GROUP BY starts_on, {cuts}
    )
    SELECT count(*) FROM recounted AS r
    FULL JOIN (
        SELECT starts_on, {cuts}, sum(lines) AS lines, sum(used) AS used
        FROM money_sum WHERE span = 'day' AND cut = 'each' GROUP BY starts_on, {cuts}
    ) AS s USING (starts_on, {cuts})
    WHERE (coalesce(r.lines, 0), coalesce(r.used, 0)) <> (coalesce(s.lines, 0), coalesce(s.used, 0))
"""

_SPANS = """
    WITH recounted AS (
        SELECT one AS span, date_trunc(one, starts_on)::date AS starts_on, {cuts},
            date_trunc(one, booked_from)::date AS booked_from, {sums}
        FROM money_sum CROSS JOIN unnest(ARRAY['month', 'year']) AS one
        WHERE span = 'day' AND cut = 'each'
        GROUP BY 1, 2, {cuts}, date_trunc(one, booked_from)
    )
    SELECT count(*) FROM recounted AS r
    FULL JOIN (SELECT * FROM money_sum WHERE span <> 'day' AND cut = 'each') AS s
        USING (span, starts_on, {cuts}, booked_from)
    WHERE {all_differ}
"""

_CUTS = """
    WITH recounted AS (
        SELECT span, one AS cut, starts_on, booked_from, {cut_down}, {sums}
        FROM money_sum CROSS JOIN unnest(ARRAY[{single}]) AS one
        WHERE cut = 'each'
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    )
    SELECT count(*) FROM recounted AS r
    FULL JOIN (SELECT * FROM money_sum WHERE cut <> 'each') AS s
        USING (span, cut, starts_on, booked_from, {cuts})
    WHERE {all_differ}
"""

_LINES = """
    WITH recounted AS (
        SELECT e.line_id AS id, min(e.enterprise_id) AS enterprise_id,
            min(e.application_id) AS application_id,
            sum(CASE WHEN e.kind IN ('approved', 'changed') THEN e.amount ELSE 0 END) AS amount,
            sum(CASE WHEN e.kind = 'drawn' THEN e.amount ELSE 0 END) AS drawn,
            sum(CASE WHEN e.kind = 'repaid' THEN e.amount ELSE 0 END) AS repaid,
            sum(CASE WHEN e.kind = 'overdue' THEN e.amount ELSE 0 END) AS overdue,
            sum(CASE WHEN e.kind = 'non_performing' THEN e.amount ELSE 0 END) AS non_performing,
            min(e.day) FILTER (WHERE e.kind = 'drawn' AND {standing}) AS first_drawn_on,
            coalesce(money_line_end(e.line_id),
                min(e.valid_until) FILTER (WHERE e.kind = 'approved') + 1) AS ends_on
        FROM money_entry AS e WHERE e.line_id IS NOT NULL GROUP BY e.line_id
    )
    SELECT count(*) FROM recounted AS r FULL JOIN credit_line AS l USING (id)
    WHERE (r.enterprise_id, r.application_id, r.amount, r.drawn, r.repaid, r.overdue,
        r.non_performing, r.first_drawn_on, r.ends_on)
        IS DISTINCT FROM (l.enterprise_id, l.application_id, l.amount, l.drawn, l.repaid,
            l.overdue, l.non_performing, l.first_drawn_on, l.ends_on)
"""

_REQUESTS = """
    WITH recounted AS (
        SELECT e.application_id AS id, min(e.enterprise_id) AS enterprise_id,
            coalesce(sum(e.amount) FILTER (WHERE e.kind = 'applied'), 0) AS amount,
            min(e.kind) FILTER (WHERE e.kind IN ('approved', 'refused', 'withdrawn')
                AND {standing}) AS outcome,
            min(e.reason_code) FILTER (WHERE {standing}) AS reason_code,
            min(e.day) FILTER (WHERE e.kind IN ('approved', 'refused', 'withdrawn')
                AND {standing}) AS answered_on,
            min(e.line_id) FILTER (WHERE e.kind = 'approved' AND {standing}) AS line_id,
            min(e.day) FILTER (WHERE e.kind = 'drawn' AND {standing}) AS paid_on
        FROM money_entry AS e GROUP BY e.application_id
    )
    SELECT count(*) FROM recounted AS r FULL JOIN credit_application AS a USING (id)
    WHERE (r.enterprise_id, r.amount, r.outcome, r.reason_code, r.answered_on, r.line_id, r.paid_on)
        IS DISTINCT FROM (a.enterprise_id, a.amount, a.outcome, a.reason_code, a.answered_on,
            a.line_id, a.paid_on)
"""

# A reversal says what its entry says, of its day, with the opposite amount, and a second person
# confirmed it.
_CORRECTIONS = """
    SELECT count(*) FROM money_entry AS r LEFT JOIN money_entry AS e ON e.seq = r.reverses
    WHERE r.reverses IS NOT NULL AND (
        e.reverses IS NOT NULL OR r.seq < e.seq OR r.at < e.at
        OR (e.kind, -e.amount, e.day, e.enterprise_id, e.ticket_id, e.application_id, e.line_id,
            {cuts_of_entry}, e.first_time, e.points, e.revolving, e.valid_until, e.reason_code,
            e.slip_code)
            IS DISTINCT FROM (r.kind, r.amount, r.day, r.enterprise_id, r.ticket_id,
                r.application_id, r.line_id, {cuts_of_reversal}, r.first_time, r.points,
                r.revolving, r.valid_until, r.reason_code, r.slip_code)
        OR NOT EXISTS (
            SELECT FROM money_correction AS c WHERE c.seq = r.reverses
                AND c.decision = 'confirmed' AND c.decided_at = r.at
                AND c.decided_by_id IS NOT DISTINCT FROM r.actor_person_id
        )
    )
"""

# An entry stands under the key of what it is about: under another's key it would keep that from
# being booked.
_KEYS = """
    SELECT count(*) FROM (
        SELECT *, split_part(unique_key, ':', 1) AS what, split_part(unique_key, ':', 2) AS whose
        FROM money_entry WHERE reverses IS NULL
    ) AS e
    WHERE NOT coalesce(CASE
        WHEN what = 'applied' THEN kind = what AND whose = institution_id::text
        WHEN what = 'answered'
            THEN kind IN ('approved', 'refused', 'withdrawn') AND whose = application_id::text
        WHEN what = 'ended' THEN kind IN ('cancelled', 'expired') AND whose = line_id::text
        WHEN what = 'slip' THEN kind IN ('drawn', 'repaid')
            AND starts_with(unique_key, concat('slip:', institution_id, ':', slip_code))
        WHEN what IN ('changed', 'overdue', 'non_performing')
            THEN kind = what AND whose = line_id::text
        ELSE true
    END, false)
"""

_COUNTS = {
    "money_happened": _HAPPENED,
    "money_lasting": _UNTIL,
    "money_spans": _SPANS,
    "money_cuts": _CUTS,
    "money_lines": _LINES,
    "money_requests": _REQUESTS,
    "money_corrections": _CORRECTIONS,
    "money_keys": f"SELECT ({keys('money')}) + ({_KEYS})",
    "money_times": times("money", "day", "booked_on"),
    "money_moments": moments("money", "SELECT seq, at FROM money_entry"),
}


_NOTHING = dict.fromkeys(("product_code", "industry_key", "stage_code"), "''")


def _differ(names: Iterable[str]) -> str:
    return " OR ".join(f"coalesce(r.{name}, 0) <> coalesce(s.{name}, 0)" for name in names)


_FILLED = {
    "cuts": ", ".join(CUTS.values()),
    "cuts_of_entry": ", ".join(f"e.{name}" for name in CUTS.values()),
    "cut_down": ", ".join(
        f"CASE WHEN one = '{name}' THEN {column} ELSE {_NOTHING.get(column, 0)} END AS {column}"
        for name, column in CUTS.items()
    ),
    "single": listed(cut for cut in Cut if cut != Cut.EACH),
    "cuts_of_reversal": ", ".join(f"r.{name}" for name in CUTS.values()),
    "standing": _STANDING,
    "sums": ", ".join(f"sum({name}) AS {name}" for name in MEASURES),
    "plain_differ": _differ(name for name in MEASURES if name not in {"lines", "used"}),
    "all_differ": _differ(MEASURES),
}


def verify() -> Fault | None:
    """Find the first fault of the money ledger; None when it is whole."""
    return MONEY.verify()


def differing(*, now: datetime) -> dict[str, int]:
    """Count what does not equal a recount of the entries, by what is kept, all at one moment."""
    counts = {name: sql.format(**_FILLED) for name, sql in _COUNTS.items()}
    return at_one_moment(counts, now=now, zone=zone_time().key)
