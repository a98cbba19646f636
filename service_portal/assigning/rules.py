"""Which member owns a ticket, and which institution is offered it: filters with reasons, then one
order. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from service_portal.kernel.reasons import Reason
from service_portal.kernel.words import Words
from service_portal.tickets.codes import DecisionReason, Rejection
from service_portal.tickets.provider_rules import OfferWork, Provider, why_not_offer


@dataclass(frozen=True, slots=True)
class Work:
    """A ticket that waits for somebody."""

    ticket_id: int
    enterprise_id: int
    station_id: int
    category_code: str
    points: int


@dataclass(slots=True)
class Candidate:
    """A member as a round sees them; `load` grows as the round gives them tickets."""

    id: int
    name: Words
    station_id: int
    skills: Mapping[str, int]
    capacity: int
    load: int
    on_duty: bool
    absent: bool
    idle_since: datetime | None
    day_off: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """The result for one ticket: nobody when `id` is None, why, and the names of the first two who
    were able.
    """

    work: Work
    id: int | None
    reason: Reason
    names: tuple[Words, ...] = ()


def _tie(ticket_id: int, candidate_id: int) -> str:
    return blake2b(f"{ticket_id}:{candidate_id}".encode(), digest_size=8).hexdigest()


def why_not(work: Work, candidate: Candidate) -> Rejection | None:
    """Name the first filter that rejects a member for a ticket, or None when they can take it."""
    if candidate.skills.get(work.category_code, 0) < 1:
        return Rejection.NO_SKILL
    if not candidate.on_duty:
        return Rejection.OFF_DUTY
    if candidate.absent:
        return Rejection.ABSENT
    if candidate.day_off:
        return Rejection.DAY_OFF
    if candidate.load + work.points > candidate.capacity:
        return Rejection.NO_CAPACITY
    return None


def _rank(work: Work, candidate: Candidate) -> tuple[float, int, float]:
    share = candidate.load / candidate.capacity if candidate.capacity else 1.0
    since = candidate.idle_since.timestamp() if candidate.idle_since else float("-inf")
    return (share, -candidate.skills.get(work.category_code, 0), since)


def _in_order(work: Work, able: list[Candidate]) -> list[Candidate]:
    """Put able members in order, the best first; the hash is taken of those only that nothing else
    tells apart.
    """
    ranks = {candidate.id: _rank(work, candidate) for candidate in able}
    if len(set(ranks.values())) == len(able):
        return sorted(able, key=lambda candidate: ranks[candidate.id])
    return sorted(
        able, key=lambda candidate: (*ranks[candidate.id], _tie(work.ticket_id, candidate.id))
    )


def choose_members(
    waiting: Sequence[Work], candidates: Mapping[int, Sequence[Candidate]], now: datetime
) -> list[Chosen]:
    """Give each ticket, in the order given, to the able member who is least loaded for their
    capacity.

    Ties: the higher skill, then the longest idle, then a stable hash. Loads grow within the round,
    so no member passes their capacity. `candidates` maps a station to its members.
    """
    chosen = []
    for work in waiting:
        able: list[Candidate] = []
        rejected: Counter[str] = Counter()
        for candidate in candidates.get(work.station_id, ()):
            reason = why_not(work, candidate)
            if reason is None:
                able.append(candidate)
            else:
                rejected[reason] += 1
        able = _in_order(work, able)
        chosen.append(_member_choice(work, able, rejected, now))
        if able:
            able[0].load += work.points
            able[0].idle_since = now
    return chosen


def _member_choice(
    work: Work, able: Sequence[Candidate], rejected: Counter[str], now: datetime
) -> Chosen:
    facts: dict[str, Any] = {"able": [c.id for c in able[:5]], "rejected": dict(rejected)}
    if not able:
        return Chosen(work, None, Reason(DecisionReason.NOBODY_ABLE, facts))
    best = able[0]
    facts |= {
        "able_count": len(able),
        "load": best.load,
        "capacity": best.capacity,
        "category": work.category_code,
        "level": best.skills.get(work.category_code, 0),
        "idle_minutes": _idle(best.idle_since, now),
    }
    if len(able) > 1:
        facts |= {"next_load": able[1].load, "next_capacity": able[1].capacity}
    names = tuple(candidate.name for candidate in able[:2])
    return Chosen(work, best.id, Reason(DecisionReason.LEAST_LOADED, facts), names)


def _idle(since: datetime | None, now: datetime) -> int | None:
    """Give the whole minutes since the last case; None when there was none."""
    return None if since is None else max(0, int((now - since).total_seconds() // 60))


@dataclass(frozen=True, slots=True)
class Offered:
    """The institution chosen for a ticket, or none, why, and the names of the first two who were
    able.
    """

    work: OfferWork
    id: int | None
    reason: Reason
    names: tuple[Words, ...] = ()


def choose_providers(
    waiting: Sequence[OfferWork],
    accepting: Mapping[tuple[str, int], Sequence[Provider]],
    barred: frozenset[tuple[int, int]],
    conflicts: frozenset[tuple[int, int]],
    now: datetime,
    *,
    preferred: frozenset[tuple[int, int]] = frozenset(),
) -> list[Offered]:
    """Choose for each ticket, in the order given, the able institution that its enterprise prefers,
    else any able one, and among several the one least loaded for its capacity; ties: longest
    without an offer, then a stable hash. Pairs are of an enterprise and an institution.
    """
    result = []
    for work in waiting:
        able: list[Provider] = []
        rejected: Counter[str] = Counter()
        for provider in accepting.get((work.service_code, work.park_id), ()):
            reason = why_not_offer(work, provider, barred, conflicts)
            if reason is None:
                able.append(provider)
            else:
                rejected[reason] += 1
        liked = {p.id for p in able if (work.enterprise_id, p.id) in preferred}
        able.sort(key=lambda p: (p.id not in liked, *_provider_order(work, p, now)))
        result.append(_provider_choice(work, able, rejected, len(liked), now))
        if able:
            able[0].load += work.points
            able[0].last_offered_at = now
    return result


def _provider_order(work: OfferWork, provider: Provider, now: datetime) -> tuple[float, float, str]:
    idle = (
        (now - provider.last_offered_at).total_seconds()
        if provider.last_offered_at
        else float("inf")
    )
    return (
        provider.load / provider.capacity if provider.capacity else 1.0,
        -idle,
        _tie(work.ticket_id, provider.id),
    )


def _provider_choice(
    work: OfferWork, able: Sequence[Provider], rejected: Counter[str], liked: int, now: datetime
) -> Offered:
    facts: dict[str, Any] = {"able": [p.id for p in able[:5]], "rejected": dict(rejected)}
    if not able:
        return Offered(work, None, Reason(DecisionReason.NOBODY_ABLE, facts))
    best = able[0]
    facts |= {
        "able_count": len(able),
        "load": best.load,
        "capacity": best.capacity,
        "idle_minutes": _idle(best.last_offered_at, now),
    }
    if liked:
        facts["preferred_count"] = liked
    names = tuple(provider.name for provider in able[:2])
    return Offered(work, best.id, Reason(DecisionReason.LEAST_LOADED, facts), names)


def by_station(candidates: Iterable[Candidate]) -> dict[int, list[Candidate]]:
    """Group members by their station."""
    grouped: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        grouped.setdefault(candidate.station_id, []).append(candidate)
    return grouped
