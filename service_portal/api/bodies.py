"""The body of an act for the API, made of the same declaration as its web form."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service_portal.api.fields import AnswersField, Flag, Moment, Number, OneOf, Phone, Text
from service_portal.api.schemas import Body
from service_portal.tickets.moves import fields as declared
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Field


def body_of(act: Act, name: str, **more: fields.Field[Any]) -> Body:
    """Make the body in which an act's fields are sent, with some more that are not its own."""
    known = {one.name: _field(one) for one in act.fields}
    made: Body = Body.from_dict({**more, **known}, name=name)()  # type: ignore[assignment]
    return made


def _field(one: Field) -> fields.Field[Any]:
    must = one.is_required_by_api
    if isinstance(one, declared.Phone):
        return Phone(one.most, one.about, required=must)
    if isinstance(one, declared.Text):
        return Text(one.most, one.about, required=must)
    if isinstance(one, declared.Choice):
        return OneOf(one.among, one.about, **_presence(one.default or None, must=must))
    if isinstance(one, declared.Row):
        return Number(1, about=one.about, required=must)
    if isinstance(one, declared.Number):
        return Number(one.least, one.most, one.about, **_presence(one.default, must=must))
    if isinstance(one, declared.Flag):
        about = {"description": one.about} if one.about else {}
        return Flag(metadata=about, **_presence(one.default, must=must))
    if isinstance(one, declared.Moment):
        return Moment(one.about)
    assert isinstance(one, declared.Answers), f"no body can hold {one}"
    return AnswersField(load_default=dict)


def _presence(default: Any, *, must: bool) -> dict[str, Any]:
    """Say whether a field has to be there, and what is meant where it is not."""
    if must:
        return {"required": True}
    return {"load_default": default, **({"allow_none": True} if default is None else {})}
