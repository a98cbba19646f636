"""What an act asks for: each field once, for the web form and for the API."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from service_portal.catalogue.forms import LONG_LENGTH
from service_portal.kernel.clock import zone_time
from service_portal.sla.queries import working_day
from service_portal.web.translations import Later

if TYPE_CHECKING:
    from service_portal.tickets.moves.declaration import Context

Sentence: TypeAlias = Later | str
Options: TypeAlias = tuple[tuple[str, str], ...]
SHORT_LENGTH = 500
WRITTEN = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """One thing that an act asks for.

    `required` is the sentence that asks for it where it is missing. `required_by_api` differs from
    that only where programs of the first release may leave it out, or can't send what would
    replace it. `about` is its description in the OpenAPI document.
    """

    kind: ClassVar[str]
    name: str
    label: Sentence = ""
    hint: Sentence = ""
    required: Sentence = ""
    required_by_api: bool | None = None
    about: str = ""
    only_api: bool = False

    @property
    def is_required_by_api(self) -> bool:
        """Say whether a program must send it."""
        return bool(self.required) if self.required_by_api is None else self.required_by_api

    def depends_on(self, on: Context) -> Hashable:
        """Give what of the ticket its empty field depends on."""
        return None

    def first_value(self, on: Context) -> str:
        """Give what stands in the field before anybody writes."""
        return ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Text(Field):
    """A text; in a field of one line when it has one row."""

    kind = "text"
    most: int = LONG_LENGTH
    rows: int = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Line(Text):
    """A text that is one line, however it is sent."""

    rows: int = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Phone(Line):
    """A number that can be called."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice(Field):
    """One of some codes; `default` is meant where none is sent, and chosen beforehand."""

    kind = "choice"
    among: Mapping[str, Later]
    default: str = ""

    def options(self, on: Context) -> Options:
        """Give the codes with their names in the reader's language."""
        return tuple((code, str(words)) for code, words in self.among.items())

    def first_value(self, on: Context) -> str:
        """Give what is chosen beforehand."""
        return self.default


@dataclass(frozen=True, kw_only=True, eq=False)
class Row(Field):
    """The id of a row that `among` offers for a ticket; whether it fits, the service decides."""

    kind = "choice"
    among: Callable[[Context], Options]

    def depends_on(self, on: Context) -> Hashable:
        """Give the rows that are offered."""
        return on.options(self)

    def options(self, on: Context) -> Options:
        """Give the ids with the names of the rows; read once, and only when the field is shown."""
        return on.options(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Number(Field):
    """A whole number within limits.

    `default` is meant where none is sent, `suggested` stands in the web form beforehand.
    """

    kind = "number"
    least: int
    most: int
    default: int | None = None
    suggested: int | None = None

    def first_value(self, on: Context) -> str:
        """Give the number that is suggested."""
        return "" if self.suggested is None else str(self.suggested)


@dataclass(frozen=True, kw_only=True, eq=False)
class Money(Field):
    """A sum of money, at least one fen; people write it in yuan, programs in fen."""

    kind = "money"


@dataclass(frozen=True, kw_only=True, eq=False)
class Day(Field):
    """A day of the zone's calendar; one so many working days `ahead` is suggested."""

    kind = "day"
    ahead: int | None = None

    def depends_on(self, on: Context) -> Hashable:
        """Give the day that is suggested."""
        return self.first_value(on)

    def first_value(self, on: Context) -> str:
        """Suggest a day."""
        return "" if self.ahead is None else working_day(on.at, ahead=self.ahead).isoformat()


@dataclass(frozen=True, kw_only=True, eq=False)
class Flag(Field):
    """Yes or no; shown on a ticket only `when` it has to be asked there."""

    kind = "flag"
    default: bool | None = False
    when: Callable[[Context], bool] | None = None

    def depends_on(self, on: Context) -> Hashable:
        """Say whether it is asked for."""
        return self.is_asked(on)

    def is_asked(self, on: Context) -> bool:
        """Say whether it is asked for on a ticket."""
        return self.when is None or self.when(on)


@dataclass(frozen=True, kw_only=True, eq=False)
class Moment(Field):
    """A moment of the zone's clock, now where none is sent."""

    kind = "moment"

    def depends_on(self, on: Context) -> Hashable:
        """Give the present minute."""
        return self.first_value(on)

    def first_value(self, on: Context) -> str:
        """Suggest the present moment."""
        return written(on.at)


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers(Field):
    """The answers to the questions of the ticket's service."""

    kind = "answers"


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts(Field):
    """One to so many parts, each of which says the same fields."""

    kind = "parts"
    of: tuple[Field, ...]
    most: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Files:
    """Files that are sent with an act; the service gets their ids under `name`."""

    name: str
    label: Sentence
    purpose: str


def written(at: datetime) -> str:
    """Write a moment as a field of a form holds it."""
    return at.astimezone(zone_time()).replace(tzinfo=None).isoformat(timespec="minutes")
