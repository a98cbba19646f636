"""The form of the zone itself."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired, Length

from service_portal.web.reading import LineField

_NEEDED = InputRequired(_l("Fill this in."))


class ZoneForm(FlaskForm):
    """What the zone is called."""

    name_zh = LineField(_l("Name in Chinese"), validators=[_NEEDED, Length(max=120)])
    name_en = LineField(_l("Name in English"), validators=[_NEEDED, Length(max=160)])
