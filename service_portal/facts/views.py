"""The yearly sheet of an enterprise's facts, which saves itself; what the zone sees of it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.facts.forms import sheet_form
from service_portal.facts.kinds import KINDS, SECTIONS
from service_portal.facts.pages import blueprint, last_year, sheet_years
from service_portal.facts.sheet import rows_of
from service_portal.facts.stating import state_facts
from service_portal.facts.words import FAULT_WORDS
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Missing
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.guards import current_actor, requires


@blueprint.get("/facts")
@requires(Permission.FACT_STATE)
def newest_sheet() -> Response:
    """Bring an enterprise to the sheet of the last full year."""
    return redirect(url_for("facts.sheet", year=last_year(now())))


@blueprint.route("/facts/<int:year>", methods=["GET", "POST"])
@requires(Permission.FACT_STATE)
def sheet(year: int) -> str | Response | tuple[str, int]:
    """Show the sheet of a year, and keep what is filled in."""
    if year not in sheet_years(now()):
        raise Missing()
    actor = current_actor()
    enterprise_id = actor.enterprise_id or 0
    faults: dict[str, str] = {}
    if request.method == "POST":
        with unit_of_work():
            stated = state_facts(
                request.form.to_dict(),
                actor=actor,
                enterprise_id=enterprise_id,
                year=year,
                now=now(),
            )
        faults = {code: str(FAULT_WORDS[fault]) for code, fault in stated.faults.items()}
        if request.headers.get("HX-Request"):
            return _saved(enterprise_id, year, faults)
        if not faults:
            flash(_("Saved. Your points are computed anew within seconds."), "success")
            return redirect(url_for("facts.sheet", year=year))
    rows = rows_of(enterprise_id, year)
    form = sheet_form(
        {code: row["own"] for code, row in rows.items()},
        typed=request.form if request.method == "POST" else None,
        faults=faults,
    )
    page = render_template(
        "facts/sheet.html",
        year=year,
        years=sheet_years(now()),
        sections=SECTIONS,
        kinds=[kind for kind in KINDS.values() if kind.is_stated],
        rows=rows,
        form=form,
        filled=sum(row["counts"] is not None for row in rows.values()),
    )
    return (page, 422) if faults else page


def _saved(enterprise_id: int, year: int, faults: dict[str, str]) -> str:
    """Say how the one field stands that a page has sent by itself."""
    code = next((name for name in request.form if name in KINDS), "")
    row = rows_of(enterprise_id, year).get(code)
    return render_template("facts/saved.html", row=row, fault=faults.get(code), saved=True)
