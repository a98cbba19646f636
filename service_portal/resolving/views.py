"""The acts that end a case: answer, confirm, rate, redo, reopen."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.catalogue.forms import LONG_LENGTH, plain
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.resolving import services
from service_portal.tickets.attachments import attach, store
from service_portal.tickets.delivery_rules import CHANNELS
from service_portal.tickets.queries import see_ticket
from service_portal.web.guards import current_actor, requires

blueprint = Blueprint("resolving", __name__)


def _text(name: str) -> str:
    return plain(request.form.get(name))[:LONG_LENGTH]


def _back(ticket_id: int, said: str) -> Response:
    flash(said, "success")
    return redirect(url_for("tickets.show_ticket", ticket_id=ticket_id))


@blueprint.post("/tickets/<int:ticket_id>/answer")
@requires(Permission.TICKET_ANSWER)
def answer(ticket_id: int) -> Response:
    """Give the result with its evidence."""
    actor, ids = current_actor(), []
    minutes, channel = request.form.get("minutes", 0, type=int), request.form.get("channel", "message")
    if channel not in CHANNELS or not 0 <= minutes <= 1440:
        raise Refused(_("Minutes go from 0 to 1440, people from 1 to 5000."))
    for upload in request.files.getlist("files"):
        if upload.filename:
            seen = see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ANSWER)
            stored = store(upload, folder=Path(current_app.config["PORTAL_HOME"]), most_bytes=current_app.config["MAX_UPLOAD_MB"] * 1_048_576)
            with unit_of_work():
                ids.append(attach(stored, actor=actor, enterprise_id=seen.ticket.enterprise_id, purpose="evidence", now=now(), ticket_id=ticket_id).id)
    with unit_of_work():
        services.answer_ticket(
            actor=actor, ticket_id=ticket_id, body=_text("body"), outcome=_text("outcome"), channel=channel, minutes=minutes,
            evidence_note=_text("evidence_note"), evidence_ids=ids, now=now(),
        )  # fmt: skip
    return _back(ticket_id, _("Answered. The enterprise is asked to confirm and rate."))


def _level() -> int | None:
    return request.form.get("level", type=int)


@blueprint.post("/tickets/<int:ticket_id>/confirm")
@requires(Permission.TICKET_CONFIRM)
def confirm(ticket_id: int) -> Response:
    """Confirm the result and rate it."""
    with unit_of_work():
        services.confirm_ticket(actor=current_actor(), ticket_id=ticket_id, level=_level(), solved=request.form.get("solved") == "1", comment=_text("comment"), now=now())
    return _back(ticket_id, _("Thank you. The request is closed."))


@blueprint.post("/tickets/<int:ticket_id>/rate")
@requires(Permission.TICKET_RATE)
def rate(ticket_id: int) -> Response:
    """Rate a closed request."""
    with unit_of_work():
        services.rate_ticket(actor=current_actor(), ticket_id=ticket_id, level=_level() or 0, solved=request.form.get("solved") == "1", comment=_text("comment"), now=now())
    return _back(ticket_id, _("Thank you for the rating."))


@blueprint.post("/tickets/<int:ticket_id>/redo")
@requires(Permission.TICKET_CONFIRM)
def redo(ticket_id: int) -> Response:
    """Ask for the work to be done again."""
    with unit_of_work():
        services.ask_redo(actor=current_actor(), ticket_id=ticket_id, reason=_text("reason"), now=now())
    return _back(ticket_id, _("We look at it again, with a new promised date."))


@blueprint.post("/tickets/<int:ticket_id>/reopen")
@requires(Permission.TICKET_REOPEN)
def reopen(ticket_id: int) -> Response:
    """Open a closed request again."""
    with unit_of_work():
        services.reopen_ticket(
            actor=current_actor(), ticket_id=ticket_id, reason=_text("reason"), window_days=current_app.config["REOPEN_WINDOW_DAYS"], now=now()
        )
    return _back(ticket_id, _("Opened again."))
