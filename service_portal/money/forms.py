"""Forms of what a bank books on a line."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, RadioField, SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from service_portal.web.fields import YuanField
from service_portal.web.reading import LineField

_NEEDED = InputRequired(_l("Fill this in."))
_SUM = NumberRange(0, 10**15, _l("Write a sum of money in yuan, such as 3000000."))


class LineForm(FlaskForm):
    """What happened on a line, by the bank's slip."""

    kind = RadioField(
        _l("What happened"),
        choices=[
            SelectChoice("drawn", _l("Paid out")),
            SelectChoice("repaid", _l("Repaid")),
            SelectChoice("overdue", _l("Overdue since that day (0: no longer)")),
            SelectChoice("non_performing", _l("Non-performing since that day (0: no longer)")),
        ],
        default="drawn",
        validators=[_NEEDED],
    )
    amount = YuanField(_l("Amount (yuan)"), validators=[_NEEDED, _SUM])
    day = DateField(_l("Day it happened"), validators=[_NEEDED])
    slip = LineField(
        _l("Number of the bank's slip"),
        description=_l("For what was paid out or repaid; a slip counts once."),
        validators=[Length(max=60)],
    )


class SlipsForm(FlaskForm):
    """A file of slips."""

    file = FileField(_l("CSV or XLSX file"), validators=[FileRequired(_l("Choose a file."))])
