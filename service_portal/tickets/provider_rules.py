"""Which institution may be offered a ticket: filters with reasons. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service_portal.kernel.words import Words
from service_portal.tickets.codes import Rejection


@dataclass(frozen=True, slots=True)
class OfferWork:
    """An accepted ticket that waits for an institution."""

    ticket_id: int
    enterprise_id: int
    service_code: str
    park_id: int
    points: int
    answered: frozenset[int]
    controller: str


@dataclass(slots=True)
class Provider:
    """An institution as a round sees it; `load` grows with the offers it gets."""

    id: int
    name: Words
    admitted: bool
    licensed: bool
    capacity: int
    load: int
    last_offered_at: datetime | None
    controller: str
    answers: bool = True
    """Whether somebody there can sign in and answer an offer."""


def why_not_offer(
    work: OfferWork,
    provider: Provider,
    barred: frozenset[tuple[int, int]],
    conflicts: frozenset[tuple[int, int]],
) -> Rejection | None:
    """Name the first filter that rejects an institution for a ticket.

    `barred` and `conflicts` hold (enterprise, institution).
    """
    pair = (work.enterprise_id, provider.id)
    if not provider.admitted:
        return Rejection.NOT_ADMITTED
    if not provider.licensed:
        return Rejection.LICENCE
    if not provider.answers:
        return Rejection.NOBODY_ANSWERS
    if pair in conflicts or (work.controller and work.controller == provider.controller):
        return Rejection.CONFLICT
    if pair in barred:
        return Rejection.EXCLUDED
    if provider.id in work.answered:
        return Rejection.ANSWERED_BEFORE
    if provider.load + work.points > provider.capacity:
        return Rejection.NO_CAPACITY
    return None
