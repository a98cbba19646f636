"""A recount proves what lines of cases and corrections say, not only that they are there: who can
append to the ledger, as the role of the product can, says nothing false in it unseen.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.resolving.services import (
    close_silent,
    confirm_ticket,
    rate_ticket,
    reopen_ticket,
)
from service_portal.tickets.models import Rating, Ticket
from tests.factories.directory import create_institution
from tests.factories.tickets import TUESDAY, enterprise_actor
from tests.factories.usage import create_answered
from tests.services.correcting import DAY, MANAGER
from tests.services.forging import append, differing, line, take_back

CLOSED = TUESDAY + 2 * DAY


def close(ticket: Ticket, asker: Any) -> None:
    """Close an answered ticket as solved."""
    confirm_ticket(
        actor=asker, ticket_id=ticket.id, level=4, verdict="solved", comment="", now=CLOSED
    )
    db.session.flush()


@pytest.fixture
def closed(db_session: None) -> Ticket:
    """A closed ticket whose case counts."""
    asker = enterprise_actor()
    ticket = create_answered(asker=asker)
    close(ticket, asker)
    assert differing() == set()
    return ticket


@pytest.mark.parametrize(
    "false",
    [
        {"institution_id": None},
        {"station_id": 2},
        {"day": "2026-10-15"},
        {"minutes": 60_000},
        {"persons": 5},
        {"park_id": 2},
        {"service_code": "FIN-01"},
        {"category_code": "FIN"},
        {"at": "2026-10-15T04:00:00+00:00", "day": "2026-10-15"},
    ],
    ids="-".join,
)
def test_a_case_put_in_the_place_of_another_is_seen(closed: Ticket, false: dict[str, Any]) -> None:
    if "institution_id" in false:
        false = {"institution_id": create_institution().id}
    case = line(closed)
    take_back(case)
    append(case, **false, unique_key=f"{case['unique_key']}:2")
    assert "closings" in differing()


@pytest.mark.parametrize("measure", ["case", "event"])
def test_a_correction_of_another_day_than_its_moment_is_seen(closed: Ticket, measure: str) -> None:
    take_back(line(closed, measure), day="2019-01-01")
    assert "corrections" in differing()


@pytest.mark.parametrize("measure", ["case", "event"])
def test_a_correction_of_before_its_line_is_seen(closed: Ticket, measure: str) -> None:
    take_back(line(closed, measure), day="2019-01-01", at="2019-01-01T04:00:00+00:00")
    assert "corrections" in differing()


@pytest.mark.parametrize("reason", ["reopened", "not_solved", ""])
def test_a_case_taken_back_without_what_caused_it_is_seen(closed: Ticket, reason: str) -> None:
    take_back(line(closed), reason=reason, actor_person_id=1)
    assert "corrections" in differing()


def test_a_case_taken_back_and_counted_again_recounts_true(db_session: None) -> None:
    asker = enterprise_actor()
    ticket = create_answered(asker=asker)
    close(ticket, asker)
    for days, verdict in ((3, "not_solved"), (4, "partly")):
        rate_ticket(
            actor=asker,
            ticket_id=ticket.id,
            level=None,
            verdict=verdict,
            comment="",
            now=TUESDAY + days * DAY,
        )
        assert differing() == set()
    reopen_ticket(
        actor=MANAGER,
        ticket_id=ticket.id,
        reason="More of it.",
        window_days=30,
        now=TUESDAY + 5 * DAY,
    )
    assert differing() == set()


@pytest.mark.parametrize("verdict", ["partly", None])
def test_a_verdict_that_nobody_gave_is_seen(closed: Ticket, verdict: str | None) -> None:
    changed = sa.update(Rating).where(Rating.ticket_id == closed.id).values(verdict=verdict)
    db.session.execute(changed)
    assert "verdicts" in differing()


def test_a_verdict_in_the_place_of_silence_is_seen(db_session: None) -> None:
    ticket = create_answered(asker=enterprise_actor())
    assert close_silent(working_days=5, now=TUESDAY + 40 * DAY) == 1
    assert differing() == set()
    said = {"source": "enterprise", "level": 5, "verdict": "solved"}
    db.session.execute(sa.update(Rating).where(Rating.ticket_id == ticket.id).values(said))
    assert "verdicts" in differing()
