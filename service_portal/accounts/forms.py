"""Forms of the account pages."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
)
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from service_portal.access.scopes import TokenScope
from service_portal.accounts.words import SCOPE_WORDS
from service_portal.web.reading import AtMost, LineField, WholeNumberField


class NameForm(FlaskForm):
    """What somebody is called, in Chinese, in English or in both."""

    name_zh = LineField(_l("Your name in Chinese"), validators=[Length(max=60)])
    name_en = LineField(_l("Your name in English"), validators=[Length(max=100)])

    def validate_name_zh(self, field: LineField) -> None:
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

    phone = LineField(_l("Phone"), validators=[Length(max=40)])
    locale = RadioField(
        _l("Language"), choices=[SelectChoice("zh", "简体中文"), SelectChoice("en", "English")]
    )
    mail_enabled = BooleanField(_l("Send me mails about my tickets"))


class TokenForm(FlaskForm):
    """A new API token."""

    name = LineField(
        _l("What is it for"), validators=[InputRequired(_l("Fill this in.")), Length(max=100)]
    )
    scopes = SelectMultipleField(
        _l("What may it do"),
        choices=lambda: [SelectChoice(scope, str(words)) for scope, words in SCOPE_WORDS.items()],
        default=[TokenScope.READ],
        validators=[InputRequired(_l("Choose at least one thing that the token may do."))],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    days = WholeNumberField(
        _l("Days until it ends"),
        default=90,
        validators=[
            InputRequired(_l("Fill this in.")),
            NumberRange(1, 366, _l("From 1 to 366 days.")),
        ],
    )


class InviteForm(FlaskForm):
    """An invitation."""

    email = LineField(
        _l("E-mail"),
        validators=[
            InputRequired(_l("Fill this in.")),
            AtMost(max=200),
            Email(_l("Give an e-mail address.")),
        ],
    )
    role = SelectField(_l("Role"), validators=[InputRequired(_l("Fill this in."))])
    organisation = LineField(
        _l("Organisation (code or USCC)"), validators=[Optional(), Length(max=40)]
    )


class KeepTokens:
    """Asks whether programs go on after what one signs in with was changed; else they do not."""

    keep_tokens = BooleanField(
        _l("Keep my API tokens: programs go on with them"),
        description=_l("Otherwise they end now. Your sessions in other browsers end in any case."),
    )


class CodeForm(KeepTokens, FlaskForm):
    """The code that an authenticator app shows."""

    code = LineField(
        _l("Code from the app"),
        description=_l("Six digits from the app"),
        validators=[InputRequired(_l("Fill this in.")), Length(max=40)],
        render_kw={"inputmode": "numeric", "maxlength": "12"},
    )


class JoinForm(NameForm):
    """Who accepts an invitation and has no account yet."""

    password = PasswordField(
        _l("Password, at least ten characters"),
        validators=[
            InputRequired(_l("Fill this in.")),
            Length(10, 200, _l("Use at least ten characters.")),
        ],
    )
