"""The questions of a service as form fields, built from its definition, and the same checks for
answers that come as JSON; the form of a category.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from service_portal.catalogue.definition_rules import LARGEST
from service_portal.catalogue.rules import FieldDefinition, ServiceDefinition
from service_portal.kernel.errors import Refused
from service_portal.web.formatting import number
from service_portal.web.reading import BREAK, CONTROL, AtMost, LineField, WholeNumberField

# Pictures a category can have; all are in static/icons.txt.
ICONS = (
    "briefcase",
    "bulb",
    "building",
    "building-community",
    "building-factory-2",
    "calculator",
    "certificate",
    "coin",
    "cpu",
    "flask",
    "leaf",
    "microscope",
    "note",
    "route",
    "scale",
    "speakerphone",
    "star",
    "users",
    "world",
)
TITLE_LENGTH, TEXT_LENGTH, LONG_LENGTH = 200, 500, 10_000
# Decimals of a number that anybody writes.
MOST_DECIMALS = 6


def plain(value: str | None) -> str:
    """Strip a text at its ends and drop control characters."""
    return CONTROL.sub("", value or "").strip()


def within(value: str | None, most: int = LONG_LENGTH, *, field: str | None = None) -> str:
    """Strip a text as `plain` does and refuse one that is too long,
    so that nothing is cut unseen.
    """
    text = plain(value)
    if len(text) > most:
        raise Refused(_("Keep this under %(max)d characters.", max=most), field=field)
    return text


def _length(most: int) -> Length:
    return Length(max=most, message=_l("Keep this under %(max)d characters.", max=most))


def _required() -> InputRequired:
    return InputRequired(message=_l("Fill this in."))


_CODE = _l("Write two to eight capital letters, such as POL.")


class CategoryForm(FlaskForm):
    """A category of the catalogue. Its code is given once: references and rules name it."""

    code = LineField(
        _l("Code"),
        filters=[plain],
        validators=[AtMost(max=8, message=_CODE), Regexp(r"[A-Z][A-Z0-9]{1,7}\Z", message=_CODE)],
    )
    name_zh = LineField(
        _l("Name in Chinese"), filters=[plain], validators=[_required(), _length(100)]
    )
    name_en = LineField(
        _l("Name in English"), filters=[plain], validators=[_required(), _length(100)]
    )
    icon = SelectField(_l("Picture"), choices=[SelectChoice(name) for name in ICONS])
    position = WholeNumberField(
        _l("Place in the list"),
        default=100,
        validators=[NumberRange(0, 10_000, _l("Write a whole number from 0 to 10,000."))],
    )


class _Number(LineField):
    """A whole or decimal number, kept as typed when it is none."""

    def __init__(self, *args: Any, definition: FieldDefinition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.definition = definition

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Check that it is a number within the definition's limits."""
        super().post_validate(form, validation_stopped)
        if self.data and not validation_stopped:
            problem = number_problem(self.definition, self.data)
            if problem:
                raise ValidationError(problem)


def number_problem(definition: FieldDefinition, text: str) -> str | None:
    """Say what is wrong with a number, or None."""
    try:
        value = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        return _("Write a number, such as 3000000.")
    exponent = value.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -MOST_DECIMALS:
        return _("Write a number, such as 3000000.")
    least = -LARGEST if definition.minimum is None else definition.minimum
    most = LARGEST if definition.maximum is None else definition.maximum
    if value < least:
        return _("It must be at least %(min)s.", min=number(least))
    if value > most:
        return _("It must be at most %(max)s.", max=number(most))
    return None


def question_fields(definition: ServiceDefinition, locale: str) -> dict[str, Any]:
    """Make the form fields of a service's own questions in one language, named `answer_<key>`."""
    return {f"answer_{field.key}": _form_field(field, locale) for field in definition.fields}


def _form_field(field: FieldDefinition, locale: str) -> Any:
    label, about = field.label.pick(locale), field.help.pick(locale) if field.help else ""
    must: list[Any] = [_required()] if field.required else [Optional()]
    choices = [SelectChoice(choice.value, choice.words.pick(locale)) for choice in field.choices]
    if field.type == "longtext":
        return TextAreaField(
            label, description=about, filters=[plain], validators=[*must, _length(LONG_LENGTH)]
        )
    if field.type in {"number", "money"}:
        return _Number(
            label,
            description=about,
            filters=[plain],
            validators=[*must, _length(30)],
            definition=field,
        )
    if field.type == "date":
        return DateField(label, description=about, validators=must)
    if field.type == "choice":
        return RadioField(
            label,
            description=about,
            choices=choices,
            validators=must,
            validate_choice=bool(field.required),
        )
    if field.type == "choices":
        return SelectMultipleField(
            label,
            description=about,
            choices=choices,
            validators=must,
            widget=ListWidget(prefix_label=False),
            option_widget=CheckboxInput(),
        )
    if field.type == "yesno":
        return BooleanField(
            label, description=about, validators=[_required()] if field.required else []
        )
    return LineField(
        label, description=about, filters=[plain], validators=[*must, _length(TEXT_LENGTH)]
    )


def answers_of(definition: ServiceDefinition, form: FlaskForm) -> dict[str, Any]:
    """Give the answers of a valid form as they are stored: dates as ISO text, numbers as text
    without separators.
    """
    answers = {}
    for field in definition.fields:
        value = form[f"answer_{field.key}"].data
        if isinstance(value, date):
            value = value.isoformat()
        elif field.type in {"number", "money"} and value:
            value = value.replace(",", "").replace("，", "")
        if value not in (None, "", []):
            answers[field.key] = value
    return answers


def validate_answers(
    definition: ServiceDefinition, data: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Check answers that came as JSON: the clean answers, and a sentence for each field that is
    wrong. Unknown fields are wrong.
    """
    answers: dict[str, Any] = {}
    errors: dict[str, str] = {}
    known = {field.key: field for field in definition.fields}
    for key in data:
        if key not in known:
            errors[str(key)[:60]] = _("This service has no such field.")
    for key, field in known.items():
        value = data.get(key)
        if value in (None, "", []):
            if field.required:
                errors[key] = _("Fill this in.")
            continue
        clean, problem = _clean(field, value)
        if problem:
            errors[key] = problem
        else:
            answers[key] = clean
    return answers, errors


def _clean(field: FieldDefinition, value: Any) -> tuple[Any, str | None]:
    if field.type == "yesno":
        if not isinstance(value, bool):
            return None, _("Answer true or false.")
        return value, _("Fill this in.") if field.required and not value else None
    allowed = [choice.value for choice in field.choices]
    if field.type == "choices":
        if not isinstance(value, list) or any(v not in allowed for v in value):
            return None, _("Choose from: %(choices)s.", choices=", ".join(allowed))
        return value, None
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None, _("Write a text.")
    text = plain(str(value))
    if field.type == "choice":
        return text, (
            None if text in allowed else _("Choose from: %(choices)s.", choices=", ".join(allowed))
        )
    if field.type in {"number", "money"}:
        return text.replace(",", "").replace("，", ""), number_problem(field, text)
    if field.type == "date":
        try:
            return date.fromisoformat(text).isoformat(), None
        except ValueError:
            return None, _("Write a date, such as 2026-12-31.")
    if field.type != "longtext" and BREAK.search(text):
        return None, _("Write this in one line.")
    most = LONG_LENGTH if field.type == "longtext" else TEXT_LENGTH
    return text, _("Keep this under %(max)d characters.", max=most) if len(text) > most else None
