"""How an act is declared: who may do it when, what it asks for, how it is called and said, and
the service that does it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from service_portal.access.permissions import Permission
from service_portal.catalogue.rules import ServiceDefinition
from service_portal.events.catalog import Event
from service_portal.tickets.models import Clock, Ticket
from service_portal.tickets.moves.fields import Field, Files, Options, Row, Sentence
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.queries import Seen
from service_portal.tickets.rules import Move, Status

# An endpoint, and what its address is made with.
PageOf = tuple[str, dict[str, Any]]
Done = Callable[[Any, dict[str, Any]], str]


class Place(StrEnum):
    """Where on a ticket's page an act is found."""

    TOP = "top"
    SECTION = "section"
    CONVERSATION = "conversation"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Context:
    """A ticket's page for its reader: what the acts on it may ask about."""

    seen: Seen
    head: Any
    definition: ServiceDefinition
    at: datetime
    clocks: Sequence[Clock] = ()
    _options: dict[Row, Options] = field(default_factory=dict)

    @property
    def ticket(self) -> Ticket:
        """Give the ticket."""
        return self.seen.ticket

    def options(self, row: Row) -> Options:
        """Give the rows that a field offers on this page."""
        if row not in self._options:
            self._options[row] = row.among(self)
        return self._options[row]


@dataclass(frozen=True, kw_only=True, eq=False)
class Act:
    """Something people do to a ticket.

    A move of the lifecycle names its `move` and where it `leads`, as the table in
    `tickets/rules.py` has it; an act that leaves the status as it is says in which ones it is
    `open_in`. What more must hold of the ticket says `applies`; where the page need not offer it
    says `shown`.

    It is posted to `/tickets/<id>/<path>` under the endpoint `name`, unless `address` says
    otherwise; acts with a form on a page of their own have `own_page`. On the ticket's page acts
    stand in the order of `position`. A `template` draws more than the plain fields, for each of
    what it `depends_on`. What is refused comes back on the ticket's page, or on the one that
    `made_on` names.

    `done` is said after it, `done_before` where somebody else had just made the same move;
    `notice` to those who hear of its `event`; `timeline` in the ticket's history, in lines of its
    `kind`.
    """

    name: str
    permission: Permission
    service: Callable[..., Any]
    move: Move | None = None
    leads: Mapping[Status, Status] = field(default_factory=dict)
    open_in: frozenset[Status] = frozenset()
    applies: Callable[[Ticket], bool] | None = None

    fields: tuple[Field, ...] = ()
    files: Files | None = None

    button: Sentence | Callable[[Context], Sentence] = ""
    intro: Sentence = ""
    key: str = ""
    position: int = 0
    place: Place = Place.TOP
    is_primary: bool | Callable[[Context], bool] = False
    is_final: bool = False
    in_row: frozenset[Status] = frozenset()
    template: str = ""
    depends_on: Callable[[Context], Hashable] | None = None
    path: str = ""
    address: str = ""
    own_page: bool = False
    shown: Callable[[Context], bool] | None = None
    section: str = ""
    made_on: Callable[[int], PageOf | None] | None = None

    done: Sentence | Done = ""
    done_before: Sentence = ""
    then: Callable[[int], str] | None = None
    kind: str = ""
    timeline: Callable[[Entry], str] | None = None
    event: type[Event] | None = None
    notice: Sentence = ""

    @property
    def statuses(self) -> frozenset[Status]:
        """Give the statuses in which it is open."""
        return frozenset(self.leads) or self.open_in

    @property
    def segment(self) -> str:
        """Give the end of its address."""
        return self.path or self.name.replace("_", "-")

    @property
    def rule(self) -> str:
        """Give the address it is posted to, as a rule for routes."""
        return self.address or f"/tickets/<int:ticket_id>/{self.segment}"

    def is_shown(self, on: Context) -> bool:
        """Say whether its page offers it."""
        return self.shown is None or self.shown(on)

    def label(self, on: Context) -> Sentence:
        """Say what its button says."""
        return self.button(on) if callable(self.button) else self.button

    def stands_out(self, on: Context) -> bool:
        """Say whether it is the next thing to do."""
        return self.is_primary(on) if callable(self.is_primary) else self.is_primary

    def field(self, name: str) -> Field:
        """Give one of its fields."""
        return next(one for one in self.fields if one.name == name)
