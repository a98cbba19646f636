"""Give back: an institution gives a case back that it has taken."""

from __future__ import annotations

from flask import url_for

from service_portal.access.permissions import Permission
from service_portal.assigning.coming_back import give_back
from service_portal.events.catalog import CaseGivenBack
from service_portal.tickets.choices import GIVE_BACKS
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import SHORT_LENGTH, Choice, Text
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _said(entry: Entry) -> str:
    said = _("gave it back for %(institution)s", institution=entry.name("institution"))
    why = [entry.words("reason", GIVE_BACKS), entry.text("words")] if entry.internal else []
    return " – ".join(filter(None, [said, *why]))


GIVE_CASE_BACK = Act(
    name="give_case_back",
    move=Move.GIVE_BACK,
    leads={Status.IN_PROGRESS: Status.ACCEPTED, Status.ON_HOLD: Status.ACCEPTED},
    permission=Permission.CASE_GIVE_BACK,
    fields=(
        Choice(
            name="reason_code",
            label=_l("Reason"),
            among=GIVE_BACKS,
            required=_l("Choose a reason."),
        ),
        Text(
            name="words",
            label=_l("Why, for the station (the enterprise doesn't read it)"),
            most=SHORT_LENGTH,
            required=_l("Say in a sentence why; the other side reads it."),
            about="why; the station reads it, the enterprise does not",
            rows=2,
        ),
    ),
    button=_l("Give the case back"),
    intro=_l(
        "The station goes on with the case, and you no longer read it. What you have delivered"
        " stays counted."
    ),
    position=97,
    is_final=True,
    done=_l("Given back; the station goes on with it."),
    then=lambda _ticket_id: url_for("assigning.desk"),
    timeline=_said,
    event=CaseGivenBack,
    notice=_l("The institution has given this back; the station goes on with it."),
    service=give_back,
)
