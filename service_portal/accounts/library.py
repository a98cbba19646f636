"""Every route and setting of the accounts libraries, each decided.

Flask-Security, Flask-Login and Flask-WTF bring ways to sign in that nobody asked for. Here stands
what is used; `library_lists.py` says what is left as it comes and what is switched off. A test
compares both with the installed libraries and fails when an upgrade brings a route or a setting
that is in neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NoReturn

from flask import Flask, abort
from flask_security import Security

from service_portal.accounts.second_factor import (
    ISSUER,
    METHOD,
    RECOVERY_CODES,
    WINDOW_SECONDS,
    CodePlugin,
    recovery_keys,
)

# The routes that are open, by what they are for.
OPEN_ROUTES: dict[str, str] = {
    "login": "address and password",
    "logout": "ends the session, by POST alone",
    "verify": "asks for the password again before a second factor is changed",
    "forgot_password": "sends a link to the address",
    "reset_password": "follows that link, once and for an hour",
    "change_password": "asks for the present password",
    "two_factor_token_validation": "asks for the code after the right password",
    "mf_recovery": "takes a recovery code in its place",
}

# Routes that come with these and can't be left out: nobody finds anything there. The product has
# pages of its own for setting up a second factor.
SHUT_ROUTES: frozenset[str] = frozenset(
    {
        "mf_recovery_codes",
        "tf_select",
        "two_factor_rescue",
        "two_factor_setup",
        "two_factor_setup_validate",
    }
)


def security_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings of Flask-Security that differ from what it brings, without their prefix."""
    return {
        "LOGIN_URL": "/sign-in",
        "LOGOUT_URL": "/sign-out",
        "RESET_URL": "/reset-password",
        "CHANGE_URL": "/settings/password",
        "POST_LOGOUT_VIEW": "/sign-in",
        "LOGIN_USER_TEMPLATE": "accounts/sign_in.html",
        "FORGOT_PASSWORD_TEMPLATE": "accounts/forgot_password.html",
        "RESET_PASSWORD_TEMPLATE": "accounts/reset_password.html",
        "CHANGE_PASSWORD_TEMPLATE": "accounts/change_password.html",
        "VERIFY_TEMPLATE": "accounts/verify.html",
        "RECOVERABLE": True,
        "CHANGEABLE": True,
        "RESET_PASSWORD_WITHIN": timedelta(hours=1),
        "RETURN_GENERIC_RESPONSES": True,
        "PASSWORD_SALT": config["SECURITY_PASSWORD_SALT"],
        "PASSWORD_LENGTH_MIN": 10,
        # The schemes it brings include plain text.
        "PASSWORD_SCHEMES": ["argon2"],
        "HASHING_SCHEMES": ["sha256_crypt"],
        # Longer than a session it would never ask.
        "FRESHNESS": timedelta(minutes=15),
        "FRESHNESS_GRACE_PERIOD": timedelta(minutes=10),
        "FRESHNESS_ALLOW_AUTH_TOKEN": False,
        "API_ENABLED_METHODS": ["session"],
        "I18N_DOMAIN": "messages",
        "I18N_DIRNAME": [config["BABEL_TRANSLATION_DIRECTORIES"]],
        "EMAIL_HTML": False,
        "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "SEND_REGISTER_EMAIL": False,
        "MSG_PASSWORD_RESET_REQUEST": (
            (
                "If that email address is in our system,"
                " you will receive an email describing how to reset your password."
            ),
            "info",
        ),
        "TWO_FACTOR": True,
        "TWO_FACTOR_ENABLED_METHODS": [METHOD],
        "TWO_FACTOR_IMPLEMENTATIONS": {
            "code": f"{CodePlugin.__module__}.{CodePlugin.__name__}",
        },
        "TWO_FACTOR_TOKEN_VALIDATION_URL": "/sign-in/code",
        "TWO_FACTOR_VERIFY_CODE_TEMPLATE": "accounts/code.html",
        "TWO_FACTOR_AUTHENTICATOR_VALIDITY": WINDOW_SECONDS,
        # Whoever reads the mail may be who stole the password.
        "TWO_FACTOR_RESCUE_EMAIL": False,
        "TOTP_SECRETS": config["SECURITY_TOTP_SECRETS"],
        "TOTP_ISSUER": ISSUER,
        "MULTI_FACTOR_RECOVERY_CODES": True,
        "MULTI_FACTOR_RECOVERY_CODES_N": RECOVERY_CODES,
        "MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery-code",
        "MULTI_FACTOR_RECOVERY_TEMPLATE": "accounts/recovery_code.html",
        "MULTI_FACTOR_RECOVERY_CODES_KEYS": recovery_keys(config["SECURITY_TOTP_SECRETS"]),
        "MSG_TWO_FACTOR_PERMISSION_DENIED": (
            "Your sign-in has waited for too long. Enter your password again.",
            "info",
        ),
        "MSG_TWO_FACTOR_LOGIN_SUCCESSFUL": ("You are signed in.", "success"),
        "MSG_TWO_FACTOR_INVALID_TOKEN": (
            "This code is not right, or was used already. Wait for the next one.",
            "error",
        ),
        "MSG_INVALID_RECOVERY_CODE": (
            "This is no recovery code of yours, or it was used already.",
            "error",
        ),
        # A directive without a value is written as None.
        "CACHE_CONTROL": {"private": None, "no-store": None},
        # The forms' own header is enough.
        "CSRF_HEADER": None,
        # It has pages of ours and no files of its own.
        "STATIC_FOLDER": None,
        # `flask users` and `flask roles` would change people past the services.
        "CLI_USERS_NAME": None,
        "CLI_ROLES_NAME": None,
        # Our roles are not its roles.
        "JOIN_USER_ROLES": False,
    }


