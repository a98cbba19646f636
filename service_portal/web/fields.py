"""Fields of forms that more than one folder asks with."""

from __future__ import annotations

from flask_babel import gettext as _
from wtforms import Field
from wtforms.widgets import TextInput

from service_portal.web.amounts import fen_in, plain_yuan


class YuanField(Field):
    """A sum of money in a form: written in yuan, with or without commas, and read as fen."""

    data: int | None
    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it; None where nothing is written."""
        said = valuelist[0].strip() if valuelist else ""
        self.data = fen_in(said)
        if said and self.data is None:
            raise ValueError(_("Write a sum of money in yuan, such as 3000000."))

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        # Eight digits in a row are easily misread.
        whole, dot, left = plain_yuan(self.data).removesuffix(".00").partition(".")
        return f"{int(whole):,}{dot}{left}"
