"""The forms of Flask-Security's pages: sign-in, who is there, password forgotten and changed."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_security import (
    ChangePasswordForm,
    ForgotPasswordForm,
    LoginForm,
    ResetPasswordForm,
    TwoFactorRescueForm,
    VerifyForm,
)
from flask_security.forms import EmailValidation, email_required
from wtforms import EmailField, RadioField
from wtforms.validators import Length

from service_portal.accounts import second_factor
from service_portal.accounts.forms import KeepTokens
from service_portal.accounts.guessing import is_letter_due
from service_portal.accounts.letters import ask_for_reset
from service_portal.kernel.clock import now
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.reading import LineField


class SignInForm(LoginForm):
    """Address and password. What the library would keep of a sign-in for a year has no field."""

    # WTForms leaves out a field that is None.
    remember = None  # type: ignore[assignment]


class PresenceForm(VerifyForm):
    """Asks for the password again, and for a code of whoever has a second factor."""

    code = LineField(_l("Code from the app"), validators=[Length(max=40)])

    def validate(self, **options: Any) -> bool:
        """Look at the code only after the right password."""
        if not super().validate(**options):
            return False
        person = current_user._get_current_object()
        if person.tf_primary_method is None:
            return True
        if second_factor.is_right(person, self.code.data or ""):
            return True
        person.track_failed_authn("code", True)
        self.code.errors = [
            _("This code is not right, or was used already. Wait for the next one.")
        ]
        return False


class ForgottenForm(ForgotPasswordForm):
    """Takes any address, and leaves it to the workers to find out whose it is: known or not, the
    same is done and answered.
    """

    email = EmailField(_l("E-mail"), validators=[email_required, EmailValidation(verify=False)])

    def validate(self, **options: Any) -> bool:
        """Queue the letter, and let the library give the answer that it gives for strangers."""
        if super(ForgotPasswordForm, self).validate(**options):
            address = self.email.data or ""
            with unit_of_work():
                if is_letter_due(address, now=now()):
                    ask_for_reset(address)
        return False


class ResetForm(KeepTokens, ResetPasswordForm):
    """A new password, by the link of a letter."""


class NewPasswordForm(KeepTokens, ChangePasswordForm):
    """The present password and a new one."""


class NoRescueForm(TwoFactorRescueForm):
    """Stands where the library makes its form for lost codes, which no page of ours shows."""

    help_setup = RadioField(choices=[])
