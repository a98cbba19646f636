"""What the API reads and answers about money."""

from __future__ import annotations

from marshmallow import fields

from service_portal.api.dates import Day
from service_portal.api.fields import MOST, PAGE, Cursor, Number, OneOf, Text, absent
from service_portal.api.schemas import Body
from service_portal.api.shapes import Shape, Words
from service_portal.money.codes import MoneyKind
from service_portal.money.rows import KINDS_OF
from service_portal.money.slices import CUTS

_FEN = {"description": "fen"}


class Part(Body):
    """Which money is asked for."""

    as_of = Day("everything that happened up to this day; without it, today")
    known = Day("leave out what was booked after this day")
    institution = Number(0, about="id of a bank", in_address=True, load_default=absent)
    product = Text(60, "code of a bank's product")
    park = Text(40, "code or id of a park")
    industry = Text(80, "name of an industry in English; “-” for those without one")
    stage = Text(40, "code of a stage; “-” for those without one")


class Summing(Part):
    """Which sums are asked for."""

    group_by = OneOf(CUTS, "what the rows stand for", load_default="institution")


class Listing(Part):
    """Which entries are asked for, newest first."""

    what = OneOf(KINDS_OF, "only the entries behind this sum", load_default=absent)
    cursor = Cursor(int)
    limit = Number(1, MOST, "entries on a page", in_address=True, load_default=PAGE)


class MoneySums(Shape):
    """The five sums, what belongs to them, and distinct enterprises. They are never added up."""

    applied = fields.Integer(metadata={"description": "fen asked for, whatever became of it"})
    lines = fields.Integer(metadata={"description": "fen of lines valid on the day"})
    drawn = fields.Integer(metadata={"description": "fen paid out up to the day"})
    outstanding = fields.Integer(metadata={"description": "fen paid out and not repaid"})
    unused = fields.Integer(
        metadata={
            "description": "fen still to be drawn of valid lines: less what is outstanding if a"
            " line revolves, else less what was drawn"
        }
    )
    repaid = fields.Integer(metadata=_FEN)
    overdue = fields.Integer(metadata=_FEN)
    non_performing = fields.Integer(metadata=_FEN)
    applications = fields.Integer(metadata={"description": "requests received, in any state"})
    approvals = fields.Integer()
    refusals = fields.Integer()
    with_line = fields.Integer(metadata={"description": "distinct enterprises with a valid line"})
    drew = fields.Integer(metadata={"description": "distinct enterprises that were paid out"})
    first_time = fields.Integer(metadata={"description": "of these, without a loan before"})


class MoneyRow(MoneySums):
    """The sums of one group."""

    key = fields.Raw(metadata={"type": ["string", "integer"], "description": "id or code"})
    name = fields.Nested(Words, allow_none=True)


class MeasuredDays(Shape):
    """Calendar days."""

    of = fields.Integer(metadata={"description": "how many were measured"})
    median = fields.Integer(allow_none=True)
    p90 = fields.Integer(allow_none=True)


class MoneyDays(Shape):
    """Days between request, answer and money."""

    to_answer = fields.Nested(MeasuredDays)
    to_money = fields.Nested(MeasuredDays)
    altogether = fields.Nested(MeasuredDays)


class Finance(Shape):
    """The sums of a day, the same numbers as on the finance page."""

    as_of = fields.Date()
    known = fields.Date(allow_none=True)
    group_by = fields.String()
    totals = fields.Nested(MoneySums)
    days = fields.Nested(MoneyDays)
    refused = fields.Dict(keys=fields.String(), values=fields.Integer())
    rows = fields.List(fields.Nested(MoneyRow))


class MoneyLine(Shape):
    """One entry of the money ledger."""

    seq = fields.Integer()
    day = fields.Date(metadata={"description": "when it happened"})
    booked_on = fields.Date(metadata={"description": "when it was booked"})
    kind = fields.String(metadata={"enum": [str(kind) for kind in MoneyKind]})
    amount = fields.Integer(metadata={"description": "fen; a correction has the opposite amount"})
    uscc = fields.String()
    institution = fields.Integer()
    product = fields.String()
    park = fields.Integer()
    industry = fields.String()
    stage = fields.String()
    first_time = fields.Boolean()
    application = fields.Integer()
    line = fields.Integer(allow_none=True)
    revolving = fields.Boolean(allow_none=True)
    valid_until = fields.Date(allow_none=True)
    reason_code = fields.String(allow_none=True)
    slip = fields.String()
    reverses = fields.Integer(allow_none=True)


class MoneyLines(Shape):
    """A page of entries."""

    entries = fields.List(fields.Nested(MoneyLine))
    next_cursor = fields.String(allow_none=True)
