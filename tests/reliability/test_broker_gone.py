"""Redis may be gone for good: the relay does the workers' work itself, says so, and stops when the
queue is back; nothing is done twice.
"""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

import pytest

from service_portal.web.transmission import LOST_AFTER
from tests.reliability import reckoning
from tests.reliability.conftest import Stage
from tests.reliability.killing import wait_for
from tests.reliability.programs import History, Program

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("storm")]

FILINGS, FIRST = 10, 950_000
# What is promised, from the moment the queue is lost.
SECONDS = 30
# A mail that was in hand when its worker lost Redis goes out again when that is noticed.
MAILED_SECONDS = 2 * SECONDS + LOST_AFTER.total_seconds()


def test_what_is_filed_is_routed_told_and_mailed_while_redis_stays_away(stage: Stage) -> None:
    live, history = stage.live, History()
    program = Program(live.port, history)
    live.keep_down("valkey")
    lost = time.monotonic()
    try:
        for number in range(FIRST, FIRST + FILINGS):
            program.file(number, stage.zone)
        wait_for("all is routed", lambda: _count(stage, "station_id IS NULL") == 0, seconds=SECONDS)
        took = time.monotonic() - lost
        assert took < SECONDS
        wait_for("all is assigned", lambda: _count(stage, "owner_id IS NULL") == 0, seconds=SECONDS)
        undone = "SELECT count(*) FROM outbox WHERE done_at IS NULL"
        wait_for("all is told", lambda: reckoning.count(live, undone) == 0, seconds=SECONDS)
        unsent = "SELECT count(*) FROM notification_delivery WHERE state <> 'sent'"
        wait_for(
            "all is mailed", lambda: reckoning.count(live, unsent) == 0, seconds=MAILED_SECONDS
        )
        _check_that_ticks_go_on(stage)
        health = _health(stage)
        assert health["parts"]["queue"]["status"] == "amber"
        assert "Redis" in health["parts"]["queue"]["detail"]
        assert health["status"] == "amber" and health["parts"]["relay"]["status"] == "green"
        assert not live.product.valkey.answers()
    finally:
        live.let_up("valkey")
    print(f"filed without Redis, routed {took:.1f} s after its loss")
    wait_for(
        "the queue is back",
        lambda: _health(stage)["parts"]["queue"]["status"] == "green",
        seconds=SECONDS,
    )
    for number in range(FIRST + FILINGS, FIRST + 2 * FILINGS):
        program.file(number, stage.zone)
    wait_for("the workers go on", lambda: _count(stage, "owner_id IS NULL") == 0, seconds=SECONDS)
    wait_for("all is told", lambda: reckoning.count(live, undone) == 0, seconds=SECONDS)
    wait_for("all is mailed", lambda: reckoning.count(live, unsent) == 0, seconds=MAILED_SECONDS)
    assert history.wrong == [] and reckoning.faults(live) == {}


def _check_that_ticks_go_on(stage: Stage) -> None:
    """Let an alarm become due; nobody but a tick looks for it."""
    with stage.live.connect() as connection:
        row = connection.execute("""
            UPDATE clock SET next_alarm_at = clock_timestamp() WHERE id = (
                SELECT id FROM clock WHERE stopped_at IS NULL AND next_rung IS NOT NULL
                ORDER BY id DESC LIMIT 1)
            RETURNING id, next_alarm_at
            """).fetchone()
    assert row is not None
    looked_at = (
        f"SELECT count(*) FROM clock WHERE id = {row[0]} AND next_alarm_at <= clock_timestamp()"
    )
    wait_for(
        "the alarm is looked at",
        lambda: reckoning.count(stage.live, looked_at) == 0,
        seconds=SECONDS,
    )


def _count(stage: Stage, where: str) -> int:
    return reckoning.count(stage.live, f"SELECT count(*) FROM ticket WHERE {where}")


def _health(stage: Stage) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"{stage.live.address}/healthz", timeout=10) as answer:
            said: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        said = json.load(error)
    return said
