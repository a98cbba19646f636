"""The form of the zone itself."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

_NEEDED = InputRequired(_l("Fill this in."))


class ZoneForm(FlaskForm):
    """What the zone is called."""

    name_zh = StringField(_l("Name in Chinese"), validators=[_NEEDED, Length(max=120)])
    name_en = StringField(_l("Name in English"), validators=[_NEEDED, Length(max=160)])
