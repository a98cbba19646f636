"""Everything that can happen, as frozen values in the past tense. Pure.

An event carries ids, never content: whoever listens reads the rows and re-checks the rights.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple


class SubjectKind(StrEnum):
    """What events and messages are about."""

    TICKET = "ticket"
    PERSON = "person"
    ENTERPRISE = "enterprise"
    OFFER = "offer"


class Subject(NamedTuple):
    """The one thing an event or a message is about."""

    kind: SubjectKind
    id: int


@dataclass(frozen=True)
class Event(ABC):
    """Something that happened. `name` is its name in the outbox."""

    name: ClassVar[str] = ""

    @property
    @abstractmethod
    def subject(self) -> Subject:
        """Say what it happened to."""

    def payload(self) -> dict[str, Any]:
        """Give the ids as they are kept in the outbox."""
        return dict(vars(self))


@dataclass(frozen=True)
class TicketEvent(Event):
    """Something that happened to one ticket."""

    ticket_id: int
    enterprise_id: int

    @property
    def subject(self) -> Subject:
        """Say which ticket it happened to."""
        return Subject(SubjectKind.TICKET, self.ticket_id)


@dataclass(frozen=True)
class AccountEvent(Event):
    """Something that happened to a person's account, and to no ticket."""

    person_id: int

    @property
    def subject(self) -> Subject:
        """Say whose account it happened to."""
        return Subject(SubjectKind.PERSON, self.person_id)


@dataclass(frozen=True)
class EnterpriseEvent(Event):
    """Something that happened to an enterprise, and to no ticket."""

    enterprise_id: int

    @property
    def subject(self) -> Subject:
        """Say which enterprise it happened to."""
        return Subject(SubjectKind.ENTERPRISE, self.enterprise_id)


@dataclass(frozen=True)
class TicketFiled(TicketEvent):
    name: ClassVar[str] = "ticket.filed"


@dataclass(frozen=True)
class TicketRouted(TicketEvent):
    name: ClassVar[str] = "ticket.routed"
    station_id: int


@dataclass(frozen=True)
class TicketAssigned(TicketEvent):
    name: ClassVar[str] = "ticket.assigned"
    member_id: int


@dataclass(frozen=True)
class TicketUnassignable(TicketEvent):
    name: ClassVar[str] = "ticket.unassignable"
    reason: str


@dataclass(frozen=True)
class TicketAccepted(TicketEvent):
    name: ClassVar[str] = "ticket.accepted"


@dataclass(frozen=True)
class TicketNotAccepted(TicketEvent):
    name: ClassVar[str] = "ticket.not_accepted"


@dataclass(frozen=True)
class TicketReturned(TicketEvent):
    name: ClassVar[str] = "ticket.returned"


@dataclass(frozen=True)
class TicketResubmitted(TicketEvent):
    name: ClassVar[str] = "ticket.resubmitted"


@dataclass(frozen=True)
class TicketWithdrawn(TicketEvent):
    name: ClassVar[str] = "ticket.withdrawn"
    institution_id: int | None = None
    offer_id: int | None = None


@dataclass(frozen=True)
class TicketMerged(TicketEvent):
    name: ClassVar[str] = "ticket.merged"
    into_id: int


@dataclass(frozen=True)
class TicketDivided(TicketEvent):
    name: ClassVar[str] = "ticket.divided"


@dataclass(frozen=True)
class PartFiled(TicketEvent):
    name: ClassVar[str] = "part.filed"


@dataclass(frozen=True)
class OfferMade(TicketEvent):
    name: ClassVar[str] = "offer.made"
    offer_id: int
    institution_id: int


@dataclass(frozen=True)
class OfferAccepted(TicketEvent):
    name: ClassVar[str] = "offer.accepted"
    offer_id: int
    institution_id: int


@dataclass(frozen=True)
class OfferDeclined(TicketEvent):
    name: ClassVar[str] = "offer.declined"
    offer_id: int
    institution_id: int


@dataclass(frozen=True)
class OfferExpired(TicketEvent):
    name: ClassVar[str] = "offer.expired"
    offer_id: int
    institution_id: int


@dataclass(frozen=True)
class OfferWithdrawn(TicketEvent):
    name: ClassVar[str] = "offer.withdrawn"
    offer_id: int
    institution_id: int


@dataclass(frozen=True)
class CaseTakenBack(TicketEvent):
    name: ClassVar[str] = "case.taken_back"
    offer_id: int
    institution_id: int


@dataclass(frozen=True)
class CaseGivenBack(TicketEvent):
    name: ClassVar[str] = "case.given_back"
    offer_id: int
    institution_id: int


@dataclass(frozen=True)
class WorkStarted(TicketEvent):
    name: ClassVar[str] = "work.started"


