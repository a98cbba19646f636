"""The member's desk: the queue sorted by risk, and the acts on a case."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.catalogue import queries as catalogue
from service_portal.catalogue.forms import LONG_LENGTH, plain
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.errors import Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.attachments import attach, store
from service_portal.tickets.delivery_rules import CHANNELS
from service_portal.tickets.lists import by_risk, count_up_to, found_by
from service_portal.tickets.models import Ticket
from service_portal.tickets.queries import see_ticket
from service_portal.tickets.rules import HANDLED, Status
from service_portal.web.guards import current_actor, requires
from service_portal.web.paging import cut, decode
from service_portal.working import services
from service_portal.working.services import HOLDS, REFUSALS

blueprint = Blueprint("working", __name__)

PAGE = 50
VIEWS = ("mine", "station", "unowned", "hold", "enterprise")


@blueprint.app_context_processor
def choices() -> dict[str, Any]:
    """Give the ticket page the reasons to choose from."""
    return {"refusal_words": REFUSALS, "hold_words": HOLDS, "local_now": lambda: now().astimezone(zone_time()).strftime("%Y-%m-%dT%H:%M")}


def _view(name: str, actor: Actor) -> list[sa.ColumnElement[bool]]:
    station = Ticket.station_id == actor.station_id
    return {
        "mine": [Ticket.owner_id == (actor.member_id or 0), Ticket.status.in_(HANDLED - {Status.ON_HOLD})],
        "station": [station, Ticket.status.in_(HANDLED)],
        "unowned": [station, Ticket.owner_id.is_(None)],
        "hold": [station, Ticket.status == Status.ON_HOLD],
        "enterprise": [station, Ticket.status.in_([Status.RETURNED, Status.ANSWERED])],
    }[name]


@blueprint.get("/queue")
@requires(Permission.TICKET_QUEUE)
def queue() -> str:
    """Show one list sorted by risk, with saved views as tabs; the fragment alone when the page keeps itself up to date."""
    return _queue(request.args.get("view", "mine" if current_actor().member_id else "station"))


@blueprint.get("/my-cases")
@requires(Permission.TICKET_QUEUE)
def my_cases() -> str:
    """Show the cases the member owns."""
    return _queue("mine")


def _queue(view: str) -> str:
    actor, cursor = current_actor(), request.args.get("after")
    view = view if view in VIEWS else "station"
    text = request.args.get("q", "").strip()[:100]
    where = _view("station" if text and view == "mine" else view, actor)
    words = found_by(text)
    if words is not None:
        where = [*where, words]
    page = cut(by_risk(where, cursor=decode(cursor, datetime, int), size=PAGE), PAGE, lambda row: [row.next_due_at, row.id], cursor)
    fragment = request.headers.get("X-Fragment")
    counts = {} if fragment else {name: count_up_to(_view(name, actor)) for name in VIEWS}
    return render_template(
        "working/queue_rows.html" if fragment else "working/queue.html", page=page, view=view, q=text, counts=counts, services=catalogue.services(), at=now(),
        args={key: value for key, value in (("view", view), ("q", text)) if value},
    )  # fmt: skip


def _back(ticket_id: int, said: str = "") -> Response:
    if said:
        flash(said, "success")
    return redirect(url_for("tickets.show_ticket", ticket_id=ticket_id))


def _text(name: str) -> str:
    return plain(request.form.get(name))[:LONG_LENGTH]


def take_ticket_files(ticket_id: int, *, permission: Permission, purpose: str) -> list[int]:
    """Store the files sent with an act on a ticket and give their ids."""
    actor, ids = current_actor(), []
    for upload in request.files.getlist("files"):
        if not upload.filename:
            continue
        seen = see_ticket(ticket_id, actor=actor, permission=permission)
        stored = store(upload, folder=Path(current_app.config["PORTAL_HOME"]), most_bytes=current_app.config["MAX_UPLOAD_MB"] * 1_048_576)
        with unit_of_work():
            ids.append(attach(stored, actor=actor, enterprise_id=seen.ticket.enterprise_id, purpose=purpose, now=now(), ticket_id=ticket_id).id)
    return ids


@blueprint.post("/tickets/<int:ticket_id>/accept")
@requires(Permission.TICKET_ACCEPT)
def accept(ticket_id: int) -> Response:
    """Accept a request."""
    with unit_of_work():
        ticket = services.accept_ticket(actor=current_actor(), ticket_id=ticket_id, now=now())
    return _back(ticket_id, _("Accepted. Call %(name)s: %(phone)s", name=ticket.contact_name, phone=ticket.contact_phone))


@blueprint.post("/tickets/<int:ticket_id>/refuse")
@requires(Permission.TICKET_ACCEPT)
def refuse(ticket_id: int) -> Response:
    """Not accept a request."""
    with unit_of_work():
        services.refuse_ticket(actor=current_actor(), ticket_id=ticket_id, reason_code=_text("reason_code"), words=_text("words"), now=now())
    return _back(ticket_id, _("Not accepted; the enterprise is told why."))


@blueprint.post("/tickets/<int:ticket_id>/return")
@requires(Permission.TICKET_ACCEPT)
def return_ticket(ticket_id: int) -> Response:
    """Send a request back for what is missing."""
    with unit_of_work():
        services.return_ticket(actor=current_actor(), ticket_id=ticket_id, words=_text("words"), now=now())
    return _back(ticket_id, _("The enterprise is asked for what is missing."))


@blueprint.post("/tickets/<int:ticket_id>/start")
@requires(Permission.TICKET_WORK)
def start(ticket_id: int) -> Response:
    """Begin work in the station."""
    with unit_of_work():
        services.start_work(actor=current_actor(), ticket_id=ticket_id, now=now())
    return _back(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/contact")
@requires(Permission.TICKET_DELIVER)
def contact(ticket_id: int) -> Response:
    """Record a contact with the enterprise."""
    try:
        began = datetime.strptime(request.form.get("started_at", ""), "%Y-%m-%dT%H:%M").replace(tzinfo=zone_time())
    except ValueError:
        began = now()
    channel = request.form.get("channel", "")
    minutes, attendees = request.form.get("minutes", 0, type=int), request.form.get("attendees", 1, type=int)
    if channel not in CHANNELS:
        raise Refused(_("Choose how you were in contact."))
    if not 0 <= minutes <= 1440 or not 1 <= attendees <= 5000:
        raise Refused(_("Minutes go from 0 to 1440, people from 1 to 5000."))
    if not _text("summary"):
        raise Refused(_("Say what was said or done."))
    files = take_ticket_files(ticket_id, permission=Permission.TICKET_DELIVER, purpose="evidence")
    with unit_of_work():
        services.record_contact(
            actor=current_actor(), ticket_id=ticket_id, channel=channel, started_at=min(began, now()), minutes=minutes, summary=_text("summary"),
            evidence_note=_text("evidence_note"), attendees=attendees, evidence_ids=files, now=now(),
        )  # fmt: skip
    return _back(ticket_id, _("The contact is recorded."))


@blueprint.post("/tickets/<int:ticket_id>/messages")
@requires(Permission.TICKET_MESSAGE)
def post_message(ticket_id: int) -> Response:
    """Write to the other side."""
    files = take_ticket_files(ticket_id, permission=Permission.TICKET_MESSAGE, purpose="message")
    body = _text("body") or (_("See the attached files.") if files else "")
    with unit_of_work():
        services.post_message(actor=current_actor(), ticket_id=ticket_id, body=body, now=now(), attachment_ids=files)
    return _back(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/notes")
@requires(Permission.TICKET_NOTE)
def add_note(ticket_id: int) -> Response:
    """Keep an internal note."""
    with unit_of_work():
        services.add_note(actor=current_actor(), ticket_id=ticket_id, body=_text("body"), now=now())
    return _back(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/hold")
@requires(Permission.TICKET_WORK)
def hold(ticket_id: int) -> Response:
    """Pause the work."""
    with unit_of_work():
        services.hold_ticket(actor=current_actor(), ticket_id=ticket_id, reason_code=_text("reason_code"), words=_text("words"), now=now())
    return _back(ticket_id, _("On hold; the clocks stand still."))


@blueprint.post("/tickets/<int:ticket_id>/resume")
@requires(Permission.TICKET_WORK)
def resume(ticket_id: int) -> Response:
    """Go on."""
    with unit_of_work():
        services.resume_ticket(actor=current_actor(), ticket_id=ticket_id, now=now())
    return _back(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/hand-over")
@requires(Permission.TICKET_WORK)
def hand_over(ticket_id: int) -> Response:
    """Pass a case to another station."""
    with unit_of_work():
        services.hand_over_to_station(
            actor=current_actor(), ticket_id=ticket_id, station_id=request.form.get("station_id", 0, type=int), reason=_text("reason"), now=now()
        )
    flash(_("Handed over; the next station finds it an owner."), "success")
    return redirect(url_for("working.queue"))
