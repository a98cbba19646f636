"""The enterprise's home, what happens next with a request, and the station's desk."""

from __future__ import annotations

from flask import render_template, request

from service_portal.access.permissions import Permission
from service_portal.catalogue import queries as catalogue
from service_portal.catalogue.queries import definition
from service_portal.filing import queries
from service_portal.filing.pages import blueprint
from service_portal.kernel.clock import now
from service_portal.sla.queries import calendar_for
from service_portal.tickets.clock_queries import clocks_of
from service_portal.tickets.queries import see_ticket
from service_portal.tickets.rules import Status
from service_portal.web.guards import current_actor, requires
from service_portal.web.paging import cut, decode

PAGE, OPEN_PAGE, ENTERPRISES = 20, 200, 20


@blueprint.get("/home")
@requires(Permission.TICKET_FILE)
def home() -> str:
    """Show what waits for the enterprise, what is in progress with whom, and what is done."""
    actor = current_actor()
    cursor = request.args.get("after")
    open_cursor = request.args.get("open")
    found = queries.open_tickets(actor, cursor=decode(open_cursor, int), size=OPEN_PAGE)
    opened = cut(found, OPEN_PAGE, lambda row: [row.id], open_cursor)
    rows = opened.rows
    done = cut(
        queries.done_tickets(actor, cursor=decode(cursor, int), size=PAGE),
        PAGE,
        lambda row: [row.id],
        cursor,
    )
    name = "filing/home_lists.html" if request.headers.get("X-Fragment") else "filing/home.html"
    return render_template(
        name,
        opened=opened,
        waiting=[row for row in rows if queries.waits_for_enterprise(row)],
        done=done,
        running=[row for row in rows if not queries.waits_for_enterprise(row)],
        drafts=queries.drafts_of(actor),
        services=catalogue.services(),
        categories=catalogue.categories(),
        calendar=calendar_for()[1],
        Status=Status,
        at=now(),
    )


@blueprint.get("/tickets/<int:ticket_id>/filed")
@requires(Permission.TICKET_FILE)
def filed(ticket_id: int) -> str:
    """Confirm a filed request: its reference, the promised dates and what happens next."""
    seen = see_ticket(ticket_id, actor=current_actor())
    clocks = {one.kind: one for one in clocks_of(ticket_id)[::-1]}
    return render_template(
        "filing/filed.html",
        ticket=seen.ticket,
        definition=definition(seen.ticket.service_version_id),
        clocks=clocks,
        calendar=calendar_for()[1],
        at=now(),
    )


@blueprint.get("/on-behalf")
@requires(Permission.TICKET_FILE_ON_BEHALF)
def on_behalf() -> str:
    """Find the enterprise, then the service, at the station's desk."""
    text = request.args.get("q", "").strip()[:100]
    chosen = request.args.get("enterprise_id", type=int)
    return render_template(
        "filing/on_behalf.html",
        q=text,
        found=queries.find_enterprises(text, size=ENTERPRISES) if text else [],
        most=ENTERPRISES,
        service_code=request.args.get("service_code", ""),
        enterprise=queries.enterprise_facts(chosen) if chosen else None,
        services=catalogue.active_services(),
        lately=[] if text or chosen else queries.filed_lately(current_actor()),
    )
