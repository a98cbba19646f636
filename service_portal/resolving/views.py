"""The acts that end a case: answer, confirm, rate, redo, reopen."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.kernel.clock import now
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.resolving import services
from service_portal.tickets import acts
from service_portal.tickets.delivery_rules import CHANNELS
from service_portal.tickets.queries import see_ticket
from service_portal.tickets.rules import VERDICT_WORDS, Verdict
from service_portal.web.formatting import language
from service_portal.web.guards import current_actor, requires
from service_portal.web.reading import takes_files

blueprint = Blueprint("resolving", __name__)


def _back(ticket_id: int, said: str) -> Response:
    flash(said, "success")
    return redirect(url_for("tickets.show_ticket", ticket_id=ticket_id))


@blueprint.post("/tickets/<int:ticket_id>/answer")
@requires(Permission.TICKET_ANSWER)
@takes_files
def answer(ticket_id: int) -> Response:
    """Give the result with its evidence."""
    actor, at = current_actor(), now()
    said: dict[str, Any] = {
        "body": acts.text("body"),
        "outcome": request.form.get("outcome", ""),
        "minutes": acts.number("minutes", 0, 1440, 0),
        "evidence_note": acts.text("evidence_note", acts.REASON_LENGTH),
        "channel": (
            acts.choice("channel", CHANNELS, _("Choose how you were in contact."))
            if "channel" in request.form
            else "message"
        ),
    }
    seen = see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ANSWER)
    with acts.sent_files() as kept, unit_of_work():
        files = acts.attach_all(kept, seen.ticket, actor=actor, purpose="evidence", now=at)
        services.answer_ticket(actor=actor, ticket_id=ticket_id, evidence_ids=files, now=at, **said)
    return _back(ticket_id, _("Answered. The enterprise is asked to confirm and rate."))


def _said() -> dict[str, Any]:
    """Read what the enterprise says of a result: its verdict, and a level and a comment if it
    likes.
    """
    return {
        "verdict": acts.choice("verdict", VERDICT_WORDS, _("Say whether it is solved.")),
        "level": acts.number("level", 1, 5, 0) or None,
        "comment": acts.text("comment"),
    }


@blueprint.app_template_global()
def verdict_name(verdict: str) -> str:
    """Name a verdict in the reader's language."""
    return VERDICT_WORDS[Verdict(verdict)].pick(language())


@blueprint.post("/tickets/<int:ticket_id>/confirm")
@requires(Permission.TICKET_CONFIRM)
def confirm(ticket_id: int) -> Response:
    """Close an answered request with the enterprise's verdict."""
    said = _said()
    with unit_of_work():
        services.confirm_ticket(actor=current_actor(), ticket_id=ticket_id, now=now(), **said)
    return _back(ticket_id, _thanks(said["verdict"]))


@blueprint.post("/tickets/<int:ticket_id>/rate")
@requires(Permission.TICKET_RATE)
def rate(ticket_id: int) -> Response:
    """Say of a closed request what one thinks of it, or something else than before."""
    said = _said()
    with unit_of_work():
        services.rate_ticket(actor=current_actor(), ticket_id=ticket_id, now=now(), **said)
    return _back(ticket_id, _("Thank you. What you say of the result is kept."))


def _thanks(verdict: str) -> str:
    if verdict == Verdict.NOT_SOLVED:
        return _(
            "Closed as not solved; no case is counted. You can open it again within %(n)d days.",
            n=current_app.config["REOPEN_WINDOW_DAYS"],
        )
    return _("Thank you. The request is closed.")


@blueprint.post("/tickets/<int:ticket_id>/redo")
@requires(Permission.TICKET_CONFIRM)
def redo(ticket_id: int) -> Response:
    """Ask for the work to be done again."""
    with unit_of_work():
        services.ask_redo(
            actor=current_actor(), ticket_id=ticket_id, reason=acts.text("reason"), now=now()
        )
    return _back(ticket_id, _("We look at it again, with a new promised date."))


@blueprint.post("/tickets/<int:ticket_id>/reopen")
@requires(Permission.TICKET_REOPEN)
def reopen(ticket_id: int) -> Response:
    """Open a closed request again."""
    with unit_of_work():
        services.reopen_ticket(
            actor=current_actor(),
            ticket_id=ticket_id,
            reason=acts.text("reason"),
            window_days=current_app.config["REOPEN_WINDOW_DAYS"],
            now=now(),
        )
    return _back(ticket_id, _("Opened again."))
