"""The pages where a day begins: the front, and in which language and which role one goes on."""

from __future__ import annotations

from flask import current_app, g, redirect, render_template, request, session, url_for
from flask_login import current_user
from flask_security import login_user
from werkzeug.wrappers import Response

from service_portal.access.actor import Role
from service_portal.access.permissions import Permission
from service_portal.accounts.pages import blueprint
from service_portal.accounts.queries import demo_player
from service_portal.kernel.errors import Missing
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.guards import own_path, public, requires, signed_in_actor
from service_portal.web.language import language
from service_portal.web.navigation import home_endpoint
from service_portal.web.reading import LOCALE_COOKIE
from service_portal.web.translations import LOCALES


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
    if membership_id not in {membership.id for membership in g.memberships}:
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
    person, membership_id = demo_player(role)
    locale = language()
    session.clear()
    with unit_of_work():
        person.locale, person.acting_membership_id = locale, membership_id
    login_user(person, remember=False)
    return redirect("/")
