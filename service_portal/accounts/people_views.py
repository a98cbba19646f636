"""The administrator's page of people: searched, kept out, let in again."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.accounts import services
from service_portal.accounts.pages import blueprint
from service_portal.accounts.queries import search_people
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.guards import current_actor, requires


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
