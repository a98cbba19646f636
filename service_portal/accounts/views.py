"""The pages of accounts: language, role, settings, tokens, people and invitations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import (
    Blueprint,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user
from flask_security import login_user
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from service_portal.access.actor import Role
from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.access.scopes import TokenScope
from service_portal.accounts import invitations, services, sessions, tokens
from service_portal.accounts.forms import InviteForm, JoinForm, SettingsForm, TokenForm
from service_portal.accounts.inviters import MAY_INVITE
from service_portal.accounts.letters import drop_letters_of, send_invitation
from service_portal.accounts.models import Invitation, Membership
from service_portal.accounts.queries import (
    invitations_of,
    organisation_of,
    people_of,
    search_people,
    tokens_of,
)
from service_portal.accounts.rules import device_of, needs_second_factor
from service_portal.accounts.second_factor import is_fresh
from service_portal.accounts.words import ROLE_WORDS, SCOPE_WORDS
from service_portal.kernel.clock import now
from service_portal.kernel.db import constraint_of, db
from service_portal.kernel.errors import Missing, Refused, TooMany
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.people.models import Person
from service_portal.web.errors import error_page
from service_portal.web.formatting import language, localized
from service_portal.web.guards import current_actor, own_path, public, requires, signed_in_actor
from service_portal.web.navigation import home_endpoint
from service_portal.web.reading import LOCALE_COOKIE
from service_portal.web.translations import LOCALES

blueprint = Blueprint("accounts", __name__)


@blueprint.app_template_global()
def role_name(role: str) -> str:
    """Name a role in the reader's language."""
    return ROLE_WORDS[Role(role)].pick(language())


@blueprint.app_template_global()
def scope_name(scope: str) -> str:
    """Say what a scope of a token allows, in the reader's language."""
    return SCOPE_WORDS[TokenScope(scope)].pick(language())


@blueprint.app_context_processor
def about_actor() -> dict[str, Any]:
    """Let every page name the role and organisation one acts for."""
    actor = signed_in_actor()
    hats = g.get("hats") or []
    hat = next((hat for hat in hats if actor and hat.id == actor.membership_id), None)
    return {
        "hats": hats,
        "current_hat_name": lambda: localized(hat),
        "can_invite": actor is not None and may(actor, Permission.PEOPLE_INVITE),
    }


@blueprint.get("/")
@public
def front() -> Response:
    """Bring everybody to where their day begins."""
    actor = signed_in_actor()
    if actor is not None:
        return redirect(url_for(home_endpoint(actor)))
    if current_user.is_authenticated:
        return redirect(url_for("accounts.no_role"))
    return redirect(url_for("security.login"))


@blueprint.get("/no-role")
@public
def no_role() -> str:
    """Tell somebody who plays no role what to do."""
    return render_template("accounts/no_role.html")


@blueprint.post("/language/<code>")
@public
def choose_language(code: str) -> Response:
    """Change the language, for the person or, before signing in, for the browser."""
    if code not in LOCALES:
        raise Missing()
    if current_user.is_authenticated:
        with unit_of_work():
            current_user.locale = code
    answer = redirect(own_path(request.form.get("next")))
    answer.set_cookie(
        LOCALE_COOKIE,
        code,
        max_age=31_536_000,
        samesite="Lax",
        secure=current_app.config["COOKIE_SECURE"],
    )
    return answer


@blueprint.post("/acting-as/<int:membership_id>")
@requires(Permission.ACCOUNT_OWN)
def act_as(membership_id: int) -> Response:
    """Act for another of one's own organisations from now on."""
    if membership_id not in {hat.id for hat in g.hats}:
        raise Missing()
    with unit_of_work():
        current_user.acting_membership_id = membership_id
    return redirect(own_path(request.form.get("next")))


