"""The page an invitation leads to: accepted with the account one has, or by making one."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_security import login_user
from werkzeug.wrappers import Response

from service_portal.accounts import invitations, services
from service_portal.accounts.forms import JoinForm
from service_portal.accounts.pages import blueprint
from service_portal.accounts.queries import has_account, organisation_of
from service_portal.kernel.clock import now
from service_portal.kernel.db import constraint_of
from service_portal.kernel.errors import Missing
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.people.models import Person
from service_portal.web.errors import error_page
from service_portal.web.guards import public
from service_portal.web.language import language


@blueprint.route("/invitation/<secret>", methods=["GET", "POST"])
@public
def join(secret: str) -> str | Response | tuple[str, int]:
    """Accept an invitation: with the account one has, or by making one."""
    at, form = now(), JoinForm()
    try:
        # Read and answered in one transaction: of those who open it at once the others wait here.
        with unit_of_work():
            invitation = invitations.open_invitation(secret, now=at)
            known = has_account(invitation.email)
            person = _signed_in() if known else _new(form, email=invitation.email)
            if request.method == "POST" and person is not None:
                invitations.accept_invitation(secret, person=person, now=at)
    except sa.exc.IntegrityError as error:
        if constraint_of(error) != "uq_person_email":
            raise
        # Somebody has just joined with this address by another invitation.
        return redirect(request.path)
    except Missing:
        return error_page(
            404,
            _(
                "This invitation no longer works: it was used, taken back or is older than seven"
                " days. If it was you who used it, sign in; else ask for a new one."
            ),
        )
    if known and person is None:
        flash(
            _(
                "There is an account with this address: sign in with it to accept. If you don't"
                " know its password, or did not make it yourself, set a new one with “I forgot my"
                " password”."
            ),
            "info",
        )
        return redirect(url_for("security.login", next=request.path))
    if request.method == "POST" and person is not None:
        if not known and (step := _begin(person)):
            return step
        flash(_("Welcome. You can begin."), "success")
        return redirect("/")
    page = render_template(
        "accounts/join.html",
        form=form,
        invitation=invitation,
        known=known,
        organisation=organisation_of(invitation),
    )
    return page, 422 if form.errors else 200


def _signed_in() -> Person | None:
    """Give who is signed in, to whom alone an invitation of their address is good."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def _new(form: JoinForm, *, email: str) -> Person | None:
    """Make the person that a form describes, once it was sent and is right."""
    if request.method != "POST" or not form.validate_on_submit():
        return None
    return services.new_person(
        email=email,
        password=form.password.data,
        locale=language(),
        now=now(),
        name_en=form.names["name_en"],
        name_zh=form.names["name_zh"],
    )


def _begin(person: Person) -> Response | None:
    """Sign a new person in, or lead them to the second factor that their role asks for."""
    plugins = current_app.extensions["security"].two_factor_plugins
    step: Response | None = plugins.tf_enter(person, False, "invitation", next_loc=None)
    if step is None:
        login_user(person, remember=False, authn_via=["invitation"])
    return step
