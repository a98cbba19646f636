"""The page of one's organisation: its people and their roles, and who is invited."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from service_portal.access.actor import Role
from service_portal.access.permissions import Permission
from service_portal.accounts import invitations, services
from service_portal.accounts.forms import InviteForm
from service_portal.accounts.inviters import MAY_INVITE
from service_portal.accounts.letters import drop_letters_of, send_invitation
from service_portal.accounts.models import Invitation
from service_portal.accounts.pages import blueprint
from service_portal.accounts.queries import invitations_of, people_of, place_of
from service_portal.accounts.words import role_name
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Refused, TooMany
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.guards import current_actor, requires


@blueprint.route("/organisation/people", methods=["GET", "POST"])
@requires(Permission.PEOPLE_INVITE)
def organisation() -> str | Response | tuple[str, int]:
    """List the people of one's organisation, invite more, take roles away."""
    actor = current_actor()
    form = InviteForm(data=request.args.to_dict())
    form.role.choices = [
        SelectChoice(str(role), role_name(role))
        for role in sorted(MAY_INVITE[actor.role], reverse=True)
    ]
    if form.validate_on_submit():
        try:
            with unit_of_work():
                where = _place(form) if actor.role is Role.ADMINISTRATOR else {}
                invitation, secret = invitations.invite(
                    actor=actor,
                    email=form.email.data or "",
                    role=form.role.data,
                    now=now(),
                    **where,
                )
                _send(invitation, secret)
            _say_where_it_is(invitation)
            return redirect(url_for("accounts.organisation"))
        except TooMany:
            raise
        except Refused as refusal:
            form[refusal.field if refusal.field in form else "email"].errors = [
                str(refusal.message)
            ]
    people = [] if actor.role is Role.ADMINISTRATOR else people_of(actor)
    sent = invitations_of(actor, now=now())
    page = render_template("accounts/organisation.html", form=form, people=people, invitations=sent)
    return page, 422 if form.errors else 200


@blueprint.post("/organisation/invitations/<int:invitation_id>/revoke")
@requires(Permission.PEOPLE_INVITE)
def revoke_invitation(invitation_id: int) -> Response:
    """Withdraw an invitation."""
    with unit_of_work():
        invitations.withdraw_invitation(invitation_id, actor=current_actor(), now=now())
    flash(_("The invitation no longer works."), "success")
    return redirect(url_for("accounts.organisation"))


@blueprint.post("/organisation/invitations/<int:invitation_id>/resend")
@requires(Permission.PEOPLE_INVITE)
def resend_invitation(invitation_id: int) -> Response:
    """Send an invitation once more, with a new link; the former one ends."""
    with unit_of_work():
        invitation, secret = invitations.renew_invitation(
            invitation_id,
            actor=current_actor(),
            now=now(),
        )
        drop_letters_of(invitation)
        _send(invitation, secret)
    _say_where_it_is(invitation)
    return redirect(url_for("accounts.organisation"))


@blueprint.post("/organisation/people/<int:membership_id>/end")
@requires(Permission.PEOPLE_INVITE)
def end_membership(membership_id: int) -> Response:
    """Take a role away."""
    with unit_of_work():
        services.end_membership(membership_id, actor=current_actor(), now=now())
    flash(_("The role was taken away; it ends at once."), "success")
    return redirect(
        url_for(
            "accounts.people"
            if current_actor().role is Role.ADMINISTRATOR
            else "accounts.organisation"
        )
    )


def _place(form: InviteForm) -> dict[str, int | None]:
    """Give where an administrator invites to: the organisation whose code was typed."""
    return place_of(form.role.data, code=(form.organisation.data or "").strip().upper())


def _send(invitation: Invitation, secret: str) -> None:
    path = url_for("accounts.join", secret=secret)
    link = current_app.config["BASE_URL"].rstrip("/") + path
    send_invitation(invitation, actor=current_actor(), link=link)


def _say_where_it_is(invitation: Invitation) -> None:
    """Say to which address the link goes; only its reader sees it."""
    if current_app.config["MAIL_URL"]:
        said = _(
            "The invitation is on its way to %(email)s. Its link works once, for seven days.",
            email=invitation.email,
        )
    else:
        said = _(
            "The invitation to %(email)s is written. This portal has no mail server: the mail lies"
            " in its mailbox, where an administrator can read it.",
            email=invitation.email,
        )
    flash(said, "success")
