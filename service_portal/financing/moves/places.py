"""Where the acts on an institution's answer lead, and in which statuses they are open."""

from __future__ import annotations

from flask import url_for

from service_portal.access.actor import INSTITUTION_ROLES
from service_portal.tickets.moves.declaration import PageOf
from service_portal.tickets.rules import OPEN, Status
from service_portal.web.guards import current_actor

AT_THE_BANK = frozenset({Status.IN_PROGRESS, Status.ON_HOLD})
WITH_ANSWERS = (OPEN - {Status.SUBMITTED, Status.RETURNED}) | {Status.CLOSED}


def to_offer(ticket_id: int) -> str:
    """Lead an institution back to its request, by the ticket, which knows its offer."""
    return url_for("tickets.show_ticket", ticket_id=ticket_id)


def to_desk(_ticket_id: int) -> str:
    """Lead an institution to its requests, after it has let one go."""
    return url_for("financing.desk")


def to_answers(ticket_id: int) -> str:
    """Lead the enterprise or the station to the answers."""
    return url_for("financing.compare", ticket_id=ticket_id)


def to_talk(ticket_id: int) -> str:
    """Lead whoever wrote back to the conversation."""
    if current_actor().role in INSTITUTION_ROLES:
        return to_offer(ticket_id)
    return to_answers(ticket_id)


def on_answers(ticket_id: int) -> PageOf | None:
    """Say that the enterprise and the station act on the page of the answers; an institution acts
    on its own request.
    """
    if current_actor().role in INSTITUTION_ROLES:
        return None
    return "financing.compare", {"ticket_id": ticket_id}
