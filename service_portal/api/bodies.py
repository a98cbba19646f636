"""The bodies of a request and of acts for the API, made of the same declarations as their web
forms.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields

from service_portal.api.dates import Day, Moment
from service_portal.api.fields import (
    REQUIRED,
    AnswersField,
    Flag,
    Line,
    Number,
    OneOf,
    Phone,
    Text,
)
from service_portal.api.schemas import Body
from service_portal.tickets.asked import ASKED
from service_portal.tickets.moves import fields as declared
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Field

LARGEST_SUM = 10**15


def body_of(act: Act, name: str, /, **more: fields.Field[Any]) -> Body:
    """Make the body in which an act's fields are sent, with some more that are not its own."""
    known = {one.name: field_of(one) for one in act.fields}
    # What is made of a class is its child, which marshmallow does not say.
    made: Body = Body.from_dict({**more, **known}, name=name)()  # type: ignore[assignment]
    return made


def field_of(one: Field) -> fields.Field[Any]:
    """Make the field in which a program sends what a declared one asks for."""
    must = one.is_required_by_api
    if isinstance(one, declared.Phone):
        return Phone(one.most, one.about, required=must)
    if isinstance(one, declared.Line):
        return Line(one.most, one.about, required=must)
    if isinstance(one, declared.Text):
        return Text(one.most, one.about, required=must)
    if isinstance(one, declared.Choice):
        return OneOf(one.among, one.about, **_presence(one.default or None, must=must))
    if isinstance(one, declared.Row):
        return Number(1, about=one.about, required=must)
    if isinstance(one, declared.Number):
        return Number(one.least, one.most, one.about, **_presence(one.default, must=must))
    if isinstance(one, declared.Money):
        return Number(1, LARGEST_SUM, one.about, required=must)
    if isinstance(one, declared.Flag):
        about = {"description": one.about} if one.about else {}
        return Flag(metadata=about, **_presence(one.default, must=must))
    if isinstance(one, declared.Day):
        return Day(one.about, required=must)
    if isinstance(one, declared.Moment):
        return Moment(one.about)
    if isinstance(one, declared.Parts):
        return _parts(one)
    assert isinstance(one, declared.Answers), f"no body can hold {one}"
    return AnswersField(load_default=dict)


def _parts(one: declared.Parts) -> fields.Field[Any]:
    made = Body.from_dict({part.name: field_of(part) for part in one.of}, name="Part")
    size = {"minItems": 1, "maxItems": one.most, "description": one.about}
    return fields.List(
        fields.Nested(made),
        required=True,
        error_messages={**REQUIRED, "invalid": _l("Send a list.")},
        metadata=size,
    )


def _presence(default: Any, *, must: bool) -> dict[str, Any]:
    """Say whether a field has to be there, and what is meant where it is not."""
    if must:
        return {"required": True}
    return {"load_default": default, **({"allow_none": True} if default is None else {})}


class _Filing(Body):
    """What a request says to the API alone."""

    service = Text(20, "code of the service", required=True)
    answers = AnswersField(
        load_default=dict,
        metadata={"description": "answers to the service's own questions, by their keys"},
    )
    enterprise = Text(
        18, "social credit code of the enterprise; only for those who file on behalf of one"
    )
    channel = OneOf(
        ("desk", "phone", "visit"),
        "how the enterprise came; only for those who file on behalf of one",
        load_default="desk",
    )


FILING = _Filing.from_dict({one.name: field_of(one.field) for one in ASKED}, name="Filing")
