"""Nothing is lost or doubled while everything is killed: acknowledged = stored = routed once =
assigned once, the ledger equals the events.
"""

from __future__ import annotations

import os
import time
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from tests.reliability import reckoning
from tests.reliability.conftest import Stage
from tests.reliability.killing import KINDS, Killer, wait_for
from tests.reliability.programs import History, Program, work_through

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("storm")]

FILINGS = int(os.environ.get("STORM_FILINGS", "150"))
SEED = int(os.environ.get("STORM_SEED", str(time.time_ns() % 1_000_000)))
SECONDS = max(16.0, FILINGS / 20)
FILERS, DELIVERERS, EACH_DELIVERED, EACH_LATE = 4, 6, 4, 7


def test_nothing_is_lost_or_doubled_in_a_storm(stage: Stage) -> None:
    history, killer = History(), Killer(stage.live, seed=SEED)
    try:
        late = _storm(stage, history, killer)
        _reckon(stage, history, killer, late=late)
    except BaseException:
        print(
            f"STORM_SEED={SEED} STORM_FILINGS={FILINGS}",
            *killer.history,
            f"answers: {dict(history.answers)}",
            *history.wrong[:10],
            sep="\n",
        )
        raise


def _storm(stage: Stage, history: History, killer: Killer) -> int:
    program, numbers, to_deliver = (
        Program(stage.live.port, history),
        Queue[int](),
        Queue[tuple[int, str]](),
    )
    for number in range(FILINGS):
        numbers.put(number)
    begun = time.monotonic()

    def file(number: int) -> None:
        time.sleep(max(0.0, begun + SECONDS * number / FILINGS - time.monotonic()))
        reference = program.file(number, stage.zone)
        if number % EACH_DELIVERED == 0:
            to_deliver.put((number, reference))

    def deliver(one: tuple[int, str]) -> None:
        number, reference = one
        program.deliver(number, reference, stage.zone)

    def guarded(act: Any, queue: Queue[Any], closed: Any) -> None:
        try:
            work_through(queue, act, until_closed=closed)
        except BaseException as error:
            history.wrong.append(repr(error))
            raise

    filers = [Thread(target=guarded, args=(file, numbers, lambda: True)) for _ in range(FILERS)]
    deliverers = [
        Thread(
            target=guarded,
            args=(
                deliver,
                to_deliver,
                lambda: not any(f.is_alive() for f in filers),
            ),
        )
        for _ in range(DELIVERERS)
    ]
    killer.start()
    for thread in (*filers, *deliverers):
        thread.start()
    time.sleep(SECONDS / 3)
    killer.empty_broker()
    with stage.live.connect() as connection:
        late = reckoning.hurry(connection, each=EACH_LATE, but_each=EACH_DELIVERED)
    time.sleep(SECONDS / 6)
    killer.crash_database()
    for thread in filers:
        thread.join()
    killer.end()
    killer.note("everything is filed")
    for thread in deliverers:
        thread.join()
    killer.note("everything is delivered")
    return late


def _reckon(stage: Stage, history: History, killer: Killer, *, late: int) -> None:
    live, last = stage.live, killer.kills()
    took = wait_for("everything has flowed on", lambda: _is_calm(stage), seconds=75)
    assert history.wrong == []
    assert history.answers["500"] == 0
    assert len(history.filed) == len(set(history.filed.values())) == FILINGS
    stored = reckoning.stored(live)
    assert stored.items() >= history.filed.items()
    assert (
        reckoning.count(live, "SELECT count(*) FROM ticket")
        == len(stored)
        == len(set(stored.values()))
    )
    assert reckoning.faults(live) == {}
    assert reckoning.count(live, "SELECT count(*) FROM alarm WHERE NOT skipped") >= late > 0
    assert (
        reckoning.count(live, "SELECT count(*) FROM ticket WHERE status = 'closed'")
        == len(history.delivered)
        == len(range(0, FILINGS, EACH_DELIVERED))
    )
    assert "DIFFERS" not in live.flask("recount")
    mails = stage.mail.ids()
    assert set(mails) == reckoning.message_ids(live)
    assert mails.total() - len(mails) <= last
    assert killer.kinds() == set(KINDS)
    print(
        f"storm: {FILINGS} filed, {len(history.delivered)} delivered, {last} kills, answers"
        f" {dict(history.answers)}, calm {took:.1f} s after the last delivery,"
        f" {mails.total() - len(mails)} of {len(mails)} mails transmitted again,"
        f" {live.part('postgres').restarts} restart of PostgreSQL"
    )


def _is_calm(stage: Stage) -> Any:
    waiting = reckoning.count(
        stage.live, "SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL"
    )
    mails = reckoning.count(
        stage.live,
        "SELECT count(*) FROM notification_delivery WHERE state IN ('queued', 'sending')",
    )
    alarms = reckoning.count(
        stage.live, "SELECT count(*) FROM clock WHERE stopped_at IS NULL AND next_alarm_at <= now()"
    )
    return (waiting, mails, alarms) == (0, 0, 0) or (waiting, mails, alarms)
