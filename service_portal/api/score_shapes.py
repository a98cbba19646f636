"""What the API answers about scores, for the OpenAPI document."""

from __future__ import annotations

from marshmallow import fields

from service_portal.api.shapes import Coded, Shape, Words


class ScoreEnterprise(Shape):
    """Whose score it is."""

    id = fields.Integer()
    name = fields.Nested(Words)


class ScoreLine(Shape):
    """A score as it stands: the newest one of an enterprise in a scheme for a year."""

    id = fields.Integer()
    enterprise = fields.Nested(ScoreEnterprise)
    scheme = fields.Nested(Coded)
    version = fields.Integer()
    demonstration = fields.Boolean(
        metadata={"description": "whether the weights are invented: nothing official follows"}
    )
    year = fields.Integer()
    stage = fields.Nested(Coded, allow_none=True)
    total = fields.String(metadata={"description": "points, as all with two decimals"})
    passes = fields.Boolean(allow_none=True)
    computed_at = fields.String(metadata={"format": "date-time"})
    run = fields.Integer(
        allow_none=True, metadata={"description": "in which everybody was scored, if one did"}
    )


class Scores(Shape):
    """A page of scores, the newest first."""

    scores = fields.List(fields.Nested(ScoreLine))
    next_cursor = fields.String(allow_none=True)


class ScoredFact(Shape):
    """A figure that an indicator is made of."""

    code = fields.String()
    year = fields.Integer()
    value = fields.Raw(metadata={"description": "money in fen and numbers as text, yes and no"})
    source = fields.String()


class ScoredPlace(Shape):
    """Among whom a place was taken, as of `computed_at`; of fewer than five there are no numbers,
    and it is the middle.
    """

    others = fields.Integer(allow_none=True)
    below = fields.Integer(allow_none=True)
    same = fields.Integer(allow_none=True)
    sentence = fields.Nested(Words)


class ScoredIndicator(Shape):
    """One indicator: its value, what it is made of, and the points."""

    code = fields.String()
    name = fields.Nested(Words)
    category = fields.String()
    value = fields.Raw(allow_none=True)
    weight = fields.String()
    points = fields.String()
    most = fields.String()
    sentence = fields.Nested(Words)
    more = fields.Nested(
        Words, allow_none=True, metadata={"description": "what the next step would take"}
    )
    facts = fields.List(fields.Nested(ScoredFact))
    among = fields.Nested(ScoredPlace, allow_none=True)
    missing = fields.List(fields.String())


class ScoredCondition(Shape):
    """A condition, and whether it holds; null where figures are missing."""

    code = fields.String()
    name = fields.Nested(Words)
    holds = fields.Boolean(allow_none=True)


class ScoreDetail(ScoreLine):
    """A score with every indicator and condition."""

    by_category = fields.Dict(keys=fields.String(), values=fields.String())
    indicators = fields.List(fields.Nested(ScoredIndicator))
    hard = fields.List(fields.Nested(ScoredCondition))
    alternatives = fields.List(fields.Nested(ScoredCondition))
