"""The member's desk: the queue sorted by risk, and the acts on a case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.catalogue import queries as catalogue
from service_portal.directory.models import Member
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets import acts
from service_portal.tickets.choices import HOLDS, REFUSALS
from service_portal.tickets.delivery_rules import CHANNELS
from service_portal.tickets.lists import by_risk, count_up_to, found_by
from service_portal.tickets.models import Ticket
from service_portal.tickets.queries import see_ticket
from service_portal.tickets.rules import HANDLED, Status
from service_portal.web.formatting import language
from service_portal.web.guards import current_actor, requires
from service_portal.web.paging import cut, decode
from service_portal.web.reading import takes_files
from service_portal.working import services
from service_portal.working.queries import twins_of
from service_portal.working.rows import shown

blueprint = Blueprint("working", __name__)

PAGE = 50
VIEWS = ("mine", "station", "unowned", "hold", "enterprise")


@blueprint.app_context_processor
def choices() -> dict[str, Any]:
    """Give the ticket page the reasons to choose from."""
    return {
        "refusal_words": REFUSALS,
        "hold_words": HOLDS,
        "pause_reason": _pause_reason,
        "local_now": lambda: now().astimezone(zone_time()).strftime("%Y-%m-%dT%H:%M"),
    }


def _pause_reason(code: str) -> str:
    return (
        HOLDS[code].pick(language()).lower()
        if code in HOLDS
        else _("sent back for what is missing")
    )


# Put together once: doing it again for every page would cost more than asking it. Words stand for
# statuses where an index of few rows is meant, which no parameter would find.
_STATION, _OWNER = (
    Ticket.station_id == sa.bindparam("station"),
    Ticket.owner_id == sa.bindparam("member"),
)
_WHERE: dict[str, list[sa.ColumnElement[bool]]] = {
    "mine": [_OWNER, Ticket.status.in_(HANDLED - {Status.ON_HOLD})],
    "owned": [_OWNER],
    "station": [_STATION, Ticket.status.in_(HANDLED)],
    "unowned": [_STATION, Ticket.owner_id.is_(None)],
    "hold": [_STATION, sa.literal_column(f"status = '{Status.ON_HOLD}'", sa.Boolean)],
    "enterprise": [
        _STATION,
        sa.literal_column(f"status IN ('{Status.RETURNED}', '{Status.ANSWERED}')", sa.Boolean),
    ],
}
_COUNTS = count_up_to({name: _WHERE[name] for name in VIEWS})
_FIRST = {name: by_risk(where, size=PAGE) for name, where in _WHERE.items()}


@blueprint.get("/queue")
@requires(Permission.TICKET_QUEUE)
def queue() -> str:
    """Show one list sorted by risk, with saved views as tabs; the fragment alone when the page
    keeps itself up to date.
    """
    return _queue(request.args.get("view", "mine" if current_actor().member_id else "station"))


@blueprint.get("/my-cases")
@requires(Permission.TICKET_QUEUE)
def my_cases() -> str:
    """Show every open case the member owns, those on hold and those that wait for the enterprise
    included.
    """
    return _queue("owned", endpoint="working.my_cases")


def _queue(view: str, *, endpoint: str = "working.queue") -> str:
    actor, cursor = current_actor(), request.args.get("after")
    only_mine = endpoint == "working.my_cases"
    view = view if only_mine or view in VIEWS else "station"
    text = request.args.get("q", "").strip()[:100]
    mine = {"station": actor.station_id, "member": actor.member_id or 0}
    member = _member_of(actor) if view == "station" else None
    more = [
        condition
        for condition in (
            found_by(text, now=now()),
            None if member is None else Ticket.owner_id == member.id,
        )
        if condition is not None
    ]
    if more or cursor:
        asked = "station" if text and view == "mine" and not only_mine else view
        listed = by_risk(
            [*_WHERE[asked], *more], size=PAGE, cursor=decode(cursor, datetime | None, int)
        )
    else:
        listed = _FIRST[view]
    page = cut(
        db.session.execute(listed, mine).all(), PAGE, lambda row: [row.next_due_at, row.id], cursor
    )
    fragment = request.headers.get("X-Fragment")
    counts = (
        {} if fragment or only_mine else dict(db.session.execute(_COUNTS, mine).mappings().one())
    )
    return render_template(
        "working/queue_rows.html" if fragment else "working/queue.html",
        page=page,
        rows=shown(page.rows, now()),
        view=view,
        q=text,
        counts=counts,
        endpoint=endpoint,
        only_mine=only_mine,
        member=member,
        args=(
            {}
            if only_mine
            else {
                key: value
                for key, value in (("view", view), ("q", text), ("member", member and member.id))
                if value
            }
        ),
    )


def _member_of(actor: Actor) -> Member | None:
    """Give the member of the actor's station whose cases are asked for."""
    wanted = request.args.get("member", type=int)
    if wanted is None or not 0 < wanted < 2**62:
        return None
    member = db.session.get(Member, wanted)
    return member if member is not None and member.station_id == actor.station_id else None


def _back(ticket_id: int, said: str = "") -> Response:
    if said:
        flash(said, "success")
    return redirect(url_for("tickets.show_ticket", ticket_id=ticket_id))


def _said(ticket_id: int, done: str) -> Response:
    """Go back to the end of the conversation, where it says that the words are there."""
    flash(done, "said")
    return redirect(url_for("tickets.show_ticket", ticket_id=ticket_id, _anchor="said"))


