"""Disputing an indicator of one's points, and deciding such a dispute."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.facts.kinds import KINDS
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.scoring import disputing
from service_portal.scoring.codes import DisputeState
from service_portal.scoring.pages import blueprint
from service_portal.tickets.queries import see_ticket
from service_portal.web.guards import current_actor, requires


@blueprint.route("/points/scores/<int:score_id>/<indicator_code>/dispute", methods=["GET", "POST"])
@requires(Permission.SCORE_DISPUTE)
def dispute(score_id: int, indicator_code: str) -> str | Response | tuple[str, int]:
    """Say what is wrong with an indicator; it becomes a request with the indicator attached."""
    actor = current_actor()
    score, _version, scheme, line = disputing.own_line(
        score_id, indicator_code, actor.enterprise_id
    )
    wrong = ""
    if request.method == "POST":
        try:
            with unit_of_work():
                ticket_id = disputing.file_dispute(
                    actor=actor,
                    score_id=score_id,
                    indicator_code=indicator_code,
                    words=request.form.get("words", ""),
                    now=now(),
                )
            flash(_("Sent. You see here who looks into it and until when."), "success")
            return redirect(url_for("tickets.show_ticket", ticket_id=ticket_id))
        except Conflict:
            raise
        except Refused as refusal:
            wrong = str(refusal.message)
    page = render_template(
        "scoring/dispute.html", score=score, scheme=scheme, line=line, wrong=wrong
    )
    return (page, 422) if wrong else page


@blueprint.route("/tickets/<int:ticket_id>/disputed-points", methods=["GET", "POST"])
@requires(Permission.TICKET_WORK)
def decide_dispute(ticket_id: int) -> str | Response | tuple[str, int]:
    """Decide a dispute: correct a figure, or say why the indicator stays as it is."""
    actor = current_actor()
    seen = see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_WORK)
    if actor.station_id is None:
        raise Missing()
    found = disputing.dispute_of_ticket(ticket_id)
    wrong = ""
    if request.method == "POST":
        try:
            with unit_of_work():
                status = disputing.decide_dispute(
                    actor=actor,
                    ticket_id=ticket_id,
                    code=request.form.get("code", ""),
                    text=request.form.get("value", ""),
                    note=request.form.get("note", ""),
                    now=now(),
                )
            flash(
                _("Corrected; the points are computed anew within seconds. Now answer the request.")
                if status is DisputeState.UPHELD
                else _("Kept as it is, with your reason. Now answer the request."),
                "success",
            )
            return redirect(url_for("tickets.show_ticket", ticket_id=ticket_id))
        except (Conflict, Missing):
            raise
        except Refused as refusal:
            wrong = str(refusal.message)
    score, _version, scheme, line = disputing.own_line(
        found.score_id, found.indicator_code, found.enterprise_id
    )
    page = render_template(
        "scoring/decide_dispute.html",
        ticket=seen.ticket,
        dispute=found,
        score=score,
        scheme=scheme,
        line=line,
        kinds=[KINDS[code] for code in line.codes if code in KINDS],
        wrong=wrong,
    )
    return (page, 422) if wrong else page
