"""Hand over: a case goes to another station, where somebody owns it at once."""

from __future__ import annotations

from flask import url_for

from service_portal.access.permissions import Permission
from service_portal.assigning.handing import hand_over_to_station
from service_portal.directory.queries import stations
from service_portal.events.catalog import TicketHandedOver
from service_portal.tickets.moves.declaration import Act, Context
from service_portal.tickets.moves.fields import SHORT_LENGTH, Options, Row, Text
from service_portal.tickets.moves.sentences import Entry, with_more
from service_portal.tickets.rules import HANDLED, Move
from service_portal.web.formatting import localized
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _other_stations(on: Context) -> Options:
    here = on.ticket.station_id
    return tuple((str(one.id), localized(one)) for one in stations() if one.id != here)


def _said(entry: Entry) -> str:
    station = entry.name("station")
    said = with_more(_("handed over to %(station)s", station=station), entry.text("words"))
    reason = entry.text("reason") if entry.internal else ""
    return _("%(said)s (for staff: %(reason)s)", said=said, reason=reason) if reason else said


HAND_OVER = Act(
    name="hand_over",
    move=Move.HAND_OVER,
    leads={status: status for status in HANDLED},
    permission=Permission.TICKET_HAND_OVER,
    fields=(
        Row(
            name="station_id",
            label=_l("To the station"),
            among=_other_stations,
            required_by_api=True,
        ),
        Text(
            name="reason",
            label=_l("Why, for the colleagues there (the enterprise does not read it)"),
            required=_l("Say why you hand it over; the next one reads it."),
            about="why, for staff",
            rows=2,
        ),
        Text(
            name="words",
            label=_l("For the enterprise to read (optional)"),
            most=SHORT_LENGTH,
            about="a word to the enterprise, which does not read the reason",
            rows=2,
        ),
    ),
    button=_l("Hand over"),
    position=100,
    done=_l("Handed over; it has an owner there."),
    then=lambda _ticket_id: url_for("working.queue"),
    timeline=_said,
    event=TicketHandedOver,
    notice=_l("The case was handed over to somebody else."),
    service=hand_over_to_station,
)
