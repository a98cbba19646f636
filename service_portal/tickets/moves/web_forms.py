"""The web form of an act, made of its declaration, and how it stood when it was refused."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from typing import Any

from flask import g, request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, TextAreaField
from wtforms import Field as FormField
from wtforms.validators import Length, NumberRange, StopValidation

from service_portal.catalogue.forms import plain
from service_portal.kernel.clock import zone_time
from service_portal.kernel.errors import Refused
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import (
    WRITTEN,
    Choice,
    Day,
    Field,
    Flag,
    Moment,
    Money,
    Number,
    Row,
    Sentence,
    Text,
)
from service_portal.web.fields import YuanField
from service_portal.web.reading import LARGEST_ID
from service_portal.web.translations import gettext as _


class ActForm(FlaskForm):
    """What is sent with an act. Every request is guarded against forgery before it is read."""

    class Meta:
        csrf = False

    def first_error(self) -> Refused:
        """Give the refusal that names the first field in which something is wrong."""
        name, sentences = next(iter(self.errors.items()))
        return Refused(sentences[0], field=name)


class Required:
    """Refuses an empty field with a sentence of its own."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence

    def __call__(self, form: ActForm, field: FormField) -> None:
        """Look whether something was written."""
        if not field.data:
            raise StopValidation(str(self.sentence))


class Among:
    """Refuses a code that is none of those a field offers."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice

    def __call__(self, form: ActForm, field: FormField) -> None:
        """Look for it."""
        if field.data not in self.choice.among:
            raise StopValidation(str(self.choice.required))


class CodeField(FormField):
    """One of some codes."""


class NumberField(FormField):
    """A whole number within limits."""

    def __init__(self, *args: Any, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.least, self.most = least, most

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it, in plain digits."""
        if not valuelist:
            return
        said = valuelist[0].strip()
        if not re.fullmatch(r"-?[0-9]{1,9}", said) or not self.least <= int(said) <= self.most:
            raise ValueError(
                _("Write a whole number from %(min)d to %(max)d.", min=self.least, max=self.most)
            )
        self.data = int(said)


class DayField(FormField):
    """A day of the zone's calendar."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it; none where nothing is sent."""
        if not valuelist:
            return
        try:
            self.data = date.fromisoformat(valuelist[0].strip())
        except ValueError as error:
            raise ValueError(_("Write a day, such as 2026-11-24.")) from error


class RowField(FormField):
    """The id of a row; 0, which no row has, when it is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it."""
        said = valuelist[0].strip() if valuelist else ""
        number = int(said) if re.fullmatch(r"[0-9]{1,19}", said) else 0
        self.data = number if number <= LARGEST_ID else 0


class MomentField(FormField):
    """A moment of the zone's clock."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it."""
        if not valuelist:
            return
        try:
            self.data = datetime.strptime(valuelist[0].strip(), WRITTEN).replace(tzinfo=zone_time())
        except ValueError as error:
            raise ValueError(_("Write day and time, such as 2026-11-24T09:30.")) from error


@cache
def form_of(act: Act) -> type[ActForm]:
    """Make the form class of an act, once for all requests."""
    fields = {one.name: _form_field(one) for one in act.fields if not one.only_api}
    return type(f"{act.name.title().replace('_', '')}Form", (ActForm,), fields)


def _form_field(one: Field) -> Any:
    must: list[Any] = [Required(one.required)] if one.required else []
    if isinstance(one, Text):
        length = Length(max=one.most, message=_l("Keep this under %(max)d characters."))
        return TextAreaField(one.label, filters=[plain], validators=[*must, length])
    if isinstance(one, Choice):
        return CodeField(one.label, default=one.default, validators=[Among(one)])
    if isinstance(one, Row):
        return RowField(one.label)
    if isinstance(one, Number):
        return NumberField(one.label, default=one.default, least=one.least, most=one.most)
    if isinstance(one, Money):
        return YuanField(one.label, validators=[*must, NumberRange(1)])
    if isinstance(one, Day):
        return DayField(one.label)
    if isinstance(one, Flag):
        return BooleanField(one.label)
    assert isinstance(one, Moment), f"no web form can hold {one}"
    return MomentField(one.label)


class Sent:
    """An act that was sent and refused: what was written stands in its form again, and what is
    wrong below its field.
    """

    def __init__(self, act: Act, form: ActForm, *, files: bool) -> None:
        self.act, self.form, self.files, self.path = act, form, files, request.path

    def value(self, name: str, otherwise: str = "") -> str:
        """Give what was written into a field or chosen, something else when it was not sent."""
        field = self._field(name)
        return str(field.raw_data[0]) if field is not None and field.raw_data else otherwise

    def error(self, name: str) -> str:
        """Say what is wrong with a field, nothing when it is right."""
        field = self._field(name)
        if field is not None and field.errors:
            return str(field.errors[0])
        refused = g.get("refused")
        return str(refused.message) if refused is not None and refused.field == name else ""

    def _field(self, name: str) -> FormField | None:
        return self.form[name] if hasattr(self.form, name) else None


def sent_with(act: Act) -> Sent | None:
    """Give how an act was sent with this request, None when another one was, or none."""
    if request.method != "POST":
        return None
    sent: Sent | None = g.get("sent")
    return sent if sent is not None and (sent.act, sent.path) == (act, request.path) else None
