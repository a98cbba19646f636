"""What the API answers, for the OpenAPI document.

Answers are written by hand on the way out; a test holds them to these shapes.
"""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import Schema, fields

from service_portal.tickets.codes import NotCountable
from service_portal.tickets.rules import Move, Status, Verdict

_MOMENT = {"format": "date-time"}


def _moment(about: str = "") -> fields.String:
    return fields.String(
        allow_none=True, metadata={**_MOMENT, **({"description": about} if about else {})}
    )


def _one_of(words: Any) -> fields.String:
    return fields.String(metadata={"enum": [str(word) for word in words]})


class Shape(Schema):
    """What is answered: every field stands there, null where there is nothing to say, but those in
    `sometimes`.
    """

    sometimes: ClassVar[frozenset[str]] = frozenset()

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Tell the document that programs may count on the field."""
        field_obj.required = field_name not in self.sometimes


class Words(Shape):
    """A text in both languages."""

    en = fields.String()
    zh = fields.String()


def _words() -> fields.Nested:
    return fields.Nested(Words, allow_none=True)


class FieldProblem(Shape):
    """What is wrong with one field."""

    field = fields.String(metadata={"description": "dotted path of the field"})
    message = fields.String()


class Problem(Shape):
    """An error (RFC 9457)."""

    sometimes = frozenset({"errors"})

    type = fields.String(metadata={"format": "uri"})
    title = fields.String()
    status = fields.Integer()
    code = fields.String(metadata={"description": "for programs; stays the same in every language"})
    detail = fields.String(
        metadata={"description": "for people, in the language of the token's owner"}
    )
    errors = fields.List(fields.Nested(FieldProblem))


class Limit(Shape):
    """An allowed time."""

    amount = fields.Integer()
    unit = fields.String(
        metadata={
            "enum": ["wh", "wd", "h", "d"],
            "description": "working hours, working days, hours, days",
        }
    )


class Limits(Shape):
    """What is promised."""

    accept, contact, resolve, offer = (fields.Nested(Limit) for _ in range(4))


class Coded(Shape):
    """Something with a code."""

    code = fields.String()
    name = _words()


class Numbered(Shape):
    """Something with an id."""

    id = fields.Integer()
    name = _words()


class Place(Shape):
    """A station."""

    id = fields.Integer()
    code = fields.String()
    name = _words()


class Company(Shape):
    """An enterprise; its social credit code is not shown to institutions."""

    uscc = fields.String(allow_none=True)
    name = _words()


class ServiceLine(Shape):
    """A service."""

    code = fields.String()
    name = _words()
    summary = _words()
    category = fields.Nested(Coded)
    delivered_by = fields.String(metadata={"enum": ["station", "pool", "both"]})
    auto_accept = fields.Boolean()
    limits = fields.Nested(Limits)
    max_extension_working_days = fields.Integer(
        metadata={"description": "by how much the answer's promise can be extended; 0 means not"}
    )
    version = fields.Integer()


class Choice(Shape):
    """One answer of a question."""

    value = fields.String()
    name = _words()


class Question(Shape):
    """A question of a service's form."""

    key = fields.String()
    type = fields.String(
        metadata={
            "enum": ["text", "longtext", "number", "money", "date", "choice", "choices", "yesno"]
        }
    )
    label = _words()
    help = _words()
    required = fields.Boolean()
    choices = fields.List(fields.Nested(Choice))
    minimum = fields.Integer(allow_none=True)
    maximum = fields.Integer(allow_none=True)


class Service(ServiceLine):
    """A service with everything one must know to ask for it."""

    providers = _words()
    evidence = _words()
    count_basis = fields.String()
    fields_ = fields.List(fields.Nested(Question), data_key="fields")


class Services(Shape):
    """The catalogue, or what was found in it, best first."""

    services = fields.List(fields.Nested(ServiceLine))


class Filed(Shape):
    """A ticket that was filed."""

    reference = fields.String()
    status = _one_of([Status.SUBMITTED])
    service = fields.String()
    href = fields.String()


class TicketLine(Shape):
    """A ticket in a list.

    What only staff may know is null for others, and so is what an institution learns once it
    accepts.
    """

    reference = fields.String()
    title = fields.String()
    status = _one_of(Status)
    urgent = fields.Boolean()
    service = fields.Nested(Coded)
    category = fields.String()
    enterprise = fields.Nested(Company)
    park = fields.String()
    station = fields.Nested(Place, allow_none=True)
    owner = fields.Nested(Numbered, allow_none=True)
    institution = fields.Nested(Numbered, allow_none=True)
    light = fields.Integer(metadata={"description": "0 in time, 1 nearly due, 2 late"})
    filed_at = _moment()
    promised_at = _moment("when the enterprise has its answer; null while the promise stands still")
    accepted_at, first_contact_at, answered_at, closed_at, last_word_at = (
        _moment() for _ in range(5)
    )
    last_word_by = fields.String(allow_none=True, metadata={"enum": ["enterprise", "staff", None]})
    next_due_at = _moment("the nearest deadline of any kind, for staff")
    waiting_reason = fields.String(allow_none=True)
    supervision_level = fields.Integer(allow_none=True)
    href = fields.String()


