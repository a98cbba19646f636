"""The catalogue: what the zone offers, found by searching; and its administration."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.catalogue import queries, services
from service_portal.catalogue.definition_rules import LOANS, PARALLEL
from service_portal.catalogue.editing import Draft, blank_draft, definition_of, draft_of, read_draft
from service_portal.catalogue.forms import CategoryForm, plain
from service_portal.catalogue.models import Category
from service_portal.catalogue.queries import CurrentService
from service_portal.catalogue.rules import BadDefinition
from service_portal.catalogue.search import search
from service_portal.catalogue.words import BASIS_WORDS, PARTS, TYPE_WORDS, allowed_time, say_fault
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.guards import current_actor, public, requires
from service_portal.web.translations import Later

blueprint = Blueprint("catalogue", __name__)
blueprint.app_template_filter()(allowed_time)


def _service(code: str) -> CurrentService:
    service = queries.get_service(code)
    if service is None:
        raise Missing()
    return service


def _bases(chosen: str) -> dict[str, Later]:
    """Give the count bases to choose from; that of loan services only where
    it is chosen already.
    """
    return {code: words for code, words in BASIS_WORDS.items() if code != LOANS or code == chosen}


@blueprint.get("/services")
@public
def browse() -> str:
    """Show the whole catalogue, or what a search found; a fragment when a page asks while one
    types.
    """
    text = request.args.get("q", "").strip()[:100]
    active = queries.active_services()
    by_code = {service.code: service for service in active}
    found = (
        [by_code[match.definition.code] for match in search([s.definition for s in active], text)]
        if text
        else []
    )
    wanted = request.args.get("category", "")
    groups = [
        (category, list(some))
        for category, some in groupby(active, key=lambda service: service.category)
        if not wanted or category.code == wanted
    ]
    name = (
        "catalogue/results.html" if request.headers.get("HX-Request") else "catalogue/browse.html"
    )
    return render_template(
        name, q=text, found=found, groups=groups, categories=queries.categories(), category=wanted
    )


@blueprint.get("/services/<code>")
@public
def show_service(code: str) -> str:
    """Show one service: what one gets, from whom, when, and what it takes."""
    service = _service(code)
    if not service.active:
        raise Missing()
    return render_template(
        "catalogue/show_service.html", service=service, definition=service.definition
    )


@blueprint.get("/admin/services")
@requires(Permission.CATALOGUE_EDIT)
def admin_services() -> str:
    """List every service with its promises, switched-off ones included, and the categories."""
    return render_template(
        "catalogue/admin_services.html",
        services=list(queries.services().values()),
        categories=services.all_categories(),
        one_by_one=services.asking_one_by_one(),
    )


@blueprint.route("/admin/services/new", methods=["GET", "POST"])
@requires(Permission.CATALOGUE_EDIT)
def new_service() -> str | Response | tuple[str, int]:
    """Add a service to a category: its first version is published when nothing is wrong with it."""
    return _edit(None)


@blueprint.route("/admin/services/<code>", methods=["GET", "POST"])
@requires(Permission.CATALOGUE_EDIT)
def edit_service(code: str) -> str | Response | tuple[str, int]:
    """Edit a definition and publish it as a new version; every problem is named and nothing typed
    is lost.
    """
    return _edit(_service(code))


def _edit(service: CurrentService | None) -> str | Response | tuple[str, int]:
    form = request.form
    problems: list[str] = []
    if request.method == "GET":
        draft = draft_of(services.raw_definition(service.version_id)) if service else blank_draft()
        if request.args.get("offers") == PARALLEL:
            draft.texts |= {"offers": PARALLEL, "delivered_by": "station", "auto_accept": ""}
    else:
        draft = read_draft(form)
        if form.get("act") != "add":
            try:
                return redirect(url_for("catalogue.edit_service", code=_publish(service, draft)))
            except BadDefinition as error:
                problems = [say_fault(fault) for fault in error.problems]
    page = render_template(
        "catalogue/edit_service.html",
        service=service,
        draft=draft,
        problems=problems,
        blank=3 if form.get("act") == "add" else 1,
        categories=services.all_categories(),
        versions=services.versions_of(service.code) if service else [],
        kinds=TYPE_WORDS,
        bases_for=_bases,
        parts=PARTS,
    )
    return (page, 422) if problems else page


def _publish(service: CurrentService | None, draft: Draft) -> str:
    code = service.code if service else draft.texts.get("code", "").strip().upper()
    raw, note = definition_of(draft, code=code), plain(draft.texts.get("note"))[:200]
    with unit_of_work():
        if service is None:
            services.create_service(
                actor=current_actor(),
                category_code=draft.texts.get("category", ""),
                raw=raw,
                note=note,
                now=now(),
            )
            flash(
                _("The service is in the catalogue. Say at the institutions who delivers it."),
                "success",
            )
        elif services.publish_version(
            actor=current_actor(), service_code=code, raw=raw, note=note, now=now()
        ):
            flash(_("A new version is published; open tickets keep theirs."), "success")
        else:
            flash(_("Nothing has changed."), "success")
    return code


@blueprint.route("/admin/categories/new", methods=["GET", "POST"])
@requires(Permission.CATALOGUE_EDIT)
def new_category() -> str | Response | tuple[str, int]:
    """Add a category."""
    return _edit_category(None)


@blueprint.route("/admin/categories/<category_code>", methods=["GET", "POST"])
@requires(Permission.CATALOGUE_EDIT)
def edit_category(category_code: str) -> str | Response | tuple[str, int]:
    """Rename a category, or move it in the list."""
    category = next((one for one in services.all_categories() if one.code == category_code), None)
    if category is None:
        raise Missing()
    return _edit_category(category)


def _edit_category(category: Category | None) -> str | Response | tuple[str, int]:
    form = CategoryForm(obj=category)
    if category is not None:
        form.code.data = category.code
    if form.validate_on_submit():
        try:
            with unit_of_work():
                services.save_category(
                    code=form.code.data or "",
                    name_en=form.name_en.data or "",
                    name_zh=form.name_zh.data or "",
                    icon=form.icon.data,
                    position=form.position.data or 0,
                    is_new=category is None,
                )
            flash(
                (
                    _(
                        "Saved. Say at each station whether it covers the category; until then"
                        " headquarters gets its requests."
                    )
                    if category is None
                    else _("Saved.")
                ),
                "success",
            )
            return redirect(url_for("catalogue.admin_services"))
        except Refused as error:
            form.code.errors = [error.message]
    return render_template("catalogue/edit_category.html", form=form, category=category), (
        422 if form.errors else 200
    )


@blueprint.post("/admin/services/<code>/active")
@requires(Permission.CATALOGUE_EDIT)
def switch_service(code: str) -> Response:
    """Offer a service, or stop offering it."""
    service = _service(code)
    with unit_of_work():
        services.set_active(service_code=service.code, active=not service.active)
    return redirect(url_for("catalogue.admin_services"))
