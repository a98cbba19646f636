"""Writes the ledger through the one database function that may: numbered, chained, rolled up,
once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from service_portal.access.actor import Actor
from service_portal.ledger.models import USAGE


@dataclass(frozen=True, slots=True)
class Usage:
    """One countable thing.

    `measure` is `event` or `case`; `unique_key` makes a repetition harmless; `day` is the zone's
    local day.
    """

    measure: str
    at: datetime
    day: date
    ticket_id: int
    enterprise_id: int
    station_id: int
    institution_id: int | None
    park_id: int
    category_code: str
    service_code: str
    rule_version: int
    actor_person_id: int | None
    unique_key: str
    minutes: int = 0
    persons: int = 0
    service_event_id: int | None = None
    quantity: int = 1
    reverses: int | None = None
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        """Give the entry as the database function reads it."""
        return {**asdict(self), "at": self.at.isoformat(), "day": self.day.isoformat()}


def append(usage: Usage) -> int:
    """Append an entry in the caller's transaction and give its number; a known `unique_key` gives
    the first one's number.
    """
    return USAGE.append(usage.as_json())


def append_many(usages: list[Usage]) -> None:
    """Append entries in order, in one statement."""
    USAGE.append_many([usage.as_json() for usage in usages])


def reverse(seq: int, *, actor: Actor, reason: str, now: datetime, zone: ZoneInfo) -> int:
    """Append the reversal of an entry, dated today, and give its number.

    An entry can be reversed once; a reversal never.
    """
    return USAGE.reverse(seq, person_id=actor.person_id, reason=reason, now=now, zone=zone)


def keep_anchor(*, now: datetime, zone: ZoneInfo) -> None:
    """Keep the head of the chain for yesterday, once."""
    USAGE.keep_anchor(now=now, zone=zone)
