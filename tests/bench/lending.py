"""Prints copies of the demo's finance centre until it has a million entries, and measures its sums.

Copies lie weeks earlier and belong to other enterprises; their hashes are none, for nothing here
follows the chain.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import psycopg

from service_portal.kernel.db import db
from service_portal.money.firms import bands_of, days_of, firms_of, refusals_of
from service_portal.money.slices import CUTS, Slice
from service_portal.money.sums import MEASURES, changes_by_month, sums_by, sums_of
from tests.bench.measuring import Bench
from tests.bench.reporting import Figure

ENTRIES = 1_000_000
MOST_MS, MOST_FIRMS_MS = 25, 150
ROUNDS = 9
WEEKS = 208

_SOURCE = """
    CREATE TEMP TABLE source AS SELECT * FROM money_entry;
    CREATE TEMP TABLE firm AS
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM enterprise;
    CREATE TEMP TABLE copy AS
        SELECT n, n * (SELECT max(seq) FROM source) AS shift, (n %% %(weeks)s) * 7 AS days,
            n * 37 AS step
        FROM generate_series(1, %(copies)s) AS n;
"""
_FIRM = """
    JOIN firm AS of ON of.id = e.enterprise_id
    JOIN firm ON firm.place = (of.place + c.step) % (SELECT count(*) FROM firm)
