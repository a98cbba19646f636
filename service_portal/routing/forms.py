"""The form of a routing rule."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, DecimalField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from service_portal.web.reading import LineField


class _Amount(DecimalField):
    """A sum of money; what the library reads as a number but nobody can compare is none."""

    data: Decimal | None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it."""
        super().process_formdata(valuelist)
        if self.data is not None and not self.data.is_finite():
            self.data = None
            raise ValueError(_l("Write a number, such as 3000000."))


_NEEDED = InputRequired(_l("Fill this in."))


class RuleForm(FlaskForm):
    """Conditions that must all hold, and the station the ticket goes to."""

    name_zh = LineField(_l("Name in Chinese"), validators=[_NEEDED, Length(max=120)])
    name_en = LineField(_l("Name in English"), validators=[_NEEDED, Length(max=120)])
    station_id = SelectField(_l("Goes to"), coerce=int, validators=[_NEEDED])
    categories = SelectMultipleField(_l("Categories (none: any)"))
    services = SelectMultipleField(_l("Services (none: any)"))
    parks = SelectMultipleField(_l("Parks (none: any)"))
    tags = LineField(
        _l("Tags of the enterprise, one of them, separated by commas"), validators=[Length(max=200)]
    )
    amount_from = _Amount(
        _l("Amount from (yuan)"),
        validators=[Optional(), NumberRange(0, 10**12, _l("Write a number, such as 3000000."))],
    )
    amount_below = _Amount(
        _l("Amount below (yuan)"),
        validators=[Optional(), NumberRange(0, 10**12, _l("Write a number, such as 3000000."))],
    )
    urgent = BooleanField(_l("Urgent requests only"))
    valid_from = DateField(_l("Valid from"), validators=[Optional()])
    valid_until = DateField(_l("Valid until"), validators=[Optional()])
    active = BooleanField(_l("Switched on"), default=True)
