"""Says in whose hands the time of a case lay, from its promise, the pauses of it, and the offers by
which institutions had it.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.tickets.codes import Party
from service_portal.tickets.models import Clock, ClockPause, Offer


class Span(NamedTuple):
    """From when to when, and with whom."""

    begin: datetime
    end: datetime
    party: str


def days_by_party(ticket_id: int, *, until: datetime) -> dict[str, timedelta]:
    """Give the time that each party had a case, up to a moment.

    While its promise runs that is the institution that has the case, else the station; while it
    stands still, who is waited for; between an answer and the next promise, the enterprise.
    """
    runs = _runs(ticket_id, until)
    waits = _pauses(ticket_id, until)
    taken = _taken(ticket_id, until)
    edges = {moment for one in (*runs, *waits, *taken) for moment in (one.begin, one.end)}
    took: dict[str, timedelta] = defaultdict(timedelta)
    first, last = min(one.begin for one in runs), until
    inside = sorted({first, last, *(one for one in edges if first <= one <= last)})
    for begin, end in pairwise(inside):
        took[_whose(begin, runs, waits, taken)] += end - begin
    return dict(took)


def _whose(at: datetime, runs: list[Span], waits: list[Span], taken: list[Span]) -> str:
    if not any(one.begin <= at < one.end for one in runs):
        return Party.ENTERPRISE
    for spans in (waits, taken):
        found = [one.party for one in spans if one.begin <= at < one.end]
        assert len(found) <= 1, "two parties at once"
        if found:
            return found[0]
    return Party.STATION


def _runs(ticket_id: int, until: datetime) -> list[Span]:
    rows = db.session.execute(
        sa.select(Clock.started_at, Clock.stopped_at)
        .where(Clock.ticket_id == ticket_id, Clock.kind == "resolve")
        .order_by(Clock.id)
    )
    return [Span(row.started_at, row.stopped_at or until, "") for row in rows]


def _pauses(ticket_id: int, until: datetime) -> list[Span]:
    rows = db.session.execute(
        sa.select(ClockPause.from_at, ClockPause.to_at, ClockPause.party)
        .join(Clock, Clock.id == ClockPause.clock_id)
        .where(Clock.ticket_id == ticket_id, Clock.kind == "resolve")
    )
    return [Span(row.from_at, row.to_at or until, row.party) for row in rows]


def _taken(ticket_id: int, until: datetime) -> list[Span]:
    rows = db.session.execute(
        sa.select(Offer.answered_at, Offer.ended_at).where(
            Offer.ticket_id == ticket_id,
            Offer.state.in_(["accepted", "taken_back", "given_back"]),
        )
    )
    return [Span(row.answered_at, row.ended_at or until, Party.INSTITUTION) for row in rows]
