"""One field finds everything: a ticket by its number, else what the reader's own list or the
catalogue holds of the words.
"""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.kernel.clock import now
from service_portal.tickets.lists import numbered
from service_portal.web.guards import current_actor, requires

blueprint = Blueprint("finding", __name__)


@blueprint.get("/find")
@requires(Permission.ACCOUNT_OWN)
def find() -> Response:
    """Open the ticket whose number was typed; anything else is searched for
    where the reader works.
    """
    actor, text = current_actor(), request.args.get("q", "").strip()[:100]
    found = numbered(actor, text, now=now()) if may(actor, Permission.TICKET_LIST) else []
    if len(found) == 1:
        return redirect(url_for("tickets.show_ticket", ticket_id=found[0]))
    if may(actor, Permission.TICKET_QUEUE):
        return redirect(url_for("working.queue", view="station", q=text))
    if may(actor, Permission.COUNTS_READ):
        return redirect(url_for("tickets.all_tickets", q=text))
    return redirect(url_for("catalogue.browse", q=text))
