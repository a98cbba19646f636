"""Scoring everybody anew by a version: how far it is, and what came of it."""

from __future__ import annotations

from flask import render_template, request

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.kernel.errors import Missing
from service_portal.scoring.normalising import FEWEST
from service_portal.scoring.pages import blueprint
from service_portal.scoring.queries import results_of, run_of, scheme_of
from service_portal.web.guards import current_actor, requires


@blueprint.get("/admin/schemes/runs/<int:run_id>")
@requires(Permission.SCHEME_EDIT)
def show_run(run_id: int) -> str:
    """Show how far a run is, and its result once it is over; the part that changes alone when the
    page asks again by itself.
    """
    found = run_of(run_id)
    if found is None:
        raise Missing()
    run, version, row = found
    scheme = scheme_of(version)
    return render_template(
        "scoring/run_parts.html" if request.headers.get("X-Fragment") else "scoring/run.html",
        run=run,
        version=version,
        row=row,
        scheme=scheme,
        results=results_of(version, run.year) if run.ended_at else {},
        fewest=FEWEST,
        may_rank=bool(scheme.boards) and may(current_actor(), Permission.SCORE_BOARDS),
    )
