"""What a recount proves of every ledger besides its chain: keys stand where they belong, and
nothing is written of another time than its own.

Each statement counts what is off, of the ledger `name`. Parameters are `now` and `zone`.
"""

from __future__ import annotations

# An entry is found by its key: under that of another one's reversal, this would never be written.
_KEYS = """
    SELECT count(*) FROM {name}_entry
    WHERE (reverses IS NOT NULL OR unique_key LIKE 'reverse:%')
        AND unique_key IS DISTINCT FROM concat('reverse:', reverses)
"""

# An hour is for clocks and for acts that were under way. An anchor is kept when its day is over,
# wherever that is first.
_TIMES = """
    SELECT (
        SELECT count(*) FROM {name}_entry
        WHERE at > CAST(:now AS timestamptz) + interval '1 hour' OR greatest({days})
            > ((CAST(:now AS timestamptz) + interval '1 hour') AT TIME ZONE :zone)::date
    ) + (
        SELECT count(*) FROM {name}_anchor
        WHERE at > CAST(:now AS timestamptz) + interval '1 hour'
            OR (at AT TIME ZONE 'UTC' + interval '14 hours')::date <= day
    )
"""

# What was written after an anchor was kept is of a moment after it: nobody books in the past.
# Before the first entry nothing is past: a demo and a replayed log begin there.
_MOMENTS = """
    SELECT count(*) FROM (
        SELECT at, max(kept) OVER (ORDER BY seq, kept NULLS FIRST) AS kept
        FROM (
            SELECT seq, at, NULL::timestamptz AS kept FROM ({written}) AS written
            UNION ALL
            SELECT seq, NULL, at FROM {name}_anchor WHERE seq > 0
        ) AS both_kinds
    ) AS in_order
    WHERE at < kept - interval '1 hour'
"""


def keys(name: str) -> str:
    """Count entries with the key of another's reversal, and reversals without their own."""
    return _KEYS.format(name=name)


def times(name: str, *days: str) -> str:
    """Count entries of a time to come, by their moment and these columns, and anchors of one."""
    return _TIMES.format(name=name, days=", ".join(days))


def moments(name: str, written: str) -> str:
    """Count entries that are older than an anchor before them; `written` gives `seq`, and the
    moment in which each was written as `at`.
    """
    return _MOMENTS.format(name=name, written=written)
