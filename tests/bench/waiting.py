"""What a round costs while very many tickets wait that nobody can take."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.services import assign_waiting
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from tests.bench.crowds import crowd_for_members, crowd_for_pool
from tests.bench.measuring import Bench
from tests.bench.metering import Meter
from tests.bench.reporting import Figure

CROWD = 10_000
MOST_MS = 20.0
TURNS = 15

# No member has room.
_FULL_MEMBERS = "UPDATE member SET capacity_points = 0"
# One institution has room, and no enterprise wants it.
_UNWANTED_POOL = """
    UPDATE institution SET capacity_points = 0;
    UPDATE institution SET capacity_points = 10000, status = 'admitted', controller = '',
        licence_from = '2000-01-01', licence_until = '2099-12-31'
    WHERE id = (SELECT min(id) FROM institution);
    INSERT INTO enterprise_exclusion (enterprise_id, institution_id)
    SELECT id, (SELECT min(id) FROM institution) FROM enterprise ON CONFLICT DO NOTHING;
"""
_SETTLED = "UPDATE outbox SET done_at = clock_timestamp() WHERE done_at IS NULL AND dead_at IS NULL"


def waiting_rooms(bench: Bench) -> list[Figure]:
    """Give the milliseconds of a round that finds ten thousand waiting and nobody free for them."""
    return [
        _room(
            bench,
            "round while 10,000 wait for members",
            _FULL_MEMBERS,
            crowd_for_members,
            assign_waiting,
        ),
        _room(
            bench,
            "round while 10,000 wait for the pool",
            _UNWANTED_POOL,
            crowd_for_pool,
            offer_waiting,
        ),
    ]


def _room(
    bench: Bench,
    name: str,
    nobody_free: str,
    crowd: Callable[..., None],
    round_of: Callable[..., int],
) -> Figure:
    bench.owner.execute(nobody_free.encode())
    crowd(CROWD, now=now())
    bench.owner.execute(_SETTLED)
    bench.owner.execute("ANALYZE ticket")
    # What is new waits no longer after its first look.
    while _turn(round_of)[1]:
        pass
    meter = Meter([], bench.backend())
    before = meter.read()
    turns = [_turn(round_of) for _ in range(TURNS)]
    used = meter.read().since(before)
    application_ms, database_ms = (
        1000 * part / TURNS for part in (used.application, used.database)
    )
    return bench.figure(
        name,
        application_ms + database_ms,
        "ms CPU",
        most=MOST_MS,
        floor=f"{1000 * median(seconds for seconds, _ in turns):.1f} ms by the clock",
        application_ms=application_ms,
        database_ms=database_ms,
    )


def _turn(round_of: Callable[..., int]) -> tuple[float, int]:
    begun = perf_counter()
    with unit_of_work():
        given = round_of(now=now())
    seconds = perf_counter() - begun
    db.session.remove()
    return seconds, given
