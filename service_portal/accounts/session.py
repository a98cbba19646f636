"""Sign-in: Flask-Security on Flask-Login, and the actor of each request."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, user_logged_in, user_logged_out
from flask_security import Security, SQLAlchemyUserDatastore, password_changed, password_reset
from flask_security.utils import logout_user, set_request_attr
from werkzeug.wrappers import Response

from service_portal.accounts import second_factor, sessions
from service_portal.accounts.factor_reset import tell_of_tried_codes
from service_portal.accounts.guessing import (
    count_guess,
    forget_tried_codes,
    is_guess,
    is_warning_due,
    know_browser,
    know_owner,
    take_guess_back,
    too_many,
)
from service_portal.accounts.library import close_unused, decide, shut_pages
from service_portal.accounts.library_mail import SecurityMail
from service_portal.accounts.queries import acting_as, signed_in
from service_portal.accounts.rules import needs_second_factor
from service_portal.accounts.sign_in_forms import (
    ForgottenForm,
    NewPasswordForm,
    NoRescueForm,
    PresenceForm,
    ResetForm,
    SignInForm,
)
from service_portal.accounts.tokens import revoke_tokens_of
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.logs import bind, unbind_all
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.people.models import NoRole, Person
from service_portal.web.acting import act_as
from service_portal.web.navigation import home_endpoint, menu_of, present_entry


def _if_let_in(person: Person | None) -> Person | None:
    """Give a person unless they are of a demo and this is none: their password is published."""
    return person if person is None or not person.demo or current_app.config["DEMO"] else None


class PersonDatastore(SQLAlchemyUserDatastore):
    """Finds people in one plain statement; Flask-Security's own would join a table of roles we do
    not have.
    """

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> Person | None:
        """Give the person with this attribute, or None."""
        ((name, value),) = kwargs.items()
        column = getattr(Person, name)
        where = sa.func.lower(column) == str(value).lower() if case_insensitive else column == value
        return _if_let_in(db.session.scalar(sa.select(Person).where(where)))

    def set_uniquifier(self, user: Any, uniquifier: str | None = None) -> None:
        """Give a person another name in cookies, which ends every session."""
        super().set_uniquifier(user, uniquifier)
        sessions.end_sessions_of(user.id, now=now())


datastore = PersonDatastore(db, Person, NoRole)
security = Security(
    mail_util_cls=SecurityMail,
    login_form=SignInForm,
    verify_form=PresenceForm,
    two_factor_rescue_form=NoRescueForm,
    totp_cls=second_factor.OneTimePasswords,
    mf_recovery_codes_util_cls=second_factor.RecoveryCodes,
    forgot_password_form=ForgottenForm,
    change_password_form=NewPasswordForm,
    reset_password_form=ResetForm,
)


def init_accounts(app: Flask) -> None:
    """Install sign-in, and find who acts."""
    decide(app)
    security.init_app(app, datastore, register_blueprint=True)
    close_unused(security)
    shut_pages(app)
    security.login_manager.user_loader(_person_of_cookie)
    user_logged_in.connect(_begin_session, app)
    user_logged_out.connect(_end_session, app)
    password_reset.connect(_password_reset, app)
    password_changed.connect(_chosen_anew, app)
    app.before_request(_find_actor)
    app.before_request(second_factor.limit_second_step)
    app.before_request(_limit_guesses)
    app.context_processor(_for_templates)


def _person_of_cookie(uniquifier: str) -> Person | None:
    """Give who has signed in with this cookie, as long as the session is open.

    Flask-Security's own loader would find people whose session has ended.
    """
    key = session.get("sid")
    person = _if_let_in(signed_in(uniquifier, key=key)) if key and not _is_over() else None
    if person is None or not person.active:
        return None
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    return person


# What Flask-Login keeps of a sign-in.
_SIGNED_IN = ("_user_id", "_fresh", "_id")


def _begin_session(_app: Flask, user: Person, **_about: Any) -> None:
    """Begin anew: nothing that the browser held comes along, its form token neither."""
    before, moment = session.get("sid"), now()
    kept = {name: session[name] for name in _SIGNED_IN if name in session}
    session.clear()
    session.update(kept)
    g.pop(current_app.config["WTF_CSRF_FIELD_NAME"], None)
    session["sid"] = token_urlsafe(16)
    session["since"] = session["at"] = int(moment.timestamp())
    with unit_of_work():
        take_guess_back()
        if before:
            sessions.end_session(before, now=moment)
        sessions.begin_session(
            session["sid"],
            person_id=user.id,
            address=request.remote_addr or "",
            agent=request.user_agent.string,
            now=moment,
        )
    know_owner(user)


def _password_reset(_app: Flask, user: Person, **_about: Any) -> None:
    """Whoever follows the link of a letter reads the address it went to."""
    user.confirmed_at = user.confirmed_at or now()
    know_browser(user.email)
    _password_changed(_app, user)


def _chosen_anew(_app: Flask, user: Person, **_about: Any) -> None:
    """Whoever is signed in and knows their password takes it from whoever tried codes with it."""
    if g.actor is not None and g.actor.person_id == user.id:
        with unit_of_work():
            forget_tried_codes(user.id, now=now())
    _password_changed(_app, user)


def _password_changed(_app: Flask, user: Person, **_about: Any) -> None:
    """End the tokens with the password, unless their owner keeps them; the library ends the
    sessions.
    """
    if not request.form.get("keep_tokens"):
        with unit_of_work():
            revoke_tokens_of(user.id, now=now())


def _limit_guesses() -> None:
    """Count every try before a password is looked at, and refuse those that are too many."""
    if is_guess():
        with unit_of_work():
            wait = count_guess(now=now())
            whose = g.pop("tried_codes_of", None)
            if whose is not None and is_warning_due(whose, now=now()):
                tell_of_tried_codes(whose)
        if wait:
            raise too_many(wait)


def _is_over() -> bool:
    """Say whether the sign-in is so long ago that the session ends, however busy it is."""
    since = session.get("since")
    return (
        since is not None and now().timestamp() - since > current_app.config["SESSION_HOURS"] * 3600
    )


def _end_session(_app: Flask, **_about: Any) -> None:
    """End it for good, a copied cookie included, and leave nothing of it in the browser."""
    sid = session.get("sid")
    session.clear()
    g.pop(current_app.config["WTF_CSRF_FIELD_NAME"], None)
    if sid:
        with unit_of_work():
            sessions.end_session(sid, now=now())


def _stay_signed_in() -> None:
    """Note now and then that the session is in use, because its age ends one that nobody uses.

    The cookie's own age is what ends it; the row says so to its owner.
    """
    moment, pause = now(), current_app.config["SESSION_IDLE_MINUTES"] * 60 // 20
    if moment.timestamp() - session.get("at", 0) > pause:
        session["at"] = int(moment.timestamp())
    used_at = g.get("session_used_at")
    if used_at is not None and moment - used_at > min(
        sessions.USE_NOTED_EVERY, timedelta(seconds=pause)
    ):
        with unit_of_work():
            sessions.note_use(session["sid"], now=moment)


def _find_actor() -> Response | None:
    unbind_all()
    if request.endpoint == "static" or request.path.startswith("/api/v1/"):
        return None
    if current_user.is_authenticated:
        act_as(acting_as(current_user))
        if _lacks_second_factor():
            return _lead_to_second_factor()
        _stay_signed_in()
        if g.actor is not None:
            bind(person_id=g.actor.person_id, role=str(g.actor.role))
    return None


def _lacks_second_factor() -> bool:
    """Say whether a role came to somebody since they signed in that asks for a second factor."""
    roles = (membership.role for membership in g.get("memberships") or ())
    demo = current_app.config["DEMO"]
    return needs_second_factor(roles, demo=demo) and current_user.tf_primary_method is None


def _lead_to_second_factor() -> Response:
    logout_user()
    act_as(None)
    flash(_("Your role asks for a second factor. Sign in again and set one up."), "info")
    return redirect(url_for("security.login"))


def _for_templates() -> dict[str, Any]:
    actor = g.get("actor")
    return {
        "actor": actor,
        "nav": menu_of(actor.role) if actor else (),
        "present": present_entry(),
        "home_endpoint": home_endpoint(actor) if actor else None,
    }
