"""Take back: the station takes a case from the institution that has it."""

from __future__ import annotations

from service_portal.access.actor import Role
from service_portal.access.permissions import Permission
from service_portal.assigning.coming_back import take_back
from service_portal.assigning.moves.next_one import ASK_NEXT, asks_next
from service_portal.events.catalog import CaseTakenBack
from service_portal.tickets.choices import TAKE_BACKS
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act, Context
from service_portal.tickets.moves.fields import SHORT_LENGTH, Choice, Flag, Text
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.own_time import is_over
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _is_with_an_institution(ticket: Ticket) -> bool:
    return ticket.institution_id is not None


def _is_over(on: Context) -> bool:
    return is_over(on.clocks, on.ticket, now=on.at)


def _asks_for_consent(on: Context) -> bool:
    return on.seen.actor.role is Role.STATION_MEMBER and not _is_over(on)


def _said(entry: Entry) -> str:
    said = _("took it back from %(institution)s", institution=entry.name("institution"))
    if not entry.internal:
        return said
    agreed = _("the institution agrees") if entry.data.get("agreed") else ""
    why = [entry.words("reason", TAKE_BACKS), entry.text("words"), agreed, asks_next(entry)]
    return " – ".join(filter(None, [said, *why]))


TAKE_CASE_BACK = Act(
    name="take_case_back",
    move=Move.TAKE_BACK,
    leads={Status.IN_PROGRESS: Status.ACCEPTED, Status.ON_HOLD: Status.ACCEPTED},
    applies=_is_with_an_institution,
    permission=Permission.CASE_TAKE_BACK,
    fields=(
        Choice(
            name="reason_code",
            label=_l("Reason"),
            among=TAKE_BACKS,
            required=_l("Choose a reason."),
        ),
        Text(
            name="words",
            label=_l(
                "Why, for the institution and your colleagues (the enterprise doesn't read it)"
            ),
            most=SHORT_LENGTH,
            required=_l("Say in a sentence why; the other side reads it."),
            about="why; the institution reads it, the enterprise does not",
            rows=2,
        ),
        Flag(
            name="agreed",
            label=_l("I have asked: the institution agrees"),
            when=_asks_for_consent,
            about=(
                "the institution agrees; without that a member takes a case back only once the"
                " institution's own time is over, a lead at any time"
            ),
        ),
        ASK_NEXT,
    ),
    button=_l("Take the case back"),
    position=95,
    is_primary=_is_over,
    done=_l("The case is yours again. Start work, or offer it to another institution."),
    timeline=_said,
    event=CaseTakenBack,
    notice=_l("The station has taken this back from the institution and goes on with it."),
    service=take_back,
)
