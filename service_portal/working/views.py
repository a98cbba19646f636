"""The member's desk: the queue sorted by risk; the acts on a case stand in `moves`."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.catalogue import queries as catalogue
from service_portal.directory.models import Member
from service_portal.kernel.clock import now
from service_portal.kernel.db import constants, db
from service_portal.kernel.errors import Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.choices import HOLDS
from service_portal.tickets.lists import by_risk, count_up_to, found_by
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.routes import add_acts, read_form
from service_portal.tickets.predicates import WAITS_FOR_ENTERPRISE
from service_portal.tickets.queries import see_ticket
from service_portal.tickets.rules import HANDLED, Status
from service_portal.web.guards import current_actor, requires
from service_portal.web.paging import cut, decode
from service_portal.web.translations import gettext as _
from service_portal.working.moves import ACTS
from service_portal.working.moves.merge import MERGE
from service_portal.working.queries import twins_of
from service_portal.working.rows import queue_rows

blueprint = Blueprint("working", __name__)
add_acts(blueprint, ACTS)

PAGE = 50
VIEWS = ("mine", "station", "unowned", "hold", "enterprise")


@blueprint.app_template_global("pause_reason")
def _pause_reason(code: str) -> str:
    return str(HOLDS[code]).lower() if code in HOLDS else _("sent back for what is missing")


# Put together once: doing it again for every page would cost more than asking it. Words stand for
# statuses where an index of few rows is meant, which no parameter would find.
_STATION, _OWNER = (
    Ticket.station_id == sa.bindparam("station"),
    Ticket.owner_id == sa.bindparam("member"),
)
_WHERE: dict[str, list[sa.ColumnElement[bool]]] = {
    "mine": [_OWNER, Ticket.status.in_(constants(sorted(HANDLED - {Status.ON_HOLD})))],
    "owned": [_OWNER],
    "station": [_STATION, Ticket.status.in_(constants(sorted(HANDLED)))],
    "unowned": [_STATION, Ticket.owner_id.is_(None)],
    "hold": [_STATION, sa.literal_column(f"status = '{Status.ON_HOLD}'", sa.Boolean)],
    "enterprise": [_STATION, sa.literal_column(str(WAITS_FOR_ENTERPRISE), sa.Boolean)],
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
        rows=queue_rows(page.rows, now()),
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


@blueprint.route("/tickets/<int:ticket_id>/merge", methods=["GET", "POST"])
@requires(Permission.TICKET_ACCEPT)
def merge(ticket_id: int) -> str | Response | tuple[str, int]:
    """Show what a duplicate can be merged into, and merge it."""
    actor = current_actor()
    ticket = see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ACCEPT).ticket
    wrong = None
    if request.method == "POST":
        try:
            into = read_form(MERGE)["into"].data
            with unit_of_work():
                ticket = MERGE.service(actor=actor, ticket_id=ticket_id, into=into, now=now())
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