@dataclass(frozen=True)
class MessagePosted(TicketEvent):
    name: ClassVar[str] = "message.posted"
    message_id: int


@dataclass(frozen=True)
class ServiceChanged(TicketEvent):
    name: ClassVar[str] = "ticket.service_changed"


@dataclass(frozen=True)
class TicketUrged(TicketEvent):
    name: ClassVar[str] = "ticket.urged"


@dataclass(frozen=True)
class ExtensionAsked(TicketEvent):
    name: ClassVar[str] = "extension.asked"
    # By whom, where who asks for it is who could decide on it.
    reason: str = ""


@dataclass(frozen=True)
class ExtensionGranted(TicketEvent):
    name: ClassVar[str] = "extension.granted"


@dataclass(frozen=True)
class ExtensionRefused(TicketEvent):
    name: ClassVar[str] = "extension.refused"


@dataclass(frozen=True)
class ExtensionLapsed(TicketEvent):
    name: ClassVar[str] = "extension.lapsed"


@dataclass(frozen=True)
class TicketHeld(TicketEvent):
    name: ClassVar[str] = "ticket.held"


@dataclass(frozen=True)
class TicketResumed(TicketEvent):
    name: ClassVar[str] = "ticket.resumed"


@dataclass(frozen=True)
class TicketHandedOver(TicketEvent):
    name: ClassVar[str] = "ticket.handed_over"


@dataclass(frozen=True)
class ServiceDelivered(TicketEvent):
    name: ClassVar[str] = "service.delivered"
    service_event_id: int


@dataclass(frozen=True)
class TicketAnswered(TicketEvent):
    name: ClassVar[str] = "ticket.answered"


@dataclass(frozen=True)
class TicketClosed(TicketEvent):
    name: ClassVar[str] = "ticket.closed"
    verdict: str | None = None


@dataclass(frozen=True)
class TicketRedone(TicketEvent):
    name: ClassVar[str] = "ticket.redone"


@dataclass(frozen=True)
class TicketReopened(TicketEvent):
    name: ClassVar[str] = "ticket.reopened"


@dataclass(frozen=True)
class TicketRated(TicketEvent):
    name: ClassVar[str] = "ticket.rated"


@dataclass(frozen=True)
class VerdictChanged(TicketEvent):
    name: ClassVar[str] = "verdict.changed"
    verdict: str


@dataclass(frozen=True)
class CallBackAsked(TicketEvent):
    name: ClassVar[str] = "call_back.asked"


@dataclass(frozen=True)
class CallBackMade(TicketEvent):
    name: ClassVar[str] = "call_back.made"


@dataclass(frozen=True)
class LoanAnswered(TicketEvent):
    name: ClassVar[str] = "loan.answered"
    answer_id: int
    institution_id: int


@dataclass(frozen=True)
class LoanAccepted(TicketEvent):
    name: ClassVar[str] = "loan.accepted"
    answer_id: int
    institution_id: int


@dataclass(frozen=True)
class LoanLapsed(TicketEvent):
    name: ClassVar[str] = "loan.lapsed"
    answer_id: int


@dataclass(frozen=True)
class LoanExpired(TicketEvent):
    name: ClassVar[str] = "loan.expired"
    answer_id: int


@dataclass(frozen=True)
class LoanReminded(TicketEvent):
    name: ClassVar[str] = "loan.reminded"
    answer_id: int


@dataclass(frozen=True)
class LoanStopped(TicketEvent):
    name: ClassVar[str] = "loan.stopped"
    answer_id: int


@dataclass(frozen=True)
class LoanEnded(TicketEvent):
    name: ClassVar[str] = "loan.ended"
    answer_id: int
    institution_id: int
    offer_id: int


@dataclass(frozen=True)
class LoansDecided(TicketEvent):
    name: ClassVar[str] = "loans.decided"
    approved: int


@dataclass(frozen=True)
class RungReached(TicketEvent):
    name: ClassVar[str] = "rung.reached"
    alarm_id: int
    clock: str
    rung: str
    institution_id: int | None = None


@dataclass(frozen=True)
class SecondFactorRemoved(AccountEvent):
    name: ClassVar[str] = "second_factor.removed"


@dataclass(frozen=True)
class FactsRecorded(EnterpriseEvent):
    name: ClassVar[str] = "facts.recorded"
    year: int


@dataclass(frozen=True)
class FactDecided(EnterpriseEvent):
    name: ClassVar[str] = "fact.decided"
    fact_id: int


@dataclass(frozen=True)
class FactsConflicted(EnterpriseEvent):
    name: ClassVar[str] = "facts.conflicted"


EVENTS: tuple[type[Event], ...] = (
    *TicketEvent.__subclasses__(),
    *AccountEvent.__subclasses__(),
    *EnterpriseEvent.__subclasses__(),
)
