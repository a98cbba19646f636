"""Redis is not needed to file: without it filing answers as fast, and everything flows on when it
is back.
"""

from __future__ import annotations

import time
from statistics import quantiles

import pytest

from service_portal.web.transmission import LOST_AFTER
from tests.reliability import reckoning
from tests.reliability.conftest import Stage
from tests.reliability.killing import wait_for
from tests.reliability.programs import History, Program

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("storm")]

FILINGS, FIRST = 60, 900_000
# Other tests share the machine; a web that asked Redis for anything would wait for half a second
# and more.
NOISE_SECONDS = 0.2


def test_filing_is_as_fast_without_redis_and_everything_flows_on(stage: Stage) -> None:
    live, history = stage.live, History()
    program = Program(live.port, history)

    def file(hundred: int) -> list[float]:
        seconds = []
        for number in range(FIRST + 100 * hundred, FIRST + 100 * hundred + FILINGS):
            begun = time.monotonic()
            program.file(number, stage.zone)
            seconds.append(time.monotonic() - begun)
        return seconds

    file(0)
    before = file(1)
    wait_for("everything is assigned", lambda: _unassigned(stage) == 0, seconds=30)
    live.keep_down("valkey")
    without = file(2)
    time.sleep(3)
    assert not live.product.valkey.answers()
    assert _unassigned(stage) > 0
    live.let_up("valkey")
    took = wait_for(
        "everything has flowed on",
        lambda: _unassigned(stage) == 0 or _unassigned(stage),
        seconds=30,
    )
    after = file(3)
    wait_for("the rest is assigned", lambda: _unassigned(stage) == 0, seconds=30)

    assert history.wrong == [] and set(history.answers) == {"201"}
    normal = quantiles([*before, *after], n=20)[-1]
    slow = quantiles(without, n=20)[-1]
    print(
        f"filing p95 {normal * 1000:.1f} ms, without Redis {slow * 1000:.1f} ms; flowed on"
        f" {took:.1f} s after its return"
    )
    assert slow <= max(1.5 * normal, normal + NOISE_SECONDS)
    assert reckoning.stored(live).items() >= history.filed.items()
    wait_for(
        "all is told",
        lambda: reckoning.count(live, "SELECT count(*) FROM outbox WHERE done_at IS NULL") == 0,
        seconds=30,
    )
    # A mail that was in hand when its worker lost Redis goes out again when that is noticed.
    unsent = "SELECT count(*) FROM notification_delivery WHERE state <> 'sent'"
    wait_for(
        "all is sent",
        lambda: reckoning.count(live, unsent) == 0,
        seconds=30 + LOST_AFTER.total_seconds(),
    )
    assert reckoning.faults(live) == {}


def _unassigned(stage: Stage) -> int:
    return reckoning.count(stage.live, "SELECT count(*) FROM ticket WHERE owner_id IS NULL")