@blueprint.post("/tickets/<int:ticket_id>/accept")
@requires(Permission.TICKET_ACCEPT)
def accept(ticket_id: int) -> Response:
    """Accept a request."""
    with unit_of_work():
        ticket = services.accept_ticket(actor=current_actor(), ticket_id=ticket_id, now=now())
    return _back(
        ticket_id,
        _(
            "Accepted. Call %(name)s: %(phone)s",
            name=ticket.contact_name,
            phone=ticket.contact_phone,
        ),
    )


@blueprint.post("/tickets/<int:ticket_id>/refuse")
@requires(Permission.TICKET_ACCEPT)
def refuse(ticket_id: int) -> Response:
    """Not accept a request."""
    with unit_of_work():
        services.refuse_ticket(
            actor=current_actor(),
            ticket_id=ticket_id,
            reason_code=request.form.get("reason_code", ""),
            words=acts.text("words"),
            now=now(),
        )
    return _back(ticket_id, _("Not accepted; the enterprise is told why."))


@blueprint.post("/tickets/<int:ticket_id>/return")
@requires(Permission.TICKET_ACCEPT)
def return_ticket(ticket_id: int) -> Response:
    """Send a request back for what is missing."""
    with unit_of_work():
        services.return_ticket(
            actor=current_actor(), ticket_id=ticket_id, words=acts.text("words"), now=now()
        )
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
@takes_files
def contact(ticket_id: int) -> Response:
    """Record a contact with the enterprise."""
    actor, at = current_actor(), now()
    said: dict[str, Any] = {
        "channel": acts.choice("channel", CHANNELS, _("Choose how you were in contact.")),
        "started_at": acts.moment("started_at", at),
        "minutes": acts.number("minutes", 0, 1440, 0),
        "attendees": acts.number("attendees", 1, 5000, 1),
        "summary": acts.text("summary"),
        "evidence_note": acts.text("evidence_note", acts.REASON_LENGTH),
    }
    seen = see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_DELIVER)
    with acts.sent_files() as kept, unit_of_work():
        files = acts.attach_all(kept, seen.ticket, actor=actor, purpose="evidence", now=at)
        services.record_contact(
            actor=actor, ticket_id=ticket_id, evidence_ids=files, now=at, **said
        )
    return _back(ticket_id, _("The contact is recorded."))


@blueprint.post("/tickets/<int:ticket_id>/messages")
@requires(Permission.TICKET_MESSAGE)
@takes_files
def post_message(ticket_id: int) -> Response:
    """Write to the other side."""
    actor, at, body = current_actor(), now(), acts.text("body")
    seen = see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_MESSAGE)
    with acts.sent_files() as kept, unit_of_work():
        files = acts.attach_all(kept, seen.ticket, actor=actor, purpose="message", now=at)
        services.post_message(
            actor=actor,
            ticket_id=ticket_id,
            body=body or (_("See the attached files.") if files else ""),
            now=at,
            attachment_ids=files,
        )
    return _said(ticket_id, _("Sent."))


@blueprint.post("/tickets/<int:ticket_id>/notes")
@requires(Permission.TICKET_NOTE)
def add_note(ticket_id: int) -> Response:
    """Keep an internal note."""
    with unit_of_work():
        services.add_note(
            actor=current_actor(), ticket_id=ticket_id, body=acts.text("body"), now=now()
        )
    return _said(ticket_id, _("Kept; only staff read it."))


@blueprint.post("/tickets/<int:ticket_id>/hold")
@requires(Permission.TICKET_WORK)
def hold(ticket_id: int) -> Response:
    """Pause the work."""
    with unit_of_work():
        services.hold_ticket(
            actor=current_actor(),
            ticket_id=ticket_id,
            reason_code=request.form.get("reason_code", ""),
            words=acts.text("words"),
            now=now(),
        )
    return _back(ticket_id, _("On hold; the clocks stand still."))


@blueprint.post("/tickets/<int:ticket_id>/resume")
@requires(Permission.TICKET_WORK)
def resume(ticket_id: int) -> Response:
    """Go on."""
    with unit_of_work():
        services.resume_ticket(actor=current_actor(), ticket_id=ticket_id, now=now())
    return _back(ticket_id)


@blueprint.route("/tickets/<int:ticket_id>/merge", methods=["GET", "POST"])
@requires(Permission.TICKET_ACCEPT)
def merge(ticket_id: int) -> str | Response | tuple[str, int]:
    """Show what a duplicate can be merged into, and merge it."""
    actor = current_actor()
    ticket = see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ACCEPT).ticket
    wrong = None
    if request.method == "POST":
        try:
            with unit_of_work():
                ticket = services.merge_ticket(
                    actor=actor, ticket_id=ticket_id, into=acts.text("into", 60), now=now()
                )
            flash(_("%(reference)s is merged into this.", reference=ticket.reference), "success")
            return redirect(url_for("tickets.show_ticket", ticket_id=ticket.merged_into_id))
        except Refused as refused:
            if refused.field != "into":
                raise
            wrong = refused
    page = render_template(
        "working/merge.html",
        ticket=ticket,
        twins=twins_of(ticket, actor=actor),
        services=catalogue.services(),
        wrong=wrong,
    )
    return (page, wrong.status) if wrong else page
