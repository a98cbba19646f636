"""What is measured behind the web: rounds of routing and assigning over a backlog, and the way from
filed to assigned with relay and worker running.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles
from time import monotonic, perf_counter, sleep

import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.assigning.services import assign_waiting
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.routing.services import route_waiting
from tests.bench import serving
from tests.bench.crowds import file_again
from tests.bench.driving import drive
from tests.bench.measuring import ROUNDS, Bench
from tests.bench.metering import Cpu, Meter
from tests.bench.reporting import Figure
from tests.bench.visitors import FILERS, filings_by_form, visitors

BACKLOG = 5_000
ROUND = 1_000
PACE = 20.0
CONNECTIONS = 4
DRAIN_SECONDS = 60.0

_SETTLE = """
    UPDATE outbox SET done_at = clock_timestamp() WHERE done_at IS NULL AND dead_at IS NULL;
    UPDATE member SET capacity_points = 10000, on_duty = true;
"""
_UNROUTED = "SELECT count(*) FROM ticket WHERE station_id IS NULL AND status = 'submitted'"
_WAITED = sa.text("""
    SELECT extract(epoch FROM o.created_at - t.filed_at) FROM ticket AS t
    JOIN outbox AS o ON o.ticket_id = t.id AND o.event = 'ticket.assigned'
    WHERE t.id > :after AND t.filed_at >= :since
""")
_UNDONE = "SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL"


def settle(bench: Bench) -> None:
    """Call everything before done and give every member room, so that a round has as many places as
    tickets.
    """
    bench.owner.execute(_SETTLE)


def rounds(bench: Bench) -> list[Figure]:
    """Route and assign backlogs in rounds of a thousand, each in a transaction, and give tickets
    per second: the median of three after a warm-up.
    """
    # As a worker does before its pool begins.
    gc.collect()
    gc.freeze()
    meter = Meter([], bench.backend())
    _drain(bench, meter)
    drains = [_drain(bench, meter) for _ in range(ROUNDS)]
    seconds = median(drain.routing + drain.assigning for drain in drains)
    routing, assigning = (
        median(getattr(drain, name) for drain in drains) for name in ("routing", "assigning")
    )
    short = next(
        (drain for drain in drains if drain.routed < BACKLOG or drain.assigned < drain.routed), None
    )
    note = f"only {short.routed} were routed and {short.assigned} assigned" if short else ""
    application_ms, database_ms = (
        1000 * median(getattr(drain.used, name) for drain in drains) / BACKLOG
        for name in ("application", "database")
    )
    return [
        bench.figure(
            "routing and assigning round",
            BACKLOG / seconds,
            "tickets/s",
            least=3000,
            floor=f"routing {BACKLOG / routing:.0f}/s, assigning {BACKLOG / assigning:.0f}/s",
            note=note,
        ),
        bench.figure(
            "routing and assigning, per ticket",
            application_ms + database_ms,
            "ms CPU",
            application_ms=application_ms,
            database_ms=database_ms,
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Drain:
    routed: int
    assigned: int
    routing: float
    assigning: float
    used: Cpu


def _drain(bench: Bench, meter: Meter) -> _Drain:
    """Make a backlog and route and assign all of it."""
    (there,) = bench.owner.execute(_UNROUTED).fetchone() or (0,)
    file_again(max(0, BACKLOG - there), now=now())
    settle(bench)
    bench.owner.execute("ANALYZE ticket")
    before, begun = meter.read(), perf_counter()
    routed = _until_none(lambda: route_waiting(now=now(), limit=ROUND))
    between = perf_counter()
    assigned = _until_none(lambda: assign_waiting(now=now(), limit=ROUND))
    return _Drain(
        routed, assigned, between - begun, perf_counter() - between, meter.read().since(before)
    )


def _until_none(turn: Callable[[], int]) -> int:
    total = 0
    while True:
        with unit_of_work():
            done = turn()
        total += done
        if not done:
            db.session.remove()
            return total


def filed_to_assigned(bench: Bench, port: int, *, seconds: float) -> list[Figure]:
    """File twenty tickets a second with relay and worker running and give the slowest twentieth of
    filed → assigned.
    """
    settle(bench)
    requests = filings_by_form(visitors(Role.ENTERPRISE_OWNER, most=FILERS), bench.random)
    made = [next(requests) for _ in range(int(PACE * seconds * 2))]
    db.session.remove()
    with serving.parts(bench.home):
        _wait_until_listening(bench)
        # Each pool process has to have done each task once, as in a product that runs already.
        drive(
            port,
            [iter(made[-40 + n :: CONNECTIONS]) for n in range(CONNECTIONS)],
            seconds=2,
            expected=302,
            pace=PACE,
        )
        _wait_until_done(bench)
        since, after = now(), db.session.scalar(sa.text("SELECT max(id) FROM ticket")) or 0
        db.session.remove()
        driven = drive(
            port,
            [iter(made[n::CONNECTIONS]) for n in range(CONNECTIONS)],
            seconds=seconds,
            expected=302,
            pace=PACE,
        )
        _wait_until_done(bench)
    waited = [
        float(row[0]) for row in db.session.execute(_WAITED, {"after": after, "since": since})
    ]
    db.session.remove()
    filed = len(driven.latencies)
    note = (
        driven.strange[:300]
        if driven.failed
        else ""
        if len(waited) == filed
        else f"{filed} were filed, {len(waited)} assigned"
    )
    p95 = quantiles(waited, n=20)[-1] if len(waited) > 20 else None
    return [
        bench.figure(
            "filed → assigned, p95",
            p95,
            "s",
            most=1,
            floor=f"{filed / driven.seconds:.0f} tickets/s",
            note=note,
        ),
        bench.figure(
            "filed → assigned, median", quantiles(waited, n=2)[0] if len(waited) > 20 else None, "s"
        ),
    ]


def _wait_until_done(bench: Bench) -> None:
    until = monotonic() + DRAIN_SECONDS
    while monotonic() < until and bench.owner.execute(_UNDONE).fetchone() != (0,):
        sleep(0.2)


def _wait_until_listening(bench: Bench) -> None:
    """Wait until a worker has done what the relay hinted: one filed ticket is assigned."""
    bench.owner.execute(
        "INSERT INTO outbox (event, task, payload) VALUES ('ticket.filed', 'routing.route_waiting',"
        " '{}')"
    )
    until = monotonic() + 40
    while bench.owner.execute(_UNDONE).fetchone() != (0,):
        if monotonic() > until:
            raise serving.DidNotStart(f"Relay and worker did not start; see {bench.home / 'logs'}.")
        sleep(0.1)
