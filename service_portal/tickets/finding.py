"""One field finds everything: a ticket by its number, else what the reader's own list or the
catalogue holds of the words.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from service_portal.access.actor import ENTERPRISE_ROLES, Actor
from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.kernel.clock import now
from service_portal.tickets.lists import numbered, references_of
from service_portal.web.guards import current_actor, requires
from service_portal.web.navigation import home_endpoint
from service_portal.web.translations import gettext as _

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
    if not found and references_of(text, now=now()):
        flash(_no_such(actor), "info")
        if not may(actor, Permission.TICKET_QUEUE) and not may(actor, Permission.COUNTS_READ):
            return redirect(url_for("accounts.front"))
    if may(actor, Permission.TICKET_QUEUE):
        return redirect(url_for(home_endpoint(actor), view="station", q=text))
    if may(actor, Permission.COUNTS_READ):
        return redirect(url_for("tickets.all_tickets", q=text))
    return redirect(url_for("catalogue.browse", q=text))


def _no_such(actor: Actor) -> str:
    """Say the same of a foreign number and of one that was never given."""
    if actor.role in ENTERPRISE_ROLES:
        return _(
            "There is no request of that number that you can open. Check the number,"
            " or look for it in your list below."
        )
    return _(
        "There is no ticket of that number that you can open. Check the number,"
        " or look for words of the request."
    )
