"""Forms of what a bank books on a line."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, DecimalField, RadioField, SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from service_portal.money.rules import fen_in
from service_portal.web.reading import LineField

_NEEDED = InputRequired(_l("Fill this in."))
_NUMBER = _l("Write a number of yuan, such as 1200000.00.")


class YuanField(DecimalField):
    """An amount in yuan with at most two decimals; `fen` gives it as a whole number."""

    data: Decimal | None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it, with or without commas between thousands."""
        super().process_formdata([one.replace(",", "").replace("，", "") for one in valuelist])
        if self.data is not None and fen_in(self.data) is None:
            self.data = None
            raise ValueError(_NUMBER)

    @property
    def fen(self) -> int:
        """Give the amount in fen."""
        return fen_in(self.data or Decimal()) or 0


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
    amount = YuanField(_l("Amount (yuan)"), validators=[_NEEDED, NumberRange(0, 10**13, _NUMBER)])
    day = DateField(_l("Day it happened"), validators=[_NEEDED])
    slip = LineField(
        _l("Number of the bank's slip"),
        description=_l("For what was paid out or repaid; a slip counts once."),
        validators=[Length(max=60)],
    )


class SlipsForm(FlaskForm):
    """A file of slips."""

    file = FileField(_l("CSV or XLSX file"), validators=[FileRequired(_l("Choose a file."))])
