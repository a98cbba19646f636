"""Where a ticket stands, in one sentence for each status and each side: what has ended never reads
as alive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service_portal.tickets.choices import OUTCOMES
from service_portal.tickets.codes import DeliveredBy, Party, WaitingReason
from service_portal.tickets.models import Ticket
from service_portal.tickets.rules import BEFORE_OFFER, MOST_BOUNCES, Status
from service_portal.tickets.words import VERDICT_WORDS
from service_portal.web.formatting import localized, when
from service_portal.web.translations import gettext as _

Say = Callable[[Ticket, Any], str]


def _who_has_it(ticket: Ticket, head: Any) -> str:
    station, owner = localized(head, "station"), localized(head, "owner")
    if head.institution_en:
        return _("%(who)s is working on it.", who=localized(head, "institution"))
    if owner:
        return _("%(who)s at %(station)s has your request.", who=owner, station=station)
    if station:
        return _("%(station)s has your request.", station=station)
    return _("Your request is on its way to a station.")


def _ended(ticket: Ticket) -> str:
    return when(ticket.closed_at)


FOR_ENTERPRISE: dict[Status, Say] = {
    Status.SUBMITTED: _who_has_it,
    Status.RETURNED: lambda *_of: _("It waits for you: complete it and send it again."),
    Status.NOT_ACCEPTED: lambda ticket, _head: _(
        "Not accepted (%(when)s); the reason stands below. Nobody works on it.", when=_ended(ticket)
    ),
    Status.ACCEPTED: _who_has_it,
    Status.DISPATCHED: _who_has_it,
    Status.IN_PROGRESS: _who_has_it,
    Status.ON_HOLD: lambda ticket, head: " ".join(
        [
            _who_has_it(ticket, head),
            _("It waits for you: answer below, and the work goes on.")
            if head.held_for == Party.ENTERPRISE
            else _("It is paused; the reason stands below."),
        ]
    ),
    Status.ANSWERED: lambda *_of: _("It is answered. Say below whether that solved it."),
    Status.CLOSED: lambda ticket, _head: _("Closed (%(when)s).", when=_ended(ticket)),
    Status.ARCHIVED: lambda ticket, _head: _(
        "Closed (%(when)s), and too long ago to be opened again.", when=_ended(ticket)
    ),
    Status.WITHDRAWN: lambda ticket, _head: _(
        "You withdrew it (%(when)s). Nobody works on it any more.", when=_ended(ticket)
    ),
    Status.MERGED: lambda ticket, _head: _(
        "It ended (%(when)s) and goes on in another request.", when=_ended(ticket)
    ),
}


def is_new_for_pool(ticket: Ticket) -> bool:
    """Say of one ticket what `IS_NEW_FOR_POOL` asks of many: the pool is asked next."""
    return (
        ticket.status == Status.ACCEPTED
        and ticket.delivered_by == DeliveredBy.POOL
        and ticket.bounces < MOST_BOUNCES
        and not ticket.by_hand
        and ticket.consent
        and ticket.waiting_reason != WaitingReason.NO_INSTITUTION
    )


def _who_goes_on(ticket: Ticket) -> str:
    if is_new_for_pool(ticket):
        return _("The pool is being asked now: you need do nothing until an institution answers.")
    if ticket.by_hand:
        return _("You choose who goes on: offer it to an institution, or start work.")
    return ""


FOR_STAFF: dict[Status, Say] = {
    **{status: lambda *_of: "" for status in Status},
    Status.RETURNED: lambda *_of: _("It waits for the enterprise to send what is missing."),
    Status.ACCEPTED: lambda ticket, _head: _who_goes_on(ticket),
    Status.ANSWERED: lambda *_of: _("It waits for the enterprise to confirm."),
    Status.NOT_ACCEPTED: lambda ticket, _head: _(
        "Ended (%(when)s): not accepted.", when=_ended(ticket)
    ),
    Status.CLOSED: FOR_ENTERPRISE[Status.CLOSED],
    Status.ARCHIVED: FOR_ENTERPRISE[Status.ARCHIVED],
    Status.WITHDRAWN: lambda ticket, _head: _(
        "Ended (%(when)s): the enterprise withdrew it.", when=_ended(ticket)
    ),
    Status.MERGED: lambda ticket, _head: _(
        "Ended (%(when)s): it goes on in another request.", when=_ended(ticket)
    ),
}


def standing(ticket: Ticket, head: Any, *, for_enterprise: bool) -> str:
    """Say where a ticket stands, and how it ended; empty where its badge says it all.

    What the enterprise says of the result outweighs what whoever answered said of it.
    """
    table = FOR_ENTERPRISE if for_enterprise else FOR_STAFF
    said = [table[Status(ticket.status)](ticket, head)]
    if head.rating_verdict and ticket.status in {Status.CLOSED, Status.ARCHIVED}:
        said.append(
            _("The enterprise says: %(verdict)s.", verdict=VERDICT_WORDS[head.rating_verdict])
        )
    elif ticket.close_outcome in OUTCOMES:
        said.append(_("How it ended: %(outcome)s.", outcome=OUTCOMES[ticket.close_outcome]))
    return " ".join(filter(None, said))


def lacks_consent(ticket: Ticket) -> bool:
    """Say whether an institution could be asked, if only the enterprise agreed to it."""
    asks_pool = ticket.delivered_by != DeliveredBy.STATION and ticket.status in BEFORE_OFFER
    return asks_pool and not ticket.consent


def awaits_contact(ticket: Ticket) -> bool:
    """Say whether the time for the first contact has yet to begin."""
    return ticket.status == Status.SUBMITTED and ticket.first_contact_at is None
