"""What is due, and what a moment is called, hangs on the database's clock, not on that of whichever
host does the work.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service_portal.kernel import clock as kernel_clock
from service_portal.kernel.db import db, hear_time
from tests.factories.tickets import create_ticket
from tests.workers.conftest import Crew

HOUR = timedelta(hours=1)
AHEAD = """
    SELECT 'alarm', count(*) FROM alarm WHERE fired_at > clock_timestamp()
    UNION ALL SELECT 'timeline', count(*) FROM timeline_entry WHERE at > clock_timestamp()
    UNION ALL SELECT 'notification', count(*) FROM notification
    WHERE created_at > clock_timestamp() OR sent_at > clock_timestamp()
    UNION ALL SELECT 'assignment', count(*) FROM assignment WHERE from_at > clock_timestamp()
    UNION ALL SELECT 'decision', count(*) FROM decision WHERE at > clock_timestamp()
    UNION ALL SELECT 'ticket', count(*) FROM ticket WHERE filed_at > clock_timestamp()
"""


@pytest.fixture(params=[HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])
def wrong_host(crew: Crew, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Crew:
    """Give a crew on a host whose clock is wrong, and which has asked nobody yet."""
    kernel_clock.follow(None)
    monkeypatch.setattr(kernel_clock, "_wall", lambda: datetime.now(UTC) + request.param)
    monkeypatch.setattr(kernel_clock, "_said", None)
    with crew.app.app_context():
        db.engine.dispose()
    return crew


def file_now(crew: Crew) -> int:
    """File a ticket as a page does."""

    def file() -> int:
        hear_time()
        return create_ticket("POL-03", now=kernel_clock.now()).id

    return int(crew.do(file))


def test_a_host_with_a_wrong_clock_knows_what_time_it_is(wrong_host: Crew) -> None:
    with wrong_host.app.app_context():
        moment = db.session.scalar(sa.text("SELECT clock_timestamp()"))
        assert moment is not None
        late = moment - kernel_clock.now()
        assert timedelta(seconds=-0.5) < late < timedelta(seconds=5)


def test_it_fires_an_alarm_when_it_is_due_and_not_before(wrong_host: Crew) -> None:
    ticket_id = file_now(wrong_host)
    wrong_host.change(
        "UPDATE clock SET next_alarm_at = clock_timestamp() + interval '30 minutes', due_at ="
        " clock_timestamp() + interval '30 minutes', next_rung = 'red'"
    )
    wrong_host.run("reminding.fire_due")
    assert wrong_host.number("SELECT count(*) FROM alarm") == 0
    wrong_host.change(
        "UPDATE clock SET next_alarm_at = clock_timestamp() - interval '1 s', due_at ="
        " clock_timestamp() - interval '1 s'"
    )
    wrong_host.run("reminding.fire_due")
    fired = wrong_host.rows("SELECT DISTINCT ticket_id FROM alarm")
    assert fired == [(ticket_id,)]


def test_it_dates_nothing_ahead(wrong_host: Crew) -> None:
    file_now(wrong_host)
    wrong_host.change(
        "UPDATE clock SET next_alarm_at = clock_timestamp() - interval '1 s', due_at ="
        " clock_timestamp() - interval '1 s', next_rung = 'red'"
    )
    wrong_host.settle()
    wrong_host.run("reminding.fire_due")
    wrong_host.settle()
    assert dict(wrong_host.rows(AHEAD)) == dict.fromkeys(
        ["alarm", "timeline", "notification", "assignment", "decision", "ticket"], 0
    )
    assert wrong_host.number("SELECT count(*) FROM alarm") > 0


def test_what_it_dates_is_not_long_past(wrong_host: Crew) -> None:
    file_now(wrong_host)
    wrong_host.settle()
    assert (
        wrong_host.number(
            "SELECT extract(epoch FROM clock_timestamp() - min(at)) FROM timeline_entry"
        )
        < 60
    )


def test_every_turn_of_a_worker_asks_anew(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel_clock.follow(None)
    crew.run("routing.route_waiting")
    monkeypatch.setattr(kernel_clock, "_said", (datetime(2020, 1, 1, tzinfo=UTC), 0.0))
    crew.run("routing.route_waiting")
    with crew.app.app_context():
        moment = db.session.scalar(sa.text("SELECT clock_timestamp()"))
        assert moment is not None and moment - kernel_clock.now() < timedelta(seconds=5)


def test_a_replayed_log_keeps_its_own_time(crew: Crew) -> None:
    moment = datetime(2016, 3, 4, 5, 6, tzinfo=UTC)
    kernel_clock.follow(lambda: moment)
    crew.run("routing.route_waiting")
    assert kernel_clock.now() == moment
