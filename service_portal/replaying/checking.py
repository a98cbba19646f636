"""Checks that a replay has lost nothing and done nothing twice."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from service_portal.counting.queries import prove
from service_portal.kernel.db import db
from service_portal.replaying.playing import Play

# Each gives the tickets that break a promise.
_ROUTED_ONCE = sa.text("""
    SELECT t.id FROM ticket AS t WHERE t.station_id IS NULL
        OR (SELECT count(*) FROM decision AS d WHERE d.ticket_id = t.id AND d.kind = 'route') <> 1
        OR (SELECT count(*) FROM timeline_entry AS e
            WHERE e.ticket_id = t.id AND e.kind = 'route') <> 1
""")
_ASSIGNED_ONCE = sa.text("""
    SELECT t.id FROM ticket AS t WHERE t.owner_id IS NULL
        OR (SELECT count(*) FROM assignment AS a WHERE a.ticket_id = t.id) <> 1
        OR (SELECT count(*) FROM timeline_entry AS e
            WHERE e.ticket_id = t.id AND e.kind = 'assign') <> 1
""")
_COUNTED = sa.text(
    "SELECT ticket_id, sum(quantity) FROM usage_entry WHERE measure = 'event' GROUP BY ticket_id"
)
_ANSWERS = sa.text("SELECT count(*) FROM timeline_entry WHERE kind = 'answer'")
_SPOKE_TWICE = sa.text(
    "SELECT count(*) FROM (SELECT 1 FROM alarm GROUP BY clock_id, rung HAVING count(*) > 1) AS"
    " twice"
)
_TOLD_TWICE = sa.text(
    "SELECT count(*) FROM (SELECT 1 FROM notification WHERE channel IS DISTINCT FROM 'mail'"
    " GROUP BY source, person_id HAVING count(*) > 1) AS twice"
)
_LEFT = sa.text("SELECT count(*) FROM outbox WHERE done_at IS NULL")


@dataclass(frozen=True, slots=True)
class Check:
    """One promise: whether it holds, and how it fails when not."""

    what: str
    holds: bool
    detail: str = ""


def check(play: Play, numbers: dict[str, int]) -> list[Check]:
    """Compare what is stored with what was played, promise by promise."""

    def nobody(what: str, query: sa.TextClause) -> Check:
        off = db.session.scalars(query).all()
        return Check(what, not off, f"{len(off)} are not, such as ticket {off[0]}" if off else "")

    def none_of(what: str, query: sa.TextClause) -> Check:
        off = int(db.session.scalar(query) or 0)
        return Check(what, off == 0, f"{off} are" if off else "")

    given = int(db.session.scalar(_ANSWERS) or 0)
    return [
        Check(
            "every ticket filed is stored once",
            numbers["stored"] == play.filed == len(play.cases),
            f"{len(play.cases)} in the log, {play.filed} filed, {numbers['stored']} stored",
        ),
        nobody("every ticket was routed exactly once", _ROUTED_ONCE),
        nobody("every ticket was assigned exactly once", _ASSIGNED_ONCE),
        Check(
            "every answer given was stored once",
            numbers["answered"] == play.answered and given == play.answers,
            f"{play.answers} given to {play.answered} tickets,"
            f" {given} stored for {numbers['answered']}",
        ),
        _counted_once(play),
        none_of("no reminder was given twice", _SPOKE_TWICE),
        none_of("no message was promised twice", _TOLD_TWICE),
        none_of("nothing is left in the outbox", _LEFT),
        *(Check(finding.what, finding.holds, finding.detail) for finding in prove(now=play.now)),
    ]


def _counted_once(play: Play) -> Check:
    """Hold each ticket's count against the days it was answered on: of a day one event counts."""
    counted = {ticket_id: n for ticket_id, n in db.session.execute(_COUNTED).tuples() if n}
    wanted = {ticket_id: len(days) for ticket_id, days in play.answered_on.items()}
    off = sorted(
        ticket_id
        for ticket_id in counted.keys() | wanted.keys()
        if counted.get(ticket_id, 0) != wanted.get(ticket_id, 0)
    )
    return Check(
        "every answered ticket was counted exactly once, no other was",
        not off,
        f"{len(off)} are not, such as ticket {off[0]}" if off else "",
    )
