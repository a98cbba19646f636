"""Forms of the account pages."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional, ValidationError

from service_portal.web.reading import AtMost, WholeNumberField


class NameForm(FlaskForm):
    """What somebody is called, in Chinese, in English or in both."""

    name_zh = StringField(_l("Your name in Chinese"), validators=[Length(max=60)])
    name_en = StringField(_l("Your name in English"), validators=[Length(max=100)])

    def validate_name_zh(self, field: StringField) -> None:
        """Ask for one of the two names."""
        if not (field.data or "").strip() and not (self.name_en.data or "").strip():
            raise ValidationError(_("Fill in your name in one of the two languages."))

    @property
    def names(self) -> dict[str, str]:
        """Both names; the one that was left empty is the other one."""
        zh, en = (self.name_zh.data or "").strip(), (self.name_en.data or "").strip()
        return {"name_zh": zh or en, "name_en": en or zh}


class SettingsForm(NameForm):
    """What a person says about themselves."""

    phone = StringField(_l("Phone"), validators=[Length(max=40)])
    locale = RadioField(_l("Language"), choices=[SelectChoice("zh", "简体中文"), SelectChoice("en", "English")])
    mail_enabled = BooleanField(_l("Send me mails about my tickets"))


class TokenForm(FlaskForm):
    """A new API token."""

    name = StringField(_l("What is it for"), validators=[InputRequired(_l("Fill this in.")), Length(max=100)])
    days = WholeNumberField(_l("Days until it ends"), default=90, validators=[InputRequired(_l("Fill this in.")), NumberRange(1, 366, _l("From 1 to 366 days."))])


class InviteForm(FlaskForm):
    """An invitation."""

    email = StringField(_l("E-mail"), validators=[InputRequired(_l("Fill this in.")), AtMost(max=200), Email(_l("Give an e-mail address."))])
    role = SelectField(_l("Role"), validators=[InputRequired(_l("Fill this in."))])
    organisation = StringField(_l("Organisation (code or USCC)"), validators=[Optional(), Length(max=40)])


class JoinForm(NameForm):
    """Who accepts an invitation and has no account yet."""

    password = PasswordField(_l("Password, at least ten characters"), validators=[InputRequired(_l("Fill this in.")), Length(10, 200, _l("Use at least ten characters."))])