class Tickets(Shape):
    """A page of tickets, newest first."""

    tickets = fields.List(fields.Nested(TicketLine))
    next_cursor = fields.String(allow_none=True)


class Contact(Shape):
    """Whom to call."""

    name = fields.String()
    phone = fields.String()


class Clock(Shape):
    """A promise that runs, stands still or has ended."""

    kind = fields.String(
        metadata={
            "enum": ["accept", "contact", "offer", "look_again", "handle", "resolve", "call_back"]
        }
    )
    cycle = fields.Integer()
    started_at, due_at, stopped_at = (_moment() for _ in range(3))
    first_due_at = _moment("of an answer whose promise was extended: when it was due before")
    outcome = fields.String(allow_none=True, metadata={"enum": ["met", "late", "cancelled", None]})
    estimated = fields.Boolean(
        metadata={"description": "reckoned through a year whose holidays are not official yet"}
    )


class Rated(Shape):
    """What the enterprise said; `none` means that nobody rated it."""

    level = fields.Integer(allow_none=True)
    solved = fields.Boolean(
        allow_none=True, metadata={"description": "whether the verdict is `solved`"}
    )
    verdict = fields.String(allow_none=True, metadata={"enum": [*Verdict, None]})
    comment = fields.String()
    source = fields.String(metadata={"enum": ["enterprise", "none"]})
    first_at = _moment("when it was said first; for seven days from then it can be changed")


class Related(Shape):
    """A ticket that goes with another one."""

    reference = fields.String()
    title = fields.String()
    status = _one_of(Status)


class Links(Shape):
    """The tickets that go with one, of those that the token may see."""

    reference = fields.String()
    related = fields.List(fields.Nested(Related))


class Ticket(TicketLine):
    """Everything about a ticket that the token may see."""

    description = fields.String(allow_none=True)
    contact = fields.Nested(Contact, allow_none=True)
    answers = fields.Dict(allow_none=True)
    amount = fields.String(allow_none=True)
    channel = fields.String(allow_none=True)
    cycle = fields.Integer()
    outcome = fields.String(allow_none=True)
    rating = fields.Nested(Rated, allow_none=True)
    clocks = fields.List(fields.Nested(Clock))
    moves = fields.List(_one_of(Move), metadata={"description": "what this token may do next"})
    related = fields.List(
        fields.Nested(Related),
        metadata={"description": "the tickets that go with it, of those that the token may see"},
    )


class Line(Shape):
    """A word or something that happened."""

    at = _moment()
    type = fields.String(metadata={"enum": ["message", "event"]})
    kind = fields.String(allow_none=True)
    by = fields.String()
    role = fields.String()
    audience = fields.String(metadata={"enum": ["shared", "internal"]})
    text = fields.String(
        allow_none=True,
        metadata={
            "description": (
                "in the language of the token's owner; null for auditors where it is a message"
            )
        },
    )
    status = fields.String(allow_none=True, metadata={"description": "where it led"})


class Timeline(Shape):
    """A page of a ticket's history, oldest first."""

    lines = fields.List(fields.Nested(Line))
    next_cursor = fields.String(allow_none=True)


class Decision(Shape):
    """Why a ticket went where it went."""

    at = _moment()
    kind = fields.String(metadata={"enum": ["route", "assign", "offer"]})
    outcome = fields.String()
    chosen = fields.Nested(Numbered, allow_none=True)
    words = _words()
    considered = fields.Dict()


class Decisions(Shape):
    """Every decision on a ticket, oldest first."""

    decisions = fields.List(fields.Nested(Decision))


class Moved(Shape):
    """A move that was made."""

    reference = fields.String()
    move = _one_of(Move)
    status = _one_of(Status)
    moves = fields.List(_one_of(Move), metadata={"description": "what this token may do next"})


class Posted(Shape):
    """A message that was written."""

    id = fields.Integer()
    reference = fields.String()
    audience = fields.String(metadata={"enum": ["shared", "internal"]})


class ContactRecorded(Shape):
    """A contact that was recorded."""

    id = fields.Integer()
    reference = fields.String()
    countable = fields.Boolean()
    not_counted = fields.String(
        allow_none=True,
        metadata={
            "enum": [*NotCountable, None],
            "description": "why it does not count; null when it does",
        },
    )


class RatingGiven(Shape):
    """A rating that was given."""

    reference = fields.String()
    status = _one_of(Status)
    rating = fields.Nested(Rated)


class CalledBack(Shape):
    """A call back that was noted."""

    reference = fields.String()
    status = _one_of(Status)
