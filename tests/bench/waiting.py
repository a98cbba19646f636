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
from tests.bench.measuring import Bench
from tests.bench.metering import Meter
from tests.bench.reporting import Figure

CROWD = 10_000
MOST_MS = 20.0
TURNS = 15

# All stations, categories and sizes that there are, and no member with room.
_FOR_MEMBERS = """
    UPDATE member SET capacity_points = 0;
    INSERT INTO ticket (reference, enterprise_id, park_id, service_code, category_code,
        service_version_id, filed_by_id, channel, title, description, delivered_by, effort_points,
        station_id, waiting_reason, filed_at, last_word_at)
    SELECT 'BW-2026-' || t.n, t.enterprise_id, t.park_id, t.service_code, c.code,
        t.service_version_id, t.filed_by_id, t.channel, t.title, t.description, 'station',
        1 + t.n % 5, s.id, 'no_member', now(), now()
    FROM (SELECT row_number() OVER (ORDER BY id) AS n, ticket.* FROM ticket
          WHERE status IN ('closed', 'archived') ORDER BY id LIMIT {number}) AS t
    JOIN (SELECT row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS all, id
          FROM station) AS s ON s.n = 1 + t.n % s.all
    JOIN (SELECT row_number() OVER (ORDER BY code) AS n, count(*) OVER () AS all, code
          FROM category) AS c ON c.n = 1 + t.n / s.all % c.all;
"""
# All services of the pool in all parks; one institution has room, and no enterprise wants it.
_FOR_POOL = """
    UPDATE institution SET capacity_points = 0;
    UPDATE institution SET capacity_points = 10000, status = 'admitted', controller = '',
        licence_from = '2000-01-01', licence_until = '2099-12-31'
    WHERE id = (SELECT min(id) FROM institution);
    INSERT INTO enterprise_exclusion (enterprise_id, institution_id)
    SELECT id, (SELECT min(id) FROM institution) FROM enterprise ON CONFLICT DO NOTHING;
    INSERT INTO ticket (reference, enterprise_id, park_id, service_code, category_code,
        service_version_id, filed_by_id, channel, title, description, delivered_by, effort_points,
        station_id, owner_id, status, accepted_at, waiting_reason, filed_at, last_word_at)
    SELECT 'BP-2026-' || t.n, t.enterprise_id, p.park_id, p.service_code, t.category_code,
        t.service_version_id, t.filed_by_id, t.channel, t.title, t.description, 'pool', 2,
        t.station_id, t.owner_id, 'accepted', now(), 'no_institution', now(), now()
    FROM (SELECT row_number() OVER (ORDER BY id) AS n, ticket.* FROM ticket
          WHERE status IN ('closed', 'archived') AND owner_id IS NOT NULL
          ORDER BY id LIMIT {number}) AS t
    JOIN (SELECT row_number() OVER (ORDER BY service_code, park_id) AS n,
                 count(*) OVER () AS all, service_code, park_id
          FROM (SELECT DISTINCT service_code, park_id FROM institution_scope) AS pair
    ) AS p ON p.n = 1 + t.n % p.all;
"""
_SETTLED = "UPDATE outbox SET done_at = clock_timestamp() WHERE done_at IS NULL AND dead_at IS NULL"


def waiting_rooms(bench: Bench) -> list[Figure]:
    """Give the milliseconds of a round that finds ten thousand waiting and nobody free for them."""
    return [
        _room(bench, "round while 10,000 wait for members", _FOR_MEMBERS, assign_waiting),
        _room(bench, "round while 10,000 wait for the pool", _FOR_POOL, offer_waiting),
    ]


def _room(bench: Bench, name: str, crowd: str, round_of: Callable[..., int]) -> Figure:
    for statement in crowd.format(number=CROWD).split(";"):
        if statement.strip():
            bench.owner.execute(statement.encode())
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
