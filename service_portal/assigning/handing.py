"""Hands a case over to another station.

The first receiver has it until somebody there has it: there is no moment at which it is nobody's.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from service_portal.access.actor import SYSTEM, Actor
from service_portal.access.permissions import Permission
from service_portal.assigning import queries
from service_portal.assigning.deciding import as_round
from service_portal.assigning.rules import Work, by_station, choose_members
from service_portal.assigning.services import take_over
from service_portal.directory.models import Station
from service_portal.events.catalog import TicketHandedOver
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.tickets import rounds
from service_portal.tickets.codes import DecisionKind
from service_portal.tickets.decisions import say_reason
from service_portal.tickets.models import Ticket
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import Move
from service_portal.tickets.services import advance, leave_station


def hand_over_to_station(
    *,
    actor: Actor,
    ticket_id: int,
    station_id: int,
    reason: str,
    now: datetime,
    words: str = "",
) -> Ticket:
    """Pass a case to another station, where the member whom a round would choose owns it at once;
    the enterprise's clock runs on.

    The reason is for staff; `words` are for the enterprise too. When nobody there can take it now
    it stays where it is, and the refusal says why (docs/decisions/0009).
    """
    if not reason:
        raise Refused(_("Say why you hand it over; the next one reads it."), field="reason")
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_HAND_OVER).ticket
    station = db.session.get(Station, station_id)
    if station is None or not station.active:
        raise Refused(_("Choose a station."), field="station_id")
    if station.id == ticket.station_id:
        raise Refused(
            _("The case is in this station already. Choose another one."), field="station_id"
        )
    event = TicketHandedOver(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id)
    data = {
        "from_station_id": ticket.station_id,
        "station_id": station.id,
        "reason": reason,
        "words": words,
    }
    advance(ticket, Move.HAND_OVER, actor=actor, now=now, event=event, data=data)
    work = Work(
        ticket.id, ticket.enterprise_id, station.id, ticket.category_code, ticket.effort_points
    )
    chosen = choose_members([work], by_station(queries.lock_candidates({station.id}, now)), now)[0]
    if chosen.id is None:
        raise Refused(
            _(
                "It stays where it is until somebody there can take it. %(why)s",
                why=say_reason(DecisionKind.ASSIGN, chosen.reason),
            ),
            field="station_id",
        )
    leave_station(ticket)
    ticket.station_id = station.id
    take_over(ticket, member_id=chosen.id, actor=SYSTEM, reason=reason, now=now, said=True)
    rounds.decide_many([as_round(chosen)], kind=DecisionKind.ASSIGN, now=now)
    return ticket
