"""Forms of the account pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional


class SettingsForm(FlaskForm):
    """What a person says about themselves."""

    name_zh = StringField(_l("Name in Chinese"), validators=[Length(max=60)])
    name_en = StringField(_l("Name in English"), validators=[InputRequired(_l("Fill this in.")), Length(max=100)])
    phone = StringField(_l("Phone"), validators=[Length(max=40)])
    locale = RadioField(_l("Language"), choices=[("zh", "简体中文"), ("en", "English")])
    mail_enabled = BooleanField(_l("Send me mails about my tickets"))


class TokenForm(FlaskForm):
    """A new API token."""

    name = StringField(_l("What is it for"), validators=[InputRequired(_l("Fill this in.")), Length(max=100)])
    days = IntegerField(_l("Days until it ends"), default=90, validators=[InputRequired(_l("Fill this in.")), NumberRange(1, 366, _l("From 1 to 366 days."))])


class InviteForm(FlaskForm):
    """An invitation."""

    email = StringField(_l("E-mail"), validators=[InputRequired(_l("Fill this in.")), Email(_l("Give an e-mail address.")), Length(max=200)])
    role = SelectField(_l("Role"), validators=[InputRequired(_l("Fill this in."))])
    organisation = StringField(_l("Organisation (code or USCC)"), validators=[Optional(), Length(max=40)])


class JoinForm(FlaskForm):
    """Who accepts an invitation and has no account yet."""

    name_zh = StringField(_l("Name in Chinese"), validators=[Length(max=60)])
    name_en = StringField(_l("Name in English"), validators=[InputRequired(_l("Fill this in.")), Length(max=100)])
    password = PasswordField(_l("Password, at least ten characters"), validators=[InputRequired(_l("Fill this in.")), Length(10, 200, _l("Use at least ten characters."))])