"""
_COPIES = (
    f"""
    INSERT INTO credit_application (id, enterprise_id, institution_id, product_code, park_id,
        industry_key, stage_code, amount, first_time, points, applied_on, outcome, reason_code,
        answered_on, line_id, paid_on)
    SELECT e.id + c.shift, firm.id, e.institution_id, e.product_code, e.park_id, e.industry_key,
        e.stage_code, e.amount, e.first_time, e.points, e.applied_on - c.days, e.outcome,
        e.reason_code, e.answered_on - c.days, e.line_id + c.shift, e.paid_on - c.days
    FROM (SELECT * FROM credit_application WHERE id <= (SELECT max(seq) FROM source)) AS e
    CROSS JOIN copy AS c {_FIRM}
    """,
    f"""
    INSERT INTO credit_line (id, enterprise_id, application_id, institution_id, product_code,
        park_id, industry_key, stage_code, first_time, revolving, opened_on, ends_on, amount, drawn,
        repaid, overdue, non_performing, first_drawn_on, closed)
    SELECT e.id + c.shift, firm.id, e.application_id + c.shift, e.institution_id, e.product_code,
        e.park_id, e.industry_key, e.stage_code, e.first_time, e.revolving, e.opened_on - c.days,
        e.ends_on - c.days, e.amount, e.drawn, e.repaid, e.overdue, e.non_performing,
        e.first_drawn_on - c.days, e.closed
    FROM (SELECT * FROM credit_line WHERE id <= (SELECT max(seq) FROM source)) AS e
    CROSS JOIN copy AS c {_FIRM}
    """,
    f"""
    INSERT INTO money_entry (seq, at, day, booked_on, kind, amount, enterprise_id, application_id,
        line_id, institution_id, product_code, park_id, industry_key, stage_code, first_time,
        points, revolving, valid_until, reason_code, slip_code, unique_key, prev, hash)
    SELECT e.seq + c.shift, e.at - c.days * interval '1 day', e.day - c.days, e.booked_on - c.days,
        e.kind, e.amount, firm.id, e.application_id + c.shift, e.line_id + c.shift,
        e.institution_id, e.product_code, e.park_id, e.industry_key, e.stage_code, e.first_time,
        e.points, e.revolving, e.valid_until - c.days, e.reason_code, e.slip_code,
        'copy:' || e.seq + c.shift, '', ''
    FROM source AS e CROSS JOIN copy AS c {_FIRM}
    WHERE e.reverses IS NULL
    """,
)
_KEY = "starts_on, institution_id, product_code, park_id, industry_key, stage_code, booked_from"
_NAMES = ", ".join(MEASURES)
_ADDED = ", ".join(f"sum(s.{name})" for name in MEASURES)
_ROLLUP = (
    f"""
    INSERT INTO money_sum (span, cut, {_KEY}, {_NAMES})
    SELECT 'day', 'each', s.starts_on - c.days, s.institution_id, s.product_code, s.park_id,
        s.industry_key, s.stage_code, s.booked_from - c.days, {_ADDED}
    FROM (SELECT * FROM money_sum WHERE span = 'day' AND cut = 'each') AS s CROSS JOIN copy AS c
    GROUP BY 3, 4, 5, 6, 7, 8, 9
    ON CONFLICT (span, cut, {_KEY}) DO UPDATE
    SET {", ".join(f"{name} = money_sum.{name} + excluded.{name}" for name in MEASURES)}
    """,
    "DELETE FROM money_sum WHERE span <> 'day' OR cut <> 'each'",
    f"""
    INSERT INTO money_sum (span, cut, {_KEY}, {_NAMES})
    SELECT one, 'each', date_trunc(one, s.starts_on), s.institution_id, s.product_code, s.park_id,
        s.industry_key, s.stage_code, date_trunc(one, s.booked_from), {_ADDED}
    FROM money_sum AS s CROSS JOIN unnest(ARRAY['month', 'year']) AS one
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    """,
    f"""
    INSERT INTO money_sum (span, cut, {_KEY}, {_NAMES})
    SELECT s.span, one, s.starts_on,
        CASE WHEN one = 'institution' THEN s.institution_id ELSE 0 END,
        CASE WHEN one = 'product' THEN s.product_code ELSE '' END,
        CASE WHEN one = 'park' THEN s.park_id ELSE 0 END,
        CASE WHEN one = 'industry' THEN s.industry_key ELSE '' END,
        CASE WHEN one = 'stage' THEN s.stage_code ELSE '' END, s.booked_from, {_ADDED}
    FROM money_sum AS s
    CROSS JOIN unnest(ARRAY['all', 'institution', 'product', 'park', 'industry', 'stage']) AS one
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    """,
)


def lending(bench: Bench) -> list[Figure]:
    """Measure what the finance page asks the database, statement by statement."""
    entries = _fill(bench.owner)
    today = bench.owner.execute("SELECT max(day) FROM money_entry").fetchall()[0][0]
    past, known = today - timedelta(days=517), today - timedelta(days=263)
    bank = bench.owner.execute("SELECT min(institution_id) FROM money_entry").fetchall()[0][0]
    parts = {
        "today": Slice(today),
        "of a past day": Slice(past),
        "as known on another": Slice(past, known),
        "of a bank": Slice(today, institution_id=bank),
        "of a bank and an industry": Slice(past, institution_id=bank, industry_key="Robotics"),
    }
    figures = []
    for name, part in parts.items():
        figures.append(_figure(bench, f"five sums {name}", partial(sums_of, part)))
    for by in CUTS:
        figures.append(_figure(bench, f"five sums by {by}", partial(sums_by, Slice(past), by)))
    first = date(today.year - 2, today.month, 1)
    figures.append(
        _figure(bench, "changes of 24 months", partial(changes_by_month, Slice(today), first))
    )
    for name, ask in (
        ("distinct enterprises", firms_of),
        ("days to answer and money", days_of),
        ("refusals by reason", refusals_of),
        ("approvals by points", bands_of),
    ):
        figures.append(_figure(bench, name, partial(ask, Slice(past)), most=MOST_FIRMS_MS))
    for figure in figures:
        figure.note = f"{entries:,} entries"
    return figures


def _figure(bench: Bench, name: str, ask: Callable[[], object], *, most: float = MOST_MS) -> Figure:
    taken = []
    for _ in range(ROUNDS):
        db.session.rollback()
        db.session.connection()
        begun = perf_counter()
        ask()
        taken.append((perf_counter() - begun) * 1000)
    db.session.rollback()
    return bench.figure(f"finance: {name}", median(taken), "ms", most=most)


def _fill(owner: psycopg.Connection[Any]) -> int:
    """Bring the ledger to a million entries, once, and say how many there are."""
    before = owner.execute("SELECT count(*) FROM money_entry").fetchall()[0][0]
    copies = (ENTRIES - before) // max(1, before)
    if copies > 0:
        owner.execute((_SOURCE % {"weeks": WEEKS, "copies": copies}).encode())
        owner.execute("ALTER TABLE money_entry DISABLE TRIGGER USER")
        for statement in (*_COPIES, *_ROLLUP):
            owner.execute(statement.encode())
        owner.execute("ALTER TABLE money_entry ENABLE TRIGGER USER")
        for table in ("money_entry", "money_sum", "credit_line", "credit_application"):
            owner.execute(f"VACUUM ANALYZE {table}".encode())
    return int(owner.execute("SELECT count(*) FROM money_entry").fetchall()[0][0])
