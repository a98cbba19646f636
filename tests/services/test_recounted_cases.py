"""A recount proves what lines of cases and corrections say, not only that they are there: who can
append to the ledger, as the role of the product can, says nothing false in it unseen.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.counting.queries import prove
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.ledger.models import UsageEntry
from service_portal.ledger.services import keep_anchor
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
from tests.services.correcting import DAY, MANAGER, correct

CLOSED = TUESDAY + 2 * DAY
GIVEN = {"seq", "prev", "hash", "month", "digest_version"}


def differing() -> set[str]:
    """Name the checks that fail."""
    db.session.flush()
    return {finding.code for finding in prove() if not finding.holds}


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


def line(ticket: Ticket, measure: str = "case") -> dict[str, Any]:
    """Give what the line of a ticket says, as an entry is appended."""
    wanted = UsageEntry.ticket_id == ticket.id, UsageEntry.measure == measure
    seq = db.session.scalar(sa.select(sa.func.min(UsageEntry.seq)).where(*wanted))
    found = sa.text("SELECT to_jsonb(e) FROM usage_entry AS e WHERE seq = :seq")
    said: dict[str, Any] = db.session.scalar(found, {"seq": seq})
    return {"seq": seq, **{name: value for name, value in said.items() if name not in GIVEN}}


def append(said: dict[str, Any], **other: Any) -> None:
    """Append an entry past the product."""
    entry = {name: value for name, value in said.items() if name != "seq"} | other
    db.session.execute(
        sa.text("SELECT usage_append(CAST(:entry AS jsonb))"), {"entry": json.dumps(entry)}
    )


def take_back(said: dict[str, Any], **other: Any) -> None:
    """Append the reversal of a line past the product."""
    key = f"reverse:{said['seq']}"
    taken = {"quantity": -1, "reverses": said["seq"], "unique_key": key, "reason": "wrong"}
    append(said, **{**taken, **other})


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


# An anchor bears no moment that is still to come, whatever hour it is where the test runs.
ANCHORED = datetime(2026, 1, 10, 4, tzinfo=UTC)


def test_a_line_of_a_day_whose_anchor_is_kept_is_seen(closed: Ticket) -> None:
    keep_anchor(now=ANCHORED, zone=zone_time())
    take_back(line(closed), at="2026-01-08T04:00:00+00:00", day="2026-01-08")
    assert "moments" in differing()


def test_what_people_do_after_an_anchor_recounts_true(closed: Ticket) -> None:
    keep_anchor(now=ANCHORED, zone=zone_time())
    wanted = UsageEntry.ticket_id == closed.id, UsageEntry.measure == "event"
    correct(db.session.scalars(sa.select(UsageEntry).where(*wanted)).one())
    assert differing() == set()


def test_an_anchor_of_a_time_to_come_makes_no_line_false(closed: Ticket) -> None:
    keep_anchor(now=datetime(2999, 1, 1, tzinfo=UTC), zone=zone_time())
    at = db.session.scalar(sa.text("SELECT max(at) FROM usage_anchor"))
    assert at <= datetime.now(UTC) + timedelta(minutes=1)


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
