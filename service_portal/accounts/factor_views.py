"""The pages of the second factor and of one's sessions: set up, end, take away from others."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user
from flask_security.signals import tf_disabled, tf_profile_changed
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.accounts import second_factor, sessions
from service_portal.accounts.factor_reset import reset_second_factor, tell_of_change
from service_portal.accounts.forms import CodeForm
from service_portal.accounts.tokens import revoke_tokens_of
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Conflict, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.people.models import Person
from service_portal.web.guards import current_actor, own_path, public, requires

blueprint = Blueprint("factor", __name__)


@blueprint.route("/settings/second-factor", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def set_up() -> Response:
    """Set up a second factor, or another device in place of the one before."""
    if not second_factor.is_fresh():
        return _ask_who_it_is(url_for("factor.set_up"))
    person = current_user._get_current_object()
    form, codes = _try_code(person, is_first=person.tf_primary_method is None)
    if codes is None:
        return _set_up_page(form, person, at_sign_in=False)
    with unit_of_work():
        sessions.end_sessions_of(person.id, now=now(), but=session.get("sid"))
        if not form.keep_tokens.data:
            revoke_tokens_of(person.id, now=now())
        tell_of_change(person, is_on=True)
    return _codes_page(codes, go_on=url_for("accounts.settings"))


@blueprint.route("/sign-in/second-factor", methods=["GET", "POST"])
@public
def set_up_at_sign_in() -> Response:
    """Let somebody whose role asks for it set up a second factor before they are signed in."""
    person = second_factor.awaited()
    if person is None:
        flash(_("Your sign-in has waited for too long. Enter your password again."), "info")
        return redirect(url_for("security.login"))
    form, codes = _try_code(person, is_first=True)
    if codes is None:
        return _set_up_page(form, person, at_sign_in=True)
    with unit_of_work():
        sessions.end_sessions_of(person.id, now=now())
        if not form.keep_tokens.data:
            revoke_tokens_of(person.id, now=now())
        tell_of_change(person, is_on=True)
    _plugins().tf_complete(person, True)
    return _codes_page(codes, go_on=own_path(request.args.get("next")))


@blueprint.post("/settings/second-factor/codes")
@requires(Permission.ACCOUNT_OWN)
def renew_codes() -> Response:
    """Make new recovery codes and show them, once."""
    _require_factor()
    if not second_factor.is_fresh():
        return _ask_who_it_is(url_for("accounts.settings"))
    with unit_of_work():
        codes = second_factor.new_recovery_codes(current_user._get_current_object())
    return _codes_page(codes, go_on=url_for("accounts.settings"))


@blueprint.post("/settings/second-factor/off")
@requires(Permission.ACCOUNT_OWN)
def turn_off() -> Response:
    """Turn one's second factor off, where no role asks for it."""
    _require_factor()
    if current_user.must_have_second_factor():
        raise Refused(_("Your role asks for a second factor; you can set up another device."))
    if not second_factor.is_fresh():
        return _ask_who_it_is(url_for("accounts.settings"))
    person = current_user._get_current_object()
    with unit_of_work():
        second_factor.turn_off(person)
        tell_of_change(person, is_on=False)
    tf_disabled.send(_app(), user=person)
    flash(_("The second factor is off. Your password alone is enough now."), "success")
    return redirect(url_for("accounts.settings"))


@blueprint.post("/admin/people/<int:person_id>/reset-second-factor")
@requires(Permission.PEOPLE_MANAGE)
def reset(person_id: int) -> Response:
    """Take away the second factor of somebody who has lost it."""
    with unit_of_work():
        person = reset_second_factor(person_id, actor=current_actor(), now=now())
    tf_disabled.send(_app(), user=person)
    flash(_("The second factor was reset, and its owner is told by mail."), "success")
    return redirect(url_for("accounts.people", q=request.form.get("q", "")))


@blueprint.post("/settings/sessions/<int:session_id>/end")
@requires(Permission.ACCOUNT_OWN)
def end_session(session_id: int) -> Response:
    """End one of one's own sessions."""
    with unit_of_work():
        sessions.end_own_session(session_id, actor=current_actor(), now=now())
    flash(_("The session has ended. Whoever used it has to sign in again."), "success")
    return redirect(url_for("accounts.settings"))


@blueprint.post("/settings/sessions/end-others")
@requires(Permission.ACCOUNT_OWN)
def end_other_sessions() -> Response:
    """End every session of one's own but this one."""
    with unit_of_work():
        person_id = current_actor().person_id or 0
        sessions.end_sessions_of(person_id, now=now(), but=session.get("sid"))
    flash(_("You are signed in here alone now."), "success")
    return redirect(url_for("accounts.settings"))


def _try_code(person: Person, *, is_first: bool) -> tuple[CodeForm, list[str] | None]:
    """Turn the factor on when the code is right; give the form, and the recovery codes then."""
    form = CodeForm()
    if not form.validate_on_submit():
        return form, None
    try:
        with unit_of_work():
            codes = second_factor.turn_on(person, code=form.code.data or "", is_first=is_first)
    except Conflict:
        raise
    except Refused as refusal:
        form.code.errors = [str(refusal.message)]
        return form, None
    tf_profile_changed.send(_app(), user=person, method=second_factor.METHOD)
    return form, codes


def _set_up_page(form: CodeForm, person: Person, *, at_sign_in: bool) -> Response:
    about = second_factor.secret_for_page(second_factor.new_secret(), person)
    page = render_template(
        "accounts/set_up_factor.html", form=form, about=about, at_sign_in=at_sign_in
    )
    return make_response(page, 422 if form.errors else 200)


def _codes_page(codes: list[str], *, go_on: str) -> Response:
    page = render_template("accounts/recovery_codes.html", codes=codes, go_on=go_on)
    return make_response(page)


def _require_factor() -> None:
    if current_user.tf_primary_method is None:
        raise Conflict(_("You have no second factor. Set one up first."))


def _ask_who_it_is(target: str) -> Response:
    return redirect(url_for("security.verify", next=target))


def _app() -> Any:
    # Werkzeug's proxies keep it from their types.
    return current_app._get_current_object()  # type: ignore[attr-defined]


def _plugins() -> Any:
    return current_app.extensions["security"].two_factor_plugins
