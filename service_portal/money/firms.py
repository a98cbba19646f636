"""What does not add up: distinct enterprises, days from request to answer and money, reasons of
refusals, and how often banks approve by points. As of any day, as known at any day.

What is known today is read from requests and lines; what was known earlier from the entries.
Enterprises are told apart by their social credit code, which is unique among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from service_portal.kernel.codes import among
from service_portal.kernel.db import AnyRow, db
from service_portal.money.codes import HIGHEST_BAND, NO_POINTS
from service_portal.money.slices import CUTS, Slice

_LINES_NOW = """
    SELECT l.id AS line_id, l.enterprise_id, l.first_time, l.opened_on, l.ends_on, l.first_drawn_on,
        l.institution_id, l.product_code, l.park_id, l.industry_key, l.stage_code
    FROM credit_line AS l WHERE l.amount > 0 AND {where}
"""
_STANDING = """
    SELECT l.* FROM money_entry AS l
    WHERE l.booked_on <= :known AND l.reverses IS NULL AND {kinds} AND {where}
        AND NOT EXISTS (
            SELECT FROM money_entry AS r WHERE r.reverses = l.seq AND r.booked_on <= :known
        )
"""
_LINES_KNOWN = """
    SELECT e.line_id, min(e.enterprise_id) AS enterprise_id, bool_or(e.first_time) AS first_time,
        min(e.day) FILTER (WHERE e.kind = 'approved') AS opened_on,
        least(min(e.day) FILTER (WHERE e.kind = 'cancelled'),
            (array_agg(e.valid_until ORDER BY e.seq DESC)
                FILTER (WHERE e.valid_until IS NOT NULL))[1] + 1) AS ends_on,
        min(e.day) FILTER (WHERE e.kind = 'drawn') AS first_drawn_on,
        min(e.institution_id) AS institution_id, min(e.product_code) AS product_code,
        min(e.park_id) AS park_id, min(e.industry_key) AS industry_key,
        min(e.stage_code) AS stage_code
    FROM ({standing}) AS e GROUP BY e.line_id
"""
_FIRMS = """
    SELECT {key} AS key, {is_total} AS is_total,
        count(DISTINCT l.enterprise_id) FILTER (WHERE l.opened_on <= :day AND l.ends_on > :day)
            AS with_line,
        count(DISTINCT l.enterprise_id) FILTER (WHERE l.first_drawn_on <= :day) AS drew,
        count(DISTINCT l.enterprise_id) FILTER (WHERE l.first_drawn_on <= :day AND l.first_time)
            AS first_time
    FROM ({lines}) AS l WHERE l.opened_on <= :day GROUP BY GROUPING SETS ({groups})
"""
_ASKED_NOW = """
    SELECT l.id, l.enterprise_id, l.points, l.applied_on, l.outcome, l.reason_code, l.answered_on,
        l.paid_on
    FROM credit_application AS l WHERE l.amount > 0 AND {where}
"""
_ASKED_KNOWN = """
    SELECT e.application_id AS id, min(e.points) AS points,
        min(e.day) FILTER (WHERE e.kind = 'applied') AS applied_on,
        min(e.kind) FILTER (WHERE e.kind IN ('approved', 'refused', 'withdrawn')) AS outcome,
        min(e.reason_code) AS reason_code,
        min(e.day) FILTER (WHERE e.kind IN ('approved', 'refused', 'withdrawn')) AS answered_on,
        min(e.day) FILTER (WHERE e.kind = 'drawn') AS paid_on
    FROM ({standing}) AS e GROUP BY e.application_id
"""
# Days are whole and the percentile is one that occurred, so that anybody can count it again.
_DAYS = """
    SELECT {each}
    FROM (
        SELECT a.answered_on - a.applied_on AS to_answer, a.paid_on - a.answered_on AS to_money,
            a.paid_on - a.applied_on AS altogether, a.answered_on, a.paid_on
        FROM ({asked}) AS a WHERE a.applied_on <= :day AND a.answered_on <= :day
            AND a.outcome IN ('approved', 'refused')
    ) AS a
