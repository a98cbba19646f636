"""The form of a request: what every request says, and the questions of its service."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, TextAreaField
from wtforms import Field as FormField
from wtforms.validators import InputRequired, Length, ValidationError

from service_portal.catalogue.forms import answers_of, plain, question_fields
from service_portal.catalogue.rules import ServiceDefinition
from service_portal.files.storing import SIGNATURES
from service_portal.tickets.asked import ASKED, NAMES, Request, asked_in
from service_portal.tickets.codes import DeliveredBy
from service_portal.tickets.moves.fields import Field, Flag, Line, Phone, Text
from service_portal.web.reading import LineField

FILE_ENDINGS = ",".join(f".{ending}" for ending in SIGNATURES)


class RequestForm(FlaskForm):
    """What a request says; its fields are those of `ASKED` and the service's questions."""


@lru_cache(maxsize=512)
def request_form(definition: ServiceDefinition, locale: str) -> type[RequestForm]:
    """Build the form class of a service in one language, in the order in which it is asked."""
    fields = {
        **_asked("first"),
        **question_fields(definition, locale),
        **_asked("contact"),
        **_asked("last"),
        "consent": _consent_field(definition.delivered_by),
    }
    return type(f"RequestForm_{definition.code.replace('-', '_')}", (RequestForm,), fields)


def request_of(definition: ServiceDefinition, form: RequestForm) -> Request:
    """Make the request a valid form says."""
    return Request(
        answers=answers_of(definition, form), **{name: form[name].data for name in NAMES}
    )


def _asked(group: str) -> dict[str, Any]:
    return {one.name: _form_field(one.field) for one in asked_in(group)}


def _form_field(one: Field) -> Any:
    if isinstance(one, Flag):
        return BooleanField(one.label)
    assert isinstance(one, Text), f"no request form can hold {one}"
    must: list[Any] = [InputRequired(message=one.required)] if one.required else []
    length = Length(max=one.most, message=_l("Keep this under %(max)d characters.", max=one.most))
    called = [_can_be_called] if isinstance(one, Phone) else []
    kind = LineField if isinstance(one, Line) else TextAreaField
    return kind(one.label, filters=[plain], validators=[*must, length, *called])


def _can_be_called(_form: FlaskForm, field: FormField) -> None:
    if field.data and sum(c.isdigit() for c in field.data) < 5:
        raise ValidationError(_("Give a phone number with at least five digits."))


def _consent_field(delivered_by: str) -> Any:
    label = next(one.field.label for one in ASKED if one.name == "consent")
    if delivered_by == DeliveredBy.POOL:
        about = _l(
            "Only an institution of the service pool delivers this service, so it must be able to"
            " read your request."
        )
        return BooleanField(
            label,
            description=about,
            validators=[
                InputRequired(
                    message=_l(
                        "Without this nobody could deliver the service. Ask your station if you"
                        " have doubts."
                    )
                )
            ],
        )
    return BooleanField(
        label, description=_l("Without this the station does the work itself, or asks you first.")
    )
