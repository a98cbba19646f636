"""Everything that can happen to a ticket, as frozen values in the past tense. Pure.

An event carries ids, never content: whoever listens reads the rows and re-checks the rights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """Something that happened to one ticket. `name` is its name in the outbox."""

    name: ClassVar[str] = ""
    ticket_id: int
    enterprise_id: int

    def payload(self) -> dict[str, Any]:
        """Give the ids as they are kept in the outbox."""
        return dict(vars(self))


@dataclass(frozen=True)
class TicketFiled(Event):
    name: ClassVar[str] = "ticket.filed"


@dataclass(frozen=True)
class TicketRouted(Event):
    name: ClassVar[str] = "ticket.routed"
    station_id: int


@dataclass(frozen=True)
class TicketAssigned(Event):
    name: ClassVar[str] = "ticket.assigned"
    member_id: int


@dataclass(frozen=True)
class TicketUnassignable(Event):
    name: ClassVar[str] = "ticket.unassignable"
    reason: str


@dataclass(frozen=True)
class TicketAccepted(Event):
    name: ClassVar[str] = "ticket.accepted"


@dataclass(frozen=True)
class TicketNotAccepted(Event):
    name: ClassVar[str] = "ticket.not_accepted"


@dataclass(frozen=True)
class TicketReturned(Event):
    name: ClassVar[str] = "ticket.returned"


@dataclass(frozen=True)
class TicketResubmitted(Event):
    name: ClassVar[str] = "ticket.resubmitted"


@dataclass(frozen=True)
class TicketWithdrawn(Event):
    name: ClassVar[str] = "ticket.withdrawn"
    institution_id: int | None = None


@dataclass(frozen=True)
class TicketMerged(Event):
    name: ClassVar[str] = "ticket.merged"
    into_id: int


@dataclass(frozen=True)
class OfferMade(Event):
    name: ClassVar[str] = "offer.made"
    offer_id: int
    institution_id: int


@dataclass(frozen=True)
class OfferAccepted(Event):
    name: ClassVar[str] = "offer.accepted"
    offer_id: int
    institution_id: int


@dataclass(frozen=True)
class OfferDeclined(Event):
    name: ClassVar[str] = "offer.declined"
    offer_id: int
    institution_id: int


@dataclass(frozen=True)
class OfferExpired(Event):
    name: ClassVar[str] = "offer.expired"
    offer_id: int
    institution_id: int


@dataclass(frozen=True)
class WorkStarted(Event):
    name: ClassVar[str] = "work.started"


@dataclass(frozen=True)
class MessagePosted(Event):
    name: ClassVar[str] = "message.posted"
    message_id: int


@dataclass(frozen=True)
class TicketHeld(Event):
    name: ClassVar[str] = "ticket.held"


@dataclass(frozen=True)
class TicketResumed(Event):
    name: ClassVar[str] = "ticket.resumed"


@dataclass(frozen=True)
class TicketHandedOver(Event):
    name: ClassVar[str] = "ticket.handed_over"


@dataclass(frozen=True)
class ServiceDelivered(Event):
    name: ClassVar[str] = "service.delivered"
    service_event_id: int


@dataclass(frozen=True)
class TicketAnswered(Event):
    name: ClassVar[str] = "ticket.answered"


@dataclass(frozen=True)
class TicketClosed(Event):
    name: ClassVar[str] = "ticket.closed"
    verdict: str | None = None


@dataclass(frozen=True)
class TicketRedone(Event):
    name: ClassVar[str] = "ticket.redone"


@dataclass(frozen=True)
class TicketReopened(Event):
    name: ClassVar[str] = "ticket.reopened"


@dataclass(frozen=True)
class TicketRated(Event):
    name: ClassVar[str] = "ticket.rated"


@dataclass(frozen=True)
class VerdictChanged(Event):
    name: ClassVar[str] = "verdict.changed"
    verdict: str


@dataclass(frozen=True)
class RungReached(Event):
    name: ClassVar[str] = "rung.reached"
    alarm_id: int
    clock: str
    rung: str
    institution_id: int | None = None


@dataclass(frozen=True)
class AccountEvent:
    """Something that happened to a person's account, and to no ticket."""

    name: ClassVar[str] = ""
    ticket_id: ClassVar[None] = None
    enterprise_id: ClassVar[None] = None
    person_id: int

    def payload(self) -> dict[str, Any]:
        """Give the ids as they are kept in the outbox."""
        return dict(vars(self))


@dataclass(frozen=True)
class SecondFactorRemoved(AccountEvent):
    name: ClassVar[str] = "second_factor.removed"


EVENTS: tuple[type[Event | AccountEvent], ...] = (
    *Event.__subclasses__(),
    *AccountEvent.__subclasses__(),
)