"""
_MEASURED = (
    ("to_answer", "true"),
    ("to_money", "a.paid_on <= :day"),
    ("altogether", "a.paid_on <= :day"),
)
_EACH = ", ".join(
    f"count(a.{name}) FILTER (WHERE {when}) AS {name}_of,"
    f" percentile_disc(0.5) WITHIN GROUP (ORDER BY a.{name}) FILTER (WHERE {when})"
    f" AS {name}_median,"
    f" percentile_disc(0.9) WITHIN GROUP (ORDER BY a.{name}) FILTER (WHERE {when}) AS {name}_p90"
    for name, when in _MEASURED
)
_REFUSALS = """
    SELECT a.reason_code AS key, count(*) AS number FROM ({asked}) AS a
    WHERE a.outcome = 'refused' AND a.answered_on <= :day GROUP BY 1 ORDER BY 2 DESC, 1
"""
_BANDS = """
    SELECT CASE WHEN a.points IS NULL THEN {nothing}
        ELSE least({highest}, floor(a.points / 10))::int END AS key,
        count(*) AS answered, count(*) FILTER (WHERE a.outcome = 'approved') AS approved
    FROM ({asked}) AS a
    WHERE a.outcome IN ('approved', 'refused') AND a.answered_on <= :day GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Firms:
    """Distinct enterprises with a valid line, that ever drew, and that drew their first loan."""

    with_line: int = 0
    drew: int = 0
    first_time: int = 0


@dataclass(frozen=True, slots=True)
class Days:
    """How many were measured, and the days of the median and of nine in ten of them."""

    of: int
    median: int | None
    p90: int | None


def firms_of(part: Slice) -> Firms:
    """Count the distinct enterprises of a slice."""
    return firms_and(part, None)[0]


def firms_by(part: Slice, by: str) -> dict[Any, Firms]:
    """Count distinct enterprises by what sums are cut by."""
    return firms_and(part, by)[1]


def firms_and(part: Slice, by: str | None) -> tuple[Firms, dict[Any, Firms]]:
    """Count the distinct enterprises of a slice, and by what sums are cut by: they do not add up to
    those of all.
    """
    column = f"l.{CUTS[by]}" if by else ""
    said = {
        "key": column or "NULL",
        "is_total": f"GROUPING({column}) = 1" if by else "true",
        "groups": f"({column}), ()" if by else "()",
    }
    rows = _ask(_FIRMS, part, lines=lines_of(part), **said)
    found = [(row, Firms(row.with_line, row.drew, row.first_time)) for row in rows]
    total = next((firms for row, firms in found if row.is_total), Firms())
    return total, {row.key: firms for row, firms in found if not row.is_total}


def days_of(part: Slice) -> dict[str, Days]:
    """Give how many days it took from request to answer (`to_answer`), from there to the first
    money (`to_money`), and altogether.
    """
    row = _ask(_DAYS, part, each=_EACH, asked=_asked(part))[0]
    return {
        name: Days(*(getattr(row, f"{name}_{what}") for what in ("of", "median", "p90")))
        for name, _when in _MEASURED
    }


def refusals_of(part: Slice) -> dict[str, int]:
    """Count refusals by their reason, the most frequent first."""
    return {row.key: row.number for row in _ask(_REFUSALS, part, asked=_asked(part))}


def bands_of(part: Slice) -> dict[int, tuple[int, int]]:
    """Count answers and approvals by points, in tens; −1 is for requests without points."""
    ends = {"nothing": str(NO_POINTS), "highest": str(HIGHEST_BAND)}
    rows = _ask(_BANDS, part, asked=_asked(part), **ends)
    return {row.key: (row.answered, row.approved) for row in rows}


def lines_of(part: Slice) -> str:
    """Give the statement that reads the lines of a slice as they were known on its second day."""
    return _known(part, _LINES_NOW, _LINES_KNOWN, ("approved", "changed", "cancelled", "drawn"))


def _asked(part: Slice) -> str:
    kinds = ("applied", "approved", "refused", "withdrawn", "drawn")
    return _known(part, _ASKED_NOW, _ASKED_KNOWN, kinds)


def _known(part: Slice, now: str, known: str, kinds: Iterable[str]) -> str:
    where = " AND ".join(["true", *(f"l.{name} = :{name}" for name in part.cuts)])
    if part.known_at is None:
        return now.format(where=where)
    return known.format(standing=_STANDING.format(kinds=among("l.kind", kinds), where=where))


def _ask(pattern: str, part: Slice, **more: str) -> Sequence[AnyRow]:
    values = {**part.cuts, "day": part.as_of, "known": part.known}
    return db.session.execute(sa.text(pattern.format(**more)), values).all()
