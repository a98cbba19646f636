"""The page of one's own settings: what one says about oneself, and API tokens."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, flash, g, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.accounts import sessions, tokens
from service_portal.accounts.forms import SettingsForm, TokenForm
from service_portal.accounts.pages import blueprint
from service_portal.accounts.queries import tokens_of
from service_portal.accounts.rules import needs_second_factor
from service_portal.accounts.second_factor import is_fresh
from service_portal.accounts.words import say_device
from service_portal.kernel.clock import now
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.guards import current_actor, requires


@blueprint.route("/settings", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def settings() -> str | Response | tuple[str, int]:
    """Show and change what a person says about themselves; what is theirs stands below."""
    person = current_user
    form = SettingsForm(obj=person)
    if form.validate_on_submit():
        with unit_of_work():
            for name, value in {
                **form.names,
                "phone": form.phone.data,
                "locale": form.locale.data,
                "mail_enabled": form.mail_enabled.data,
            }.items():
                setattr(person, name, value)
        flash(_("Saved."), "success")
        return redirect(url_for("accounts.settings"))
    return settings_page(form=form), 422 if form.errors else 200


@blueprint.post("/settings/tokens")
@requires(Permission.ACCOUNT_OWN)
def add_token() -> str | Response | tuple[str, int]:
    """Make a token and show it, once; whoever has a second factor has just signed in for that."""
    if current_user.tf_primary_method is not None and not is_fresh():
        return redirect(url_for("security.verify", next=url_for("accounts.settings")))
    form = TokenForm()
    if not form.validate_on_submit():
        return settings_page(token_form=form), 422
    with unit_of_work():
        token = tokens.make_token(
            actor=current_actor(),
            name=form.name.data or "",
            days=form.days.data or 0,
            scopes=form.scopes.data or (),
            now=now(),
        )
    return settings_page(new_token=token)


@blueprint.post("/settings/tokens/<int:token_id>/revoke")
@requires(Permission.ACCOUNT_OWN)
def revoke_token(token_id: int) -> Response:
    """Make a token useless."""
    with unit_of_work():
        tokens.revoke_token(token_id, actor=current_actor(), now=now())
    flash(_("The token no longer works."), "success")
    return redirect(url_for("accounts.settings"))


def settings_page(
    *,
    form: SettingsForm | None = None,
    token_form: TokenForm | None = None,
    new_token: str = "",
) -> str:
    """Draw the settings: oneself, the second factor, sessions and tokens."""
    actor, config = current_actor(), current_app.config
    return render_template(
        "accounts/settings.html",
        form=form or SettingsForm(formdata=None, obj=current_user),
        token_form=token_form or TokenForm(formdata=None),
        tokens=tokens_of(actor),
        new_token=new_token,
        sessions=sessions.sessions_of(
            actor,
            now=now(),
            idle=timedelta(minutes=config["SESSION_IDLE_MINUTES"]),
            longest=timedelta(hours=config["SESSION_HOURS"]),
        ),
        this_session=session.get("sid"),
        device_of=say_device,
        has_factor=current_user.tf_primary_method is not None,
        must_have_factor=needs_second_factor(
            (membership.role for membership in g.memberships), demo=config["DEMO"]
        ),
        is_fresh=is_fresh(),
    )
