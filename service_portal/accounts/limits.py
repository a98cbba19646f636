"""Counts how often something is done, shared by all web processes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from service_portal.accounts.limit_rules import Limit
from service_portal.kernel.db import db

Uses = list[tuple[str, Limit]]

_COUNT = sa.text("""
    INSERT INTO throttle (key, window_at, hits)
    SELECT one.key, one.window_at, 1
    FROM unnest(:keys, :windows) AS one (key, window_at) ORDER BY one.key, one.window_at
    ON CONFLICT (key, window_at) DO UPDATE SET hits = throttle.hits + 1 RETURNING key, hits
""").bindparams(
    sa.bindparam("keys", type_=ARRAY(sa.Text)),
    sa.bindparam("windows", type_=ARRAY(sa.DateTime(timezone=True))),
)

_TAKE_BACK = sa.text("""
    UPDATE throttle AS t SET hits = greatest(t.hits - 1, 0)
    FROM unnest(:keys, :windows) AS one (key, window_at)
    WHERE t.key = one.key AND t.window_at = one.window_at
""").bindparams(
    sa.bindparam("keys", type_=ARRAY(sa.Text)),
    sa.bindparam("windows", type_=ARRAY(sa.DateTime(timezone=True))),
)

_FORGET = sa.text("""
    UPDATE throttle AS t SET hits = 0 FROM unnest(:keys, :windows) AS one (key, window_at)
    WHERE t.key = one.key AND t.window_at = one.window_at
""").bindparams(
    sa.bindparam("keys", type_=ARRAY(sa.Text)),
    sa.bindparam("windows", type_=ARRAY(sa.DateTime(timezone=True))),
)


def uses(name: str, limits: Iterable[Limit]) -> Uses:
    """Give what one act uses up under a name."""
    return [(f"{name[:180]}:{limit.window.total_seconds():.0f}", limit) for limit in limits]


def spend(some: Uses, *, now: datetime) -> int:
    """Count one act and give the seconds after which it may be done, 0 when it may be done now.

    The windows of one length are counted in one statement, so that acts at the same moment cannot
    pass a limit together, the shortest first: what a short window refuses counts in no longer one,
    so nobody uses up a month in a day. What is refused counts for nothing: whoever goes on trying
    uses up nothing that others share. It is committed before the act, or with it.
    """
    spent: Uses = []
    for window in sorted({limit.window for _key, limit in some}):
        these = [(key, limit) for key, limit in some if limit.window == window]
        hits = {row.key: row.hits for row in db.session.execute(_COUNT, _rows(these, now=now))}
        wait = max((limit.wait(now) for key, limit in these if hits[key] > limit.most), default=0)
        spent += these
        if wait:
            take_back(spent, now=now)
            return wait
    return 0


def take_back(some: Uses, *, now: datetime) -> None:
    """Count an act as not done: it was its owner's."""
    if some:
        db.session.execute(_TAKE_BACK, _rows(some, now=now))


def forget(some: Uses, *, now: datetime) -> None:
    """Count all that was done in the present windows as not done."""
    db.session.execute(_FORGET, _rows(some, now=now))


def _rows(some: Uses, *, now: datetime) -> dict[str, list[object]]:
    return {
        "keys": [key for key, _limit in some],
        "windows": [limit.begin(now) for _key, limit in some],
    }
