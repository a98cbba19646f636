"""The catalogue: what the zone offers, found by searching; and its administration."""

from __future__ import annotations

import json
from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.catalogue import queries, services
from service_portal.catalogue.queries import CurrentService
from service_portal.catalogue.rules import BadDefinition
from service_portal.catalogue.search import search
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Missing
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.guards import current_actor, public, requires

blueprint = Blueprint("catalogue", __name__)

LONGEST_DEFINITION = 200_000


def _service(code: str) -> CurrentService:
    service = queries.get_service(code)
    if service is None:
        raise Missing()
    return service


@blueprint.get("/services")
@public
def browse() -> str:
    """Show the whole catalogue, or what a search found; a fragment when a page asks while one types."""
    text = request.args.get("q", "").strip()[:100]
    active = queries.active_services()
    by_code = {service.code: service for service in active}
    found = [by_code[match.definition.code] for match in search([s.definition for s in active], text)] if text else []
    wanted = request.args.get("category", "")
    groups = [
        (category, list(some))
        for category, some in groupby(active, key=lambda service: service.category)
        if not wanted or category.code == wanted
    ]
    name = "catalogue/results.html" if request.headers.get("HX-Request") else "catalogue/browse.html"
    return render_template(name, q=text, found=found, groups=groups, categories=queries.categories(), category=wanted)


@blueprint.get("/services/<code>")
@public
def show_service(code: str) -> str:
    """Show one service: what one gets, from whom, when, and what it takes."""
    service = _service(code)
    if not service.active:
        raise Missing()
    return render_template("catalogue/show_service.html", service=service, definition=service.definition)


@blueprint.get("/admin/services")
@requires(Permission.CATALOGUE_EDIT)
def admin_services() -> str:
    """List every service with its promises, switched-off ones included."""
    return render_template("catalogue/admin_services.html", services=queries.services().values())


@blueprint.route("/admin/services/<code>", methods=["GET", "POST"])
@requires(Permission.CATALOGUE_EDIT)
def edit_service(code: str) -> str | Response | tuple[str, int]:
    """Edit a definition and publish it as a new version; every problem is named and nothing typed is lost."""
    service = _service(code)
    raw = services.raw_definition(service.version_id)
    text, note, problems = json.dumps(raw["fields"], ensure_ascii=False, indent=2), "", []
    if request.method == "POST":
        text, note = request.form.get("definition", "")[:LONGEST_DEFINITION], request.form.get("note", "").strip()[:200]
        try:
            with unit_of_work():
                made = services.publish_version(actor=current_actor(), service_code=service.code, raw=services.read_edited(raw, request.form, text), note=note, now=now())
            flash(_("A new version is published; open tickets keep theirs.") if made else _("Nothing has changed."), "success")
            return redirect(url_for("catalogue.edit_service", code=service.code))
        except BadDefinition as error:
            problems = error.problems
        except ValueError as error:
            problems = [_("The fields are not valid JSON: %(error)s", error=str(error)[:200])]
    page = render_template(
        "catalogue/edit_service.html", service=service, raw=raw, text=text, note=note, problems=problems, versions=services.versions_of(service.code)
    )
    return (page, 422) if problems else page


@blueprint.post("/admin/services/<code>/active")
@requires(Permission.CATALOGUE_EDIT)
def switch_service(code: str) -> Response:
    """Offer a service, or stop offering it."""
    service = _service(code)
    with unit_of_work():
        services.set_active(service_code=service.code, active=not service.active)
    return redirect(url_for("catalogue.admin_services"))
