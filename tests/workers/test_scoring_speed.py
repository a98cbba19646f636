"""How long a worker takes to score everybody: two thousand enterprises, eighteen indicators."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from time import process_time
from typing import Any

import pytest
import sqlalchemy as sa
from kombu import pools

from service_portal.demo.figures import _figures
from service_portal.facts.models import Fact
from service_portal.kernel.clock import now
from service_portal.kernel.copying import copy_rows, take_statistics
from service_portal.kernel.db import db
from service_portal.scoring.computing import begin_run
from service_portal.scoring.queries import applying
from tests.bench.metering import can_measure, total
from tests.factories.directory import create_enterprise
from tests.workers.conftest import Crew
from workers.celery_app import celery

YEAR, MANY, MOST_SECONDS = 2024, 2_000, 5.0


def know_everybody() -> None:
    """Make enterprises with all figures of three years."""
    park_id = create_enterprise().park_id
    db.session.execute(
        sa.text("""
            INSERT INTO enterprise (uscc, name_en, name_zh, park_id)
            SELECT lpad(n::text, 18, '0'), 'x', 'x', :park FROM generate_series(1, :many) AS n
        """),
        {"park": park_id, "many": MANY},
    )
    random, at = Random(7), now() - timedelta(days=90)
    rows = []
    for one in db.session.scalars(sa.text("SELECT id FROM enterprise WHERE name_en = 'x'")):
        revenue = int(random.lognormvariate(17.0, 1.35)) * 100 + 30_000_000
        for year in (YEAR - 2, YEAR - 1, YEAR):
            said = {"enterprise_id": one, "year": year, "at": at, "source": "own"}
            values = _figures(random, random.random(), revenue)
            rows += [said | _columns(code, value) for code, value in values.items()]
    copy_rows(Fact, rows)


def _columns(code: str, value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        value = "yes" if value else "no"
    is_text = isinstance(value, str)
    return {
        "code": code,
        "number": None if is_text else value,
        "value_code": value if is_text else None,
    }


def begin() -> None:
    """Let everybody be scored by the version of eighteen indicators."""
    version = next(v for scheme, v in applying(YEAR) if scheme.code == "INNO-POINTS")
    assert len(version.definition["indicators"]) == 18
    begin_run(version, YEAR, now=now())


def in_database(crew: Crew) -> float:
    """Give the processor time that the connections of this database have used."""
    pids = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    return total({pid for (pid,) in crew.rows(pids)})


@pytest.mark.slow
@pytest.mark.skipif(not can_measure(), reason="this system does not tell the time processes use")
def test_two_thousand_enterprises_are_scored_by_the_worker_within_five_seconds(crew: Crew) -> None:
    """Processor time is what a busy machine does not change: that of the worker and that of the
    database together.
    """
    crew.do(know_everybody)
    take_statistics(crew.app.config["DATABASE_OWNER_URL"])
    crew.do(begin)
    application, database = process_time(), in_database(crew)
    while crew.number("SELECT count(*) FROM score_run WHERE ended_at IS NULL"):
        crew.run("scoring.score_waiting")
    application, database = process_time() - application, in_database(crew) - database
    assert crew.number("SELECT count(*) FROM score WHERE year = :year", year=YEAR) == MANY
    assert crew.number("SELECT count(*) FROM fact WHERE code = 'points'") == MANY
    print(f"application {application:.2f} s, database {database:.2f} s")
    assert application + database < MOST_SECONDS


def send_to(url: str | None) -> None:
    """Let tasks be sent to another broker from now on."""
    celery.conf.broker_url = celery.conf.broker_write_url = url
    pools.reset()  # type: ignore[no-untyped-call]  # kombu has no types
    # What was connected before is forgotten.
    celery._pool = None  # type: ignore[attr-defined]  # left out of the stubs
    celery.amqp._producer_pool = None


@pytest.fixture
def broker() -> Iterator[Any]:
    """Let tasks be sent to a broker within this process, and give the queue of scores."""
    configured = celery.conf.broker_url
    send_to("memory://")
    with celery.connection_for_write() as connection, connection.SimpleQueue("scores") as queue:
        queue.clear()
        yield queue
    send_to(configured)


def test_a_run_does_not_wait_for_the_next_tick(
    crew: Crew, broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service_portal.scoring.computing.AT_ONCE", 2)
    monkeypatch.setattr("workers.handling.TURN_SECONDS", 0.0)
    crew.do(lambda: [create_enterprise() for _ in range(5)])
    crew.do(begin)
    task = celery.tasks["scoring.score_waiting"]
    turns = 0
    while not turns or broker.qsize():
        if turns:
            broker.get(block=False).ack()
        task.apply(throw=True)
        turns += 1
    assert crew.number("SELECT count(*) FROM score_run WHERE ended_at IS NULL") == 0
    assert turns >= 3


def test_without_a_broker_the_next_tick_goes_on(
    crew: Crew, broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service_portal.scoring.computing.AT_ONCE", 2)
    monkeypatch.setattr("workers.handling.TURN_SECONDS", 0.0)
    crew.do(lambda: [create_enterprise() for _ in range(5)])
    crew.do(begin)
    send_to("redis://127.0.0.1:1/0")
    celery.tasks["scoring.score_waiting"].apply(throw=True)
    assert crew.number("SELECT done FROM score_run WHERE ended_at IS NULL") == 2
