"""What the API answers about what was delivered, for the OpenAPI document."""

from __future__ import annotations

from marshmallow import fields

from service_portal.api.shapes import Shape, Words


class Counts(Shape):
    """Counts of a group."""

    events = fields.Integer(
        metadata={
            "description": (
                "substantive contacts with evidence, at most one a day for each ticket and provider"
            )
        }
    )
    cases = fields.Integer(
        metadata={"description": "tickets closed with a result, less those opened again"}
    )
    minutes = fields.Integer(metadata={"description": "contact time of these events"})


class Totals(Counts):
    """Counts of the whole slice. Enterprises are distinct ones and never add up over groups."""

    enterprises = fields.Integer()
    persons = fields.Integer()


class Group(Counts):
    """Counts of one group."""

    key = fields.Raw(
        metadata={
            "type": ["string", "integer"],
            "description": "id, code or month, by the grouping",
        }
    )
    name = fields.Nested(Words, allow_none=True)


class Usage(Shape):
    """Counts of a period, the same numbers as on the manager's page."""

    group_by = fields.String()
    from_ = fields.String(data_key="from")
    to = fields.String()
    totals = fields.Nested(Totals)
    not_counted = fields.Integer(
        metadata={"description": "contacts that were recorded but do not count"}
    )
    rows = fields.List(fields.Nested(Group))
