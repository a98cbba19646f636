"""Assign: a lead gives a case of the station to a member, a member their own to a colleague."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.assigning.desks import members_for
from service_portal.assigning.services import assign_to
from service_portal.events.catalog import TicketAssigned
from service_portal.tickets.moves.declaration import Act, Context
from service_portal.tickets.moves.fields import SHORT_LENGTH, Options, Row, Text
from service_portal.tickets.moves.leading import back_to
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import HANDLED, Move
from service_portal.web.formatting import localized
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _colleagues(on: Context) -> Options:
    return tuple(
        (str(one.id), f"{localized(one)} ({one.load}/{one.capacity_points})")
        for one in members_for(on.ticket.station_id, on.at)
        if one.id != on.ticket.owner_id
    )


def _said(entry: Entry) -> str:
    return _("given to %(member)s", member=entry.name("member")) + entry.for_staff("reason")


ASSIGN = Act(
    name="assign",
    move=Move.ASSIGN,
    leads={status: status for status in HANDLED},
    applies=lambda ticket: ticket.station_id is not None,
    permission=Permission.TICKET_ASSIGN,
    fields=(
        Row(name="member_id", label=_l("Member"), among=_colleagues, required_by_api=True),
        Text(
            name="reason",
            label=_l("Why"),
            most=SHORT_LENGTH,
            required=_l("Say why; your colleagues read it."),
            required_by_api=False,
            about="why this member",
            rows=2,
        ),
    ),
    button=_l("Give to a member"),
    key="m",
    position=110,
    done=_l("The case has a new owner."),
    then=back_to(board="assigning.board"),
    timeline=_said,
    event=TicketAssigned,
    notice=_l("This case is yours now."),
    service=assign_to,
)