def other_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Give every setting that Flask-Login and Flask-WTF read.

    The cookie that remembers a sign-in is neither written, because nothing asks for it, nor read,
    because a request holds no cookie but those of the product; were it written, it would be as
    safe as the session's.
    """
    return {
        "REMEMBER_COOKIE_NAME": "remember_token",
        "REMEMBER_COOKIE_DOMAIN": None,
        "REMEMBER_COOKIE_PATH": "/",
        "REMEMBER_COOKIE_DURATION": timedelta(0),
        "REMEMBER_COOKIE_SECURE": config["COOKIE_SECURE"],
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_REFRESH_EACH_REQUEST": False,
        # It would end the session of every phone that changes its network.
        "SESSION_PROTECTION": None,
        "AUTH_HEADER_NAME": "Authorization",
        "LOGIN_DISABLED": False,
        "FORCE_HOST_FOR_REDIRECTS": None,
        "USE_SESSION_FOR_NEXT": False,
        "WTF_CSRF_CHECK_DEFAULT": True,
        "WTF_CSRF_ENABLED": True,
        "WTF_CSRF_FIELD_NAME": "csrf_token",
        "WTF_CSRF_HEADERS": ["X-CSRFToken", "X-CSRF-Token"],
        "WTF_CSRF_META_NAME": "csrf-token",
        "WTF_CSRF_METHODS": {"POST", "PUT", "PATCH", "DELETE"},
        "WTF_CSRF_SECRET_KEY": config["SECRET_KEY"],
        "WTF_CSRF_SSL_STRICT": True,
        # A form lives as long as its session.
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_I18N_ENABLED": True,
    }


def decide(app: Flask) -> None:
    """Write the decisions into the application's settings, before the library reads them."""
    decided = security_settings(app.config)
    app.config.update({f"SECURITY_{name}": value for name, value in decided.items()})
    app.config.update(other_settings(app.config))


def shut_pages(app: Flask) -> None:
    """Let nobody find anything at the routes that come with others and are not used."""
    for name in SHUT_ROUTES:
        app.view_functions[f"security.{name}"] = _nothing_here


def _nothing_here(**_about: str) -> NoReturn:
    abort(404)


def close_unused(security: Security) -> None:
    """Take out the ways to sign in and to be answered that no setting switches off."""
    security.login_manager.request_loader(None)
    security.want_json(lambda _request: False)
    # It would read session, body and person ahead of every request, static files and API
    # included, for roles that are not used.
    security.principal.identity_loaders.clear()
