"""Administrators edit schemes: drafts with their faults, what they would change, and publishing."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.facts.kinds import KINDS
from service_portal.facts.pages import last_year
from service_portal.facts.queries import count_conflicts
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.scoring import editing
from service_portal.scoring.codes import VersionState
from service_portal.scoring.drafting import (
    KINDS as STEPS,
)
from service_portal.scoring.drafting import (
    UNITS,
    WAYS,
    indicator_fields,
    indicator_of,
    parts_of,
    parts_text,
    steps_text,
)
from service_portal.scoring.models import SchemeVersion, ScoreScheme
from service_portal.scoring.pages import blueprint
from service_portal.scoring.queries import runs_of, scheme_of, schemes, versions_by_scheme
from service_portal.scoring.rule_words import rules_in_words
from service_portal.scoring.words import STEP_WORDS, say_fault
from service_portal.web.guards import current_actor, requires

# What a line of each part says after its code and its two names.
PARTS: dict[str, tuple[str, ...]] = {
    "stages": ("condition",),
    "categories": ("least", "most", "bonus"),
    "hard": ("condition",),
    "alternatives": ("condition",),
    "boards": ("part",),
}
MOST_TEXT = 20_000


@blueprint.get("/admin/schemes")
@requires(Permission.SCHEME_EDIT)
def list_schemes() -> str:
    """List the schemes with their versions."""
    return render_template(
        "scoring/schemes.html",
        schemes=schemes(active=False),
        versions=versions_by_scheme(),
        conflicts=count_conflicts(),
    )


@blueprint.post("/admin/schemes/<int:scheme_id>/draft")
@requires(Permission.SCHEME_EDIT)
def draft_scheme(scheme_id: int) -> Response:
    """Begin a new version as a copy of the newest, or go on with the one begun."""
    with unit_of_work():
        draft = editing.make_draft(scheme_id, now=now())
    return redirect(url_for("scoring.show_version", version_id=draft.id))


@blueprint.get("/admin/schemes/versions/<int:version_id>")
@requires(Permission.SCHEME_EDIT)
def show_version(version_id: int) -> str:
    """Show a version: a draft to edit, with everything that is wrong; a published one to read. Its
    runs alone when the page asks again by itself.
    """
    version = _version(version_id)
    if request.headers.get("X-Fragment"):
        return render_template("scoring/version_runs.html", runs=runs_of(version.id))
    return _version_page(version)


def _version(version_id: int) -> SchemeVersion:
    version = db.session.get(SchemeVersion, version_id)
    if version is None:
        raise Missing()
    return version


def _version_page(version: SchemeVersion, *, preview: Any = None, typed: Any = None) -> str:
    definition, is_draft = version.definition, version.status == VersionState.DRAFT
    faults = [say_fault(one, definition) for one in editing.faults_of(definition)]
    return render_template(
        "scoring/version.html",
        version=version,
        scheme=db.session.get(ScoreScheme, version.scheme_id),
        definition=definition,
        is_draft=is_draft,
        **({} if is_draft else rules_in_words(scheme_of(version))),
        faults=faults,
        stages=[one for one in definition.get("stages") or [] if one.get("code")],
        categories={one.get("code"): one.get("name") for one in definition.get("categories") or []},
        texts=typed
        or {name: parts_text(definition.get(name) or [], last) for name, last in PARTS.items()}
        | {
            "pass_mark": definition.get("pass_mark", ""),
            "needed": ", ".join(definition.get("needed") or []),
            "from_year": version.from_year,
            "note": version.note,
        },
        steps_text=steps_text,
        step_words=STEP_WORDS,
        runs=runs_of(version.id),
        preview=preview,
        last_year=last_year(now()),
    )


@blueprint.post("/admin/schemes/versions/<int:version_id>")
@requires(Permission.SCHEME_EDIT)
def change_version(version_id: int) -> Response:
    """Keep the stages, categories, conditions and the pass mark of a draft."""
    version, form = _version(version_id), request.form
    definition = dict(version.definition)
    for name, last in PARTS.items():
        definition[name] = parts_of(form.get(name, "")[:MOST_TEXT], last)
    mark = form.get("pass_mark", "").strip()
    definition["pass_mark"] = mark or None
    definition["needed"] = [
        code.strip()
        for code in form.get("needed", "").replace("，", ",").split(",")
        if code.strip()
    ]
    year = form.get("from_year", type=int) or version.from_year
    if not 2000 <= year <= 2100:
        raise Refused(_("Write a year, such as 2025."))
    with unit_of_work():
        editing.change_draft(
            version_id, definition, from_year=year, note=form.get("note", "").strip()[:200]
        )
    flash(_("The draft is saved."), "success")
    return redirect(url_for("scoring.show_version", version_id=version_id))


@blueprint.route("/admin/schemes/versions/<int:version_id>/indicators/new", methods=["GET", "POST"])
@requires(Permission.SCHEME_EDIT)
def new_indicator(version_id: int) -> str | Response:
    """Add an indicator to a draft."""
    return _indicator(_version(version_id), None)


@blueprint.route(
    "/admin/schemes/versions/<int:version_id>/indicators/<indicator_code>",
    methods=["GET", "POST"],
)
@requires(Permission.SCHEME_EDIT)
def edit_indicator(version_id: int, indicator_code: str) -> str | Response:
    """Change an indicator of a draft: its formula, steps and weights."""
    return _indicator(_version(version_id), indicator_code)


def _indicator(version: SchemeVersion, code: str | None) -> str | Response:
    definition = version.definition
    stages = [str(one.get("code", "")) for one in definition.get("stages") or []]
    listed = definition.get("indicators") or []
    found: dict[str, Any] = next((one for one in listed if one.get("code") == code), {})
    if code and not found:
        raise Missing()
    if request.method == "POST":
        made = indicator_of({name: text[:MOST_TEXT] for name, text in request.form.items()}, stages)
        with unit_of_work():
            editing.change_indicator(version.id, code, made)
        flash(_("The draft is saved."), "success")
        return redirect(
            url_for("scoring.show_version", version_id=version.id) + f"#indicator-{made['code']}"
        )
    return render_template(
        "scoring/indicator.html",
        version=version,
        code=code,
        fields=indicator_fields(found, stages),
        stages=definition.get("stages") or [],
        categories=definition.get("categories") or [],
        units=UNITS,
        steps={kind: STEP_WORDS[kind] for kind in STEPS},
        ways=range(WAYS),
        facts=[kind for kind in KINDS.values() if kind.is_stated],
    )


@blueprint.post("/admin/schemes/versions/<int:version_id>/indicators/<indicator_code>/remove")
@requires(Permission.SCHEME_EDIT)
def remove_indicator(version_id: int, indicator_code: str) -> Response:
    """Take an indicator out of a draft."""
    with unit_of_work():
        editing.remove_indicator(version_id, indicator_code)
    flash(_("Removed."), "success")
    return redirect(url_for("scoring.show_version", version_id=version_id))


@blueprint.get("/admin/schemes/versions/<int:version_id>/preview")
@requires(Permission.SCHEME_EDIT)
def preview_version(version_id: int) -> str | Response:
    """Say what a draft would change for the enterprises of the last full year."""
    version = _version(version_id)
    if editing.faults_of(version.definition):
        return redirect(url_for("scoring.show_version", version_id=version_id))
    return _version_page(version, preview=editing.preview(version, last_year(now())))


@blueprint.post("/admin/schemes/versions/<int:version_id>/publish")
@requires(Permission.SCHEME_EDIT)
def publish_version(version_id: int) -> Response | tuple[str, int]:
    """Publish a draft; everybody is scored by it from now on. Who comes second reads that on its
    page.
    """
    try:
        with unit_of_work():
            last = last_year(now())
            editing.publish(version_id, actor=current_actor(), last_year=last, now=now())
    except Conflict as conflict:
        flash(str(conflict.message), "danger")
        return _version_page(_version(version_id)), conflict.status
    flash(_("Published. Everybody is scored anew; the page says how far it is."), "success")
    return redirect(url_for("scoring.show_version", version_id=version_id))