@blueprint.post("/demo/enter/<role>")
@public
def enter_demo(role: str) -> Response:
    """Sign in to the demo as the person who plays a role."""
    if not current_app.config["DEMO"] or role not in set(Role):
        raise Missing()
    person = db.session.scalar(
        sa.select(Person).where(Person.email == f"{role}@demo.example", Person.demo, Person.active)
    )
    if person is None:
        raise Missing()
    locale = language()
    session.clear()
    hat = (
        sa.select(Membership.id)
        .where(
            Membership.person_id == person.id,
            Membership.role == role,
            Membership.ended_at.is_(None),
        )
        .order_by(Membership.id)
    )
    with unit_of_work():
        person.locale, person.acting_membership_id = locale, db.session.scalar(hat)
    login_user(person, remember=False)
    return redirect("/")


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
        device_of=device_of,
        has_factor=current_user.tf_primary_method is not None,
        must_have_factor=needs_second_factor((hat.role for hat in g.hats), demo=config["DEMO"]),
        is_fresh=is_fresh(),
    )


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


@blueprint.route("/organisation/people", methods=["GET", "POST"])
@requires(Permission.PEOPLE_INVITE)
def organisation() -> str | Response | tuple[str, int]:
    """List the people of one's organisation, invite more, take roles away."""
    actor = current_actor()
    form = InviteForm(data=request.args.to_dict())
    form.role.choices = [
        SelectChoice(str(role), ROLE_WORDS[role].pick(language()))
        for role in sorted(MAY_INVITE[actor.role], reverse=True)
    ]
    if form.validate_on_submit():
        try:
            with unit_of_work():
                where = _organisation_of(form) if actor.role is Role.ADMINISTRATOR else {}
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


def _organisation_of(form: InviteForm) -> dict[str, int | None]:
    code = (form.organisation.data or "").strip().upper()
    where: dict[str, int | None] = {
        "enterprise_id": None,
        "station_id": None,
        "institution_id": None,
    }
    for table, column, name in (
        ("enterprise", "uscc", "enterprise_id"),
        ("station", "code", "station_id"),
        ("institution", "code", "institution_id"),
    ):
        if code and form.role.data.startswith(table):
            where[name] = db.session.scalar(
                sa.select(sa.column("id"))
                .select_from(sa.table(table))
                .where(sa.column(column) == code)
            )
    return where


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


@blueprint.route("/invitation/<secret>", methods=["GET", "POST"])
@public
def join(secret: str) -> str | Response | tuple[str, int]:
    """Accept an invitation: with the account one has, or by making one."""
    at, form = now(), JoinForm()
    try:
        # Read and answered in one transaction: of those who open it at once the others wait here.
        with unit_of_work():
            invitation = invitations.open_invitation(secret, now=at)
            known = db.session.scalar(sa.select(Person.id).where(Person.email == invitation.email))
            person: Person | None = None
            if known is not None:
                person = (
                    current_user._get_current_object() if current_user.is_authenticated else None
                )
            elif request.method == "POST" and form.validate_on_submit():
                person = services.new_person(
                    email=invitation.email,
                    password=form.password.data,
                    locale=language(),
                    now=at,
                    name_en=form.names["name_en"],
                    name_zh=form.names["name_zh"],
                )
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
    if known is not None and person is None:
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
        if known is None and (step := _begin(person)):
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


def _begin(person: Person) -> Response | None:
    """Sign a new person in, or lead them to the second factor that their role asks for."""
    plugins = current_app.extensions["security"].two_factor_plugins
    step: Response | None = plugins.tf_enter(person, False, "invitation", next_loc=None)
    if step is None:
        login_user(person, remember=False, authn_via=["invitation"])
    return step


@blueprint.get("/admin/people")
@requires(Permission.PEOPLE_MANAGE)
def people() -> str:
    """Search people and see their roles."""
    text = request.args.get("q", "").strip()
    return render_template("accounts/people.html", people=search_people(text), q=text)


@blueprint.post("/admin/people/<int:person_id>/active")
@requires(Permission.PEOPLE_MANAGE)
def switch_person(person_id: int) -> Response:
    """Keep a person out, or let them in again."""
    if person_id == current_actor().person_id:
        raise Refused(_("You can't lock yourself out."))
    with unit_of_work():
        services.set_active(person_id, active=request.form.get("active") == "1", now=now())
    return redirect(url_for("accounts.people", q=request.form.get("q", "")))
