"""What the zone does with facts: files of departments, conflicts between sources, decisions."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.directory import exchanging
from service_portal.directory.models import Enterprise
from service_portal.facts.forms import ImportForm
from service_portal.facts.importing import Taken, take_facts
from service_portal.facts.kinds import KINDS, SECTIONS
from service_portal.facts.pages import blueprint, reached_enterprise, sheet_years
from service_portal.facts.proving import put_files
from service_portal.facts.queries import open_conflicts
from service_portal.facts.rules import Source
from service_portal.facts.sheet import rows_of
from service_portal.facts.stating import decide_fact
from service_portal.files.sent import has_files, sent_files
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.guards import current_actor, requires
from service_portal.web.paging import cut, decode
from service_portal.web.reading import takes_files

PAGE = 50


@blueprint.get("/facts/conflicts")
@requires(Permission.FACT_DECIDE)
def conflicts() -> str:
    """List what sources say differently and nobody has decided, the oldest first."""
    cursor = request.args.get("after")
    place = decode(cursor, int)
    rows = open_conflicts(after_id=place[0] if place else 0, size=PAGE + 1)
    return render_template(
        "facts/conflicts.html",
        page=cut(rows, PAGE, lambda row: [row.id], cursor),
        may_import=may(current_actor(), Permission.FACT_IMPORT),
    )


@blueprint.get("/enterprises/<int:enterprise_id>/facts/<int:year>")
@requires(Permission.FACT_READ)
def of_enterprise(enterprise_id: int, year: int) -> str:
    """Show everything that was said of an enterprise and a year, by whom, and what counts."""
    return _page(reached_enterprise(enterprise_id, Permission.FACT_READ), year)


def _page(enterprise: Enterprise, year: int, *, wrong: dict[str, Any] | None = None) -> str:
    if not 2000 <= year <= 2100:
        raise Missing()
    return render_template(
        "facts/of_enterprise.html",
        enterprise=enterprise,
        year=year,
        years=sheet_years(now()),
        sections=SECTIONS,
        kinds=[kind for kind in KINDS.values() if kind.is_stated],
        rows=rows_of(enterprise.id, year),
        may_decide=may(current_actor(), Permission.FACT_DECIDE),
        wrong=wrong or {},
    )


@blueprint.post("/enterprises/<int:enterprise_id>/facts/<int:year>/<fact_code>")
@requires(Permission.FACT_DECIDE)
@takes_files
def decide(enterprise_id: int, year: int, fact_code: str) -> Response | tuple[str, int]:
    """Decide what counts of one fact, with a reason that the enterprise reads."""
    enterprise = reached_enterprise(enterprise_id, Permission.FACT_DECIDE)
    try:
        with sent_files() as kept, unit_of_work():
            actor, at = current_actor(), now()
            fact_id = decide_fact(
                actor=actor,
                enterprise_id=enterprise_id,
                year=year,
                code=fact_code,
                fact_id=request.form.get("fact_id", type=int),
                text=request.form.get("value", ""),
                note=request.form.get("note", ""),
                now=at,
            )
            put_files(kept, fact_id, actor=actor, enterprise_id=enterprise_id, now=at)
    except Refused as refusal:
        if isinstance(refusal, Missing):
            raise
        wrong = {
            "code": fact_code,
            "words": refusal.message,
            "typed": request.form,
            "files": has_files(),
        }
        return _page(enterprise, year, wrong=wrong), 422
    flash(_("Decided. The enterprise's points are computed anew within seconds."), "success")
    return redirect(
        url_for("facts.of_enterprise", enterprise_id=enterprise_id, year=year)
        + f"#fact-{fact_code}"
    )


@blueprint.route("/facts/import", methods=["GET", "POST"])
@requires(Permission.FACT_IMPORT)
@takes_files
def take_in() -> str | Response | tuple[str, int]:
    """Check a department's file row by row, and take it when every row is right."""
    form, taken = ImportForm(), None
    if form.validate_on_submit():
        try:
            taken = _taken(form, apply=request.form.get("act") == "take")
        except Refused as refusal:
            form.file.errors = [refusal.message]
        if taken is not None and not taken.errors and request.form.get("act") == "take":
            flash(
                _(
                    "Taken in: %(new)d new values of %(values)d, for %(enterprises)d enterprises.",
                    new=taken.new,
                    values=taken.values,
                    enterprises=taken.enterprises,
                ),
                "success",
            )
            return redirect(url_for("facts.take_in"))
    page = render_template(
        "facts/take_in.html",
        form=form,
        taken=taken,
        kinds=[kind for kind in KINDS.values() if kind.is_stated],
    )
    return (page, 422) if form.errors or (taken is not None and taken.errors) else page


def _taken(form: ImportForm, *, apply: bool) -> Taken:
    rows = exchanging.read_upload(form.file.data)
    with unit_of_work():
        return take_facts(
            rows,
            actor=current_actor(),
            source=Source(form.source.data),
            reference=form.reference.data or "",
            now=now(),
            apply=apply,
        )


@blueprint.get("/facts/import/pattern.csv")
@requires(Permission.FACT_IMPORT)
def pattern() -> Response:
    """Give an empty file with every column, for departments to fill in."""
    names = ["uscc", "year", *(kind.code for kind in KINDS.values() if kind.is_stated)]
    return Response(
        b"\xef\xbb\xbf" + (",".join(names) + "\r\n").encode(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="facts.csv"'},
    )
