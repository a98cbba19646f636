"""Says how many people a log's volume needs in each station, and gives everybody a post."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil

from service_portal.replaying.logs import Case

MEMBER_POINTS = 100
LEAST_IN_STATION = 3
# More than the log's own durations need: what is begun late here is ended late, and not everybody
# can do everything.
SLACK = 1.75
# Silence closes after working days; with weekends and holidays it is this at most.
SILENCE = timedelta(days=14)


def points_at_once(stations: Iterable[int], work: Iterable[tuple[Case, int, int]]) -> Counter[int]:
    """Count the points that are open at once in each station at the worst moment, by the log's own
    durations.

    `work` gives each case with its station and its points.
    """
    changes: dict[int, list[tuple[datetime, int]]] = {station_id: [] for station_id in stations}
    for case, station_id, points in work:
        changes[station_id].append((case.filed_at, points))
        ended_at = _ended_at(case)
        if ended_at is not None:
            changes[station_id].append((ended_at, -points))
    most = Counter[int](dict.fromkeys(changes, 0))
    for station_id, theirs in changes.items():
        points = 0
        for _, change in sorted(theirs):
            points += change
            most[station_id] = max(most[station_id], points)
    return most


def _ended_at(case: Case) -> datetime | None:
    """Give when a case leaves its owner: closed in the log, or in silence after its answer; None
    for one that stays open.
    """
    if case.ended_at is not None:
        return case.ended_at
    return case.answered_at + SILENCE if case.answered_at is not None else None


def posts(named: Sequence[str], need: Counter[int]) -> tuple[list[str], list[int]]:
    """Give the people a log names a station each, and relief where its volume needs more of them.

    `need` are points that are open at once; a log that names nobody is all relief.
    """
    given = _share(len(named), need, least=LEAST_IN_STATION)
    heads = Counter(given)
    relief = [
        station_id
        for station_id, points in sorted(need.items())
        for _ in range(max(LEAST_IN_STATION, _heads(points)) - heads[station_id])
    ]
    return [*named, *(f"relief {n}" for n, _ in enumerate(relief, start=1))], given + relief


def _heads(points: int) -> int:
    """Say how many members have room for some points, of which each may take two thirds of the
    categories only.
    """
    return ceil(points * SLACK / MEMBER_POINTS)


def _share(count: int, demand: Counter[int], *, least: int) -> list[int]:
    """Give `count` people a station each: `least` in every one, then always where most points come
    on one head. Ties go to the lower id.
    """
    heads = dict.fromkeys(sorted(demand), least)
    for _ in range(count - least * len(heads)):
        heads[max(heads, key=lambda station: (demand[station] / heads[station], -station))] += 1
    return [station for station, number in heads.items() for _ in range(number)][:count]
