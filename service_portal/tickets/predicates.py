"""The conditions on tickets and offers that more than one statement asks, each written once. Pure.

Their codes are literals: a partial index serves only a statement that names the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from service_portal.kernel.codes import listed
from service_portal.tickets.codes import DeliveredBy, OfferState, WaitingReason
from service_portal.tickets.rules import (
    BEING_DELIVERED,
    DESK_CHANNELS,
    ENDED_WITH_RESULT,
    HANDLED,
    MOST_BOUNCES,
    ON_THE_DESK,
    OPEN,
    WAITING_FOR_ENTERPRISE,
    WAITING_FOR_SOMEBODY,
    WITH_INSTITUTION,
    Status,
)


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition in SQL. `{of}` stands before each column, for the name of the table."""

    pattern: str

    def __str__(self) -> str:
        """Give the condition with bare columns, as an index or a plain statement wants it."""
        return self.pattern.format(of="")

    def of(self, alias: str) -> str:
        """Give the condition on a table that a statement calls by another name."""
        return self.pattern.format(of=f"{alias}.")

    def __and__(self, other: Predicate) -> Predicate:
        """Give the condition that both hold."""
        return Predicate(f"{self.pattern} AND {other.pattern}")


def _status(statuses: Iterable[str]) -> Predicate:
    return Predicate(f"{{of}}status IN ({listed(statuses)})")


def _state(states: Iterable[str]) -> Predicate:
    return Predicate(f"{{of}}state IN ({listed(states)})")


IS_OPEN = _status(OPEN)
IS_HANDLED = _status(HANDLED)
IS_BEING_DELIVERED = _status(BEING_DELIVERED)
IS_ON_THE_DESK = _status(ON_THE_DESK)
IS_WITH_INSTITUTION = _status(WITH_INSTITUTION)
WAITS_FOR_ENTERPRISE = _status(WAITING_FOR_ENTERPRISE)
WAITS_FOR_SOMEBODY = _status(WAITING_FOR_SOMEBODY)
ENDED_WELL = _status(ENDED_WITH_RESULT)

IS_UNROUTED = Predicate(f"{{of}}station_id IS NULL AND {{of}}status = '{Status.SUBMITTED}'")
IS_ON_BEHALF = Predicate(f"{{of}}channel IN ({listed(DESK_CHANNELS)})")

# Who waits for a member or for an institution, and who of them found nobody at the first look.
IS_UNOWNED = Predicate("{of}owner_id IS NULL AND {of}station_id IS NOT NULL") & IS_OPEN
IS_STUCK_UNOWNED = IS_UNOWNED & Predicate(f"{{of}}waiting_reason = '{WaitingReason.NO_MEMBER}'")
IS_NEW_UNOWNED = IS_UNOWNED & Predicate(
    f"{{of}}waiting_reason IS DISTINCT FROM '{WaitingReason.NO_MEMBER}'"
)
# The enterprise must have agreed that an institution reads the request; after the last bounce the
# lead decides, and whoever chooses by hand is not forestalled.
WAITS_FOR_POOL = Predicate(
    f"{{of}}status = '{Status.ACCEPTED}' AND {{of}}delivered_by = '{DeliveredBy.POOL}'"
    f" AND {{of}}bounces < {MOST_BOUNCES} AND {{of}}consent"
    " AND NOT {of}by_hand"
)
IS_STUCK_FOR_POOL = WAITS_FOR_POOL & Predicate(
    f"{{of}}waiting_reason = '{WaitingReason.NO_INSTITUTION}'"
)
IS_NEW_FOR_POOL = WAITS_FOR_POOL & Predicate(
    f"{{of}}waiting_reason IS DISTINCT FROM '{WaitingReason.NO_INSTITUTION}'"
)

# An offer by which a ticket was with an institution, now or once.
HAD_IT = _state((OfferState.ACCEPTED, OfferState.TAKEN_BACK, OfferState.GIVEN_BACK))
# An offer that lets its institution read the ticket.
IS_LIVE_OFFER = _state((OfferState.OFFERED, OfferState.ACCEPTED))
# Of these a ticket has one at most.
IS_ONLY_LIVE_OFFER = IS_LIVE_OFFER & Predicate("NOT {of}in_parallel")
