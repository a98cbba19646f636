"""An event that breaks its task, or kills it, is tried eight times and set aside where people see
it; the others are done as if it were not there.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from service_portal.events.inbox import MOST_ATTEMPTS, Delivery
from service_portal.kernel.db import db
from service_portal.web.health import parts
from tests.workers.conftest import Crew
from workers.handling import drain

TASK, ROWS, BAD = "testing.note", 20, 8


def note(deliveries: Sequence[Delivery]) -> None:
    """Do something for each event that can't be done twice."""
    for delivery in deliveries:
        db.session.execute(
            sa.text("INSERT INTO heartbeat (part, process, at) VALUES ('noted', :id, now())"),
            {"id": str(delivery.payload["n"])},
        )


def breaks(deliveries: Sequence[Delivery]) -> None:
    """Break on the bad one, after some have been noted."""
    note(deliveries)
    if any(delivery.payload["n"] == BAD for delivery in deliveries):
        raise KeyError("a bad event")


def kills(deliveries: Sequence[Delivery]) -> None:
    """Die of the bad one, after some have been noted."""
    note(deliveries)
    if any(delivery.payload["n"] == BAD for delivery in deliveries):
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def waiting(crew: Crew) -> Crew:
    """Give a crew with some events, one of them bad."""
    crew.change(
        "INSERT INTO outbox (event, task, payload) SELECT 'ticket.filed', :task,"
        " jsonb_build_object('n', n) FROM generate_series(1, :rows) AS n",
        task=TASK,
        rows=ROWS,
    )
    return crew


def noted(crew: Crew) -> int:
    """Count what was done."""
    return crew.number("SELECT count(*) FROM heartbeat WHERE part = 'noted'")


def test_an_event_that_breaks_its_task(waiting: Crew) -> None:
    crew = waiting
    pauses = []
    for attempt in range(1, MOST_ATTEMPTS + 1):
        with crew.app.app_context():
            drain(TASK, breaks, batch=200)
        assert noted(crew) == ROWS - 1, "the others are done at once, and once"
        attempts, pause = crew.rows(
            "SELECT attempts, extract(epoch FROM available_at - clock_timestamp()) FROM outbox"
            " WHERE done_at IS NULL"
        )[0]
        assert attempts == attempt
        pauses.append(round(float(pause)))
        crew.change("UPDATE outbox SET available_at = now()")
    assert pauses == pytest.approx([2, 4, 8, 16, 32, 64, 128, 256], abs=3)
    is_set_aside(crew, "a bad event")


def test_an_event_that_kills_its_worker(waiting: Crew) -> None:
    crew = waiting
    for killed in range(1, MOST_ATTEMPTS + 1):
        assert crew.in_a_process(lambda: drain(TASK, kills, batch=200)) == -signal.SIGKILL
        # The first batch is lost whole. In the next one each row is alone, and whoever stands
        # behind the bad one has the turn after it.
        assert noted(crew) == [0, BAD - 1, *[ROWS - 1] * MOST_ATTEMPTS][killed - 1]
        if killed > 1:
            assert crew.in_a_process(lambda: drain(TASK, kills, batch=200)) == 0
            assert noted(crew) == ROWS - 1
        crew.change(
            "UPDATE outbox SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT"
            " NULL"
        )
    assert crew.in_a_process(lambda: drain(TASK, kills, batch=200)) == 0
    assert crew.number("SELECT max(attempts) FROM outbox WHERE done_at IS NOT NULL") == 2
    is_set_aside(crew, "lost without a word")


def is_set_aside(crew: Crew, reason: str) -> None:
    """Check that the bad event lies apart with its reason, is never tried again, and the status
    page says so.
    """
    assert crew.rows(
        "SELECT payload->>'n', attempts, lease_until, strpos(last_error, :reason) > 0 FROM outbox"
        " WHERE dead_at IS NOT NULL",
        reason=reason,
    ) == [(str(BAD), MOST_ATTEMPTS, None, True)]
    crew.change("UPDATE outbox SET available_at = now()")
    with crew.app.app_context():
        drain(TASK, note, batch=200)
    assert noted(crew) == ROWS - 1
    with crew.app.test_request_context():
        assert parts()["dead_letters"]["status"] == "amber"
