"""The form of a product."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from service_portal.financing.rules import AnswersWith, Guarantee
from service_portal.web.fields import YuanField
from service_portal.web.reading import AtMost, LineField


class _Whole(IntegerField):
    """A whole number of few digits."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it."""
        super().process_formdata(valuelist)
        if self.data is not None and abs(self.data) > 10**6:
            self.data = None
            raise ValueError(_l("Write a smaller number."))


_CODE = _l("Small letters, digits and -.")
_NEEDED = InputRequired(_l("Fill this in."))
_SUM = NumberRange(1, 10**13, _l("Write a sum of money in yuan, such as 3000000."))
_POINTS = NumberRange(-3000, 3000, _l("Write basis points from −3000 to 3000."))


class ProductForm(FlaskForm):
    """What an institution offers, and to whom."""

    institution_id = SelectField(_l("Institution"), coerce=int)
    service_code = SelectField(_l("Service"))
    code = LineField(
        _l("Code"),
        description=_l("Such as working-capital; the same for products of the same kind."),
        validators=[
            AtMost(max=30, message=_CODE),
            _NEEDED,
            Regexp(r"^[a-z0-9][a-z0-9-]{1,29}$", message=_CODE),
        ],
    )
    name_zh = LineField(_l("Name in Chinese"), validators=[_NEEDED, Length(max=120)])
    name_en = LineField(_l("Name in English"), validators=[_NEEDED, Length(max=120)])
    purpose_zh = LineField(_l("Purpose in Chinese"), validators=[Length(max=200)])
    purpose_en = LineField(_l("Purpose in English"), validators=[Length(max=200)])
    answers_with = SelectField(_l("Answers with"), choices=list(AnswersWith))
    least = YuanField(_l("From (yuan)"), validators=[_NEEDED, _SUM])
    most = YuanField(_l("Up to (yuan)"), validators=[_NEEDED, _SUM])
    longest_months = _Whole(
        _l("Longest term (months)"),
        validators=[_NEEDED, NumberRange(1, 360, _l("Write 1 to 360 months."))],
    )
    rate_from_bp = _Whole(_l("Rate from (LPR ± bp)"), validators=[_POINTS], default=0)
    rate_to_bp = _Whole(_l("Rate to (LPR ± bp)"), validators=[_POINTS], default=100)
    guarantees = SelectMultipleField(
        _l("Guarantees"),
        choices=list(Guarantee),
        validators=[InputRequired(_l("Choose at least one guarantee."))],
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )
    condition = TextAreaField(
        _l("Conditions on the enterprise's facts"),
        description=_l("Such as: points >= 60 and revenue <= 20000000000. Money is in fen."),
        validators=[Length(max=500)],
    )
    valid_from = DateField(_l("Offered from"), validators=[_NEEDED])
    valid_until = DateField(_l("Offered until (included)"), validators=[Optional()])
    revolving = BooleanField(_l("Revolving: what is repaid may be drawn again"))
