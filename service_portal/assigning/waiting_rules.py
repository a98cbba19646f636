"""What kinds of tickets wait, and how many of a kind could be taken now. Pure.

The judgement is that of `rules`, made once for a kind instead of once for each of its tickets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from service_portal.assigning.rules import Candidate, Work, why_not
from service_portal.tickets.provider_rules import OfferWork, Provider, why_not_offer


class MemberKind(NamedTuple):
    """Tickets that need the same of a member: the station, the skill and the room."""

    station_id: int
    category_code: str
    points: int


class PoolKind(NamedTuple):
    """Tickets that need the same of an institution: the service, the park and the room."""

    service_code: str
    park_id: int
    points: int


def open_skills(candidates: Iterable[Candidate]) -> set[tuple[int, str]]:
    """Name the skills, each with its station, of those who could take anything at all now."""
    return {
        (candidate.station_id, category)
        for candidate in candidates
        for category in candidate.skills
        if why_not(Work(0, 0, candidate.station_id, category, 1), candidate) is None
    }


def can_take_offers(provider: Provider) -> bool:
    """Say whether an institution can be offered anything at all now, by whomever."""
    least = OfferWork(0, 0, "", 0, 1, frozenset(), "")
    return why_not_offer(least, provider, frozenset(), frozenset()) is None


def member_places(
    kinds: Iterable[MemberKind], candidates: Mapping[int, Sequence[Candidate]]
) -> dict[MemberKind, int]:
    """Say of each kind that somebody can take how many of it all members together have room for."""
    places: dict[MemberKind, int] = {}
    for kind in kinds:
        work = Work(0, 0, kind.station_id, kind.category_code, kind.points)
        room = sum(
            _fits(candidate, kind.points)
            for candidate in candidates.get(kind.station_id, ())
            if why_not(work, candidate) is None
        )
        if room:
            places[kind] = room
    return places


def pool_places(
    kinds: Iterable[PoolKind], accepting: Mapping[tuple[str, int], Sequence[Provider]]
) -> dict[tuple[PoolKind, int], int]:
    """Say of each kind and each institution with room how many of the kind all of them have room
    for.

    What stands between one enterprise and one institution is not looked at here.
    """
    places: dict[tuple[PoolKind, int], int] = {}
    for kind in kinds:
        work = OfferWork(0, 0, kind.service_code, kind.park_id, kind.points, frozenset(), "")
        able = [
            provider
            for provider in accepting.get((kind.service_code, kind.park_id), ())
            if why_not_offer(work, provider, frozenset(), frozenset()) is None
        ]
        room = sum(_fits(provider, kind.points) for provider in able)
        places.update(((kind, provider.id), room) for provider in able)
    return places


def _fits(taker: Candidate | Provider, points: int) -> int:
    return max(1, (taker.capacity - taker.load) // max(points, 1))
