"""Which tickets go together, over the API."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.api import shapes
from service_portal.api.addresses import of_ticket
from service_portal.api.answers import answer
from service_portal.api.blueprint import v1
from service_portal.api.bodies import body_of
from service_portal.api.fields import Flag
from service_portal.api.tickets import related_to
from service_portal.kernel.clock import now
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.queries import Seen
from service_portal.web.guards import requires
from service_portal.working.moves.link import LINK
from service_portal.working.moves.unlink import UNLINK

LINKED = body_of(
    LINK,
    "Link",
    linked=Flag(load_default=True, metadata={"description": "`false` takes the link away"}),
)


@v1.post("/tickets/<reference>/links", tags=["tickets"])
@v1.response(200, shapes.Links)
@requires(Permission.TICKET_LINK)
@of_ticket
@v1.arguments(LINKED)
def link(seen: Seen, said: dict[str, Any]) -> Response:
    """Link a ticket with another one that the token may see, or take their link away.

    Each shows the other to whoever may see both.
    """
    act = LINK if said["linked"] else UNLINK
    with unit_of_work():
        ticket = act.service(
            actor=seen.actor, ticket_id=seen.ticket.id, other=said["other"], now=now()
        )
    return answer({"reference": ticket.reference, "related": related_to(ticket, seen.actor)})
