"""The sheet of a year as a form, built from the kinds; the form of a department's file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import RadioField, SelectChoice, SelectField
from wtforms.validators import InputRequired, Length

from service_portal.facts.kinds import KINDS, NUMBERS, FactKind, FactType
from service_portal.facts.rules import Source
from service_portal.facts.words import SOURCE_WORDS
from service_portal.web.formatting import localized
from service_portal.web.reading import LineField

YEAR_LENGTH = 4


def _field(kind: FactKind) -> Any:
    label = localized(kind.name)
    about = localized(kind.help) if kind.help else ""
    if kind.type in NUMBERS:
        return LineField(label, description=about, render_kw={"inputmode": "decimal"})
    if kind.type is FactType.YESNO:
        chosen = [("", "—"), ("yes", _("yes")), ("no", _("no"))]
    else:
        chosen = [("", "—"), *((code, localized(words)) for code, words in kind.options.items())]
    return SelectField(label, description=about, choices=[SelectChoice(*one) for one in chosen])


def sheet_form(own: Mapping[str, str], *, typed: Any = None, faults: Mapping[str, str]) -> Any:
    """Give the sheet with what an enterprise said before, or what it has just typed."""
    fields = {kind.code: _field(kind) for kind in KINDS.values() if kind.is_stated}
    form = type("SheetForm", (FlaskForm,), fields)(formdata=typed, data=dict(own))
    for code, fault in faults.items():
        form[code].errors = [fault]
    return form


class ImportForm(FlaskForm):
    """A file of a department or of another system, and where it comes from."""

    source = RadioField(
        _l("Whose figures"),
        choices=[
            SelectChoice(str(source), SOURCE_WORDS[source])
            for source in (Source.DEPARTMENT, Source.IMPORT)
        ],
        default=str(Source.DEPARTMENT),
    )
    reference = LineField(
        _l("Where they come from"),
        description=_l(
            "Such as: tax office, annual settlement of 2025. It stands beside each value."
        ),
        validators=[InputRequired(_l("Fill this in.")), Length(max=120)],
    )
    file = FileField(_l("CSV or XLSX file"))
