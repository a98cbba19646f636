"""Whatever happens to a case, in whatever order: what must always hold of it does."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
import sqlalchemy as sa

from service_portal.counting.queries import prove
from service_portal.kernel.db import db
from service_portal.tickets.models import Clock, Ticket
from service_portal.tickets.rules import ENDED, EXTENDABLE, Status
from tests.services.days import days_by_party
from tests.services.histories import NAMES, History

SEEDS, STEPS = 24, 40
# Every third one is in every run.
EVERY = 1 if os.environ.get("PORTAL_TEST_WHOLE") == "true" else 3
RUNNING = {Status.IN_PROGRESS, Status.ON_HOLD}


def running(ticket: Ticket) -> set[str]:
    """Give the kinds of promises that run on a ticket."""
    kinds = sa.select(Clock.kind).where(Clock.ticket_id == ticket.id, Clock.stopped_at.is_(None))
    return set(db.session.scalars(kinds))


def check(history: History) -> None:
    """Look whether what must hold does."""
    ticket = history.case.now()
    offers = history.case.offers()
    status, told = Status(ticket.status), (ticket.status, history.done)
    live = [one for one in offers if one.state in {"offered", "accepted"}]
    assert len(live) <= 1, told
    has_it = [one.institution_id for one in live if one.state == "accepted"]
    assert ([] if ticket.institution_id is None else [ticket.institution_id]) == has_it, told
    assert (status is Status.DISPATCHED) == any(one.state == "offered" for one in live), told
    kinds = running(ticket)
    assert ("offer" in kinds) == (status is Status.DISPATCHED), told
    assert ("handle" in kinds) == (bool(has_it) and status in RUNNING), told
    assert ("look_again" in kinds) == (status is Status.ON_HOLD), told
    assert ("resolve" in kinds) == (status not in ENDED | {Status.ANSWERED}), told
    asked = ticket.extension_due_at
    assert (asked is None) == (ticket.extension_asked_by_id is None), told
    if asked is not None:
        assert status in EXTENDABLE, told
        assert ticket.resolve_due_at is not None and asked > ticket.resolve_due_at, told
    assert ("call_back" in kinds) == (ticket.call_back_due_at is not None), told
    for one in offers:
        came_back = one.state in {"taken_back", "given_back"}
        assert came_back == (one.ended_at is not None) == (one.party is not None), told


def counted(ticket: Ticket) -> tuple[int, int, int, int]:
    """Count what was delivered, the lines of it that stand, and those of cases."""
    row = db.session.execute(
        sa.text("""
            SELECT (SELECT count(*) FROM service_event WHERE ticket_id = :id AND countable),
                (SELECT coalesce(sum(quantity), 0) FROM usage_entry
                    WHERE ticket_id = :id AND measure = 'event'),
                (SELECT coalesce(sum(quantity), 0) FROM usage_entry
                    WHERE ticket_id = :id AND measure = 'case'),
                (SELECT count(*) FROM ticket AS t JOIN rating AS r
                    ON r.ticket_id = t.id AND r.cycle = t.cycle
                    WHERE t.id = :id AND t.status = 'closed' AND t.close_outcome = 'resolved'
                        AND r.verdict <> 'not_solved')
        """),
        {"id": ticket.id},
    ).one()
    return tuple(map(int, row))  # type: ignore[return-value]  # four numbers


@pytest.mark.parametrize("seed", range(0, SEEDS, EVERY))
def test_what_must_always_hold_of_a_case_does(db_session: None, seed: int) -> None:
    history = History(seed)
    for _ in range(STEPS):
        history.go()
        check(history)
    ticket = history.case.now()
    delivered, events, cases, solved = counted(ticket)
    assert events == delivered, history.done
    assert cases == solved, history.done
    assert [one.what for one in prove(now=history.at) if not one.holds] == [], history.done
    end = ticket.closed_at or history.at
    took = days_by_party(ticket.id, until=end)
    assert sum(took.values(), timedelta()) == end - ticket.filed_at, (took, history.done)


def test_together_they_reach_every_act(db_session: None) -> None:
    """Whatever is never done proves nothing."""
    done: set[str] = set()
    for seed in range(SEEDS):
        # One after the other, each in a zone of its own.
        alone = db.session.begin_nested()
        history = History(seed)
        for _ in range(STEPS):
            history.go()
        alone.rollback()
        done |= set(history.done)
        if done == NAMES:
            return
    assert done == NAMES
