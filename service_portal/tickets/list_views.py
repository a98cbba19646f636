"""The list of all tickets within the reader's reach."""

from __future__ import annotations

from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import render_template, request

from service_portal.access.actor import INSTITUTION_ROLES
from service_portal.access.permissions import Permission
from service_portal.access.policy import is_only_offered, may
from service_portal.catalogue import queries as catalogue
from service_portal.directory.queries import institutions, stations
from service_portal.kernel.clock import now
from service_portal.tickets.lists import IS_OPEN, found_among_all, newest
from service_portal.tickets.models import Ticket
from service_portal.tickets.rules import Status
from service_portal.tickets.views import blueprint
from service_portal.tickets.words import STATUS_WORDS
from service_portal.web.guards import current_actor, requires
from service_portal.web.paging import cut, decode
from service_portal.web.translations import Later
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l

PAGE = 50

STANDING: dict[str, tuple[Later, list[Any]]] = {
    "open": (_l("open"), []),
    "near": (_l("near due"), [Ticket.light == 1]),
    "late": (_l("late"), [Ticket.light == 2]),
    "stuck": (_l("nobody can take it"), [Ticket.waiting_reason.is_not(None)]),
}


@blueprint.get("/all-tickets")
@requires(Permission.COUNTS_READ)
def all_tickets() -> str:
    """List the tickets of the reader's reach, by status, station, institution (0: none), category
    and words.
    """
    actor, cursor = current_actor(), request.args.get("after")
    chosen = {
        name: request.args.get(name, "").strip()[:100]
        for name in ("status", "station", "institution", "category", "q", "now")
    }
    in_institution = actor.role in INSTITUTION_ROLES
    if in_institution:
        # Whoever is merely offered a case does not learn how the zone has it.
        chosen |= {"station": "", "institution": "", "now": ""}
    where = []
    if chosen["status"] in set(Status):
        where.append(Ticket.status == chosen["status"])
    for name, column in (
        ("station", Ticket.station_id),
        ("institution", sa.func.coalesce(Ticket.institution_id, 0)),
    ):
        if chosen[name].isascii() and chosen[name].isdigit() and int(chosen[name]) < 2**62:
            where.append(column == int(chosen[name]))
    if chosen["category"]:
        where.append(Ticket.category_code == chosen["category"])
    if chosen["now"] in STANDING:
        where += [sa.and_(IS_OPEN, *STANDING[chosen["now"]][1])]
    words_found = found_among_all(chosen["q"], now=now())
    if words_found is not None:
        where.append(words_found)
    rows = newest(actor, where, cursor=decode(cursor, int), size=PAGE)
    return render_template(
        "tickets/all_tickets.html",
        page=cut(rows, PAGE, lambda row: [row.id], cursor),
        chosen=chosen,
        statuses={status: STATUS_WORDS[status] for status in Status},
        stations=[] if in_institution else stations(),
        institutions=[] if in_institution else institutions(),
        standing={} if in_institution else {name: word for name, (word, _) in STANDING.items()},
        is_only_offered=partial(is_only_offered, actor),
        categories=catalogue.categories(),
        services=catalogue.services(),
        at=now(),
        args={k: v for k, v in chosen.items() if v},
        heading=_("Tickets"),
        may_peek=may(actor, Permission.TICKET_DECISIONS),
    )
