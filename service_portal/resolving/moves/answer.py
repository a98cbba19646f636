"""Answer: the result goes to the enterprise, with what proves it."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketAnswered
from service_portal.resolving.services import answer_ticket
from service_portal.tickets.choices import CHANNELS, OUTCOMES
from service_portal.tickets.codes import Purpose
from service_portal.tickets.moves.declaration import Act, Context
from service_portal.tickets.moves.fields import Choice, Files, Number, Text
from service_portal.tickets.moves.sentences import Entry, with_more
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _said(entry: Entry) -> str:
    said = with_more(_("answered"), entry.words("outcome", OUTCOMES))
    if entry.text("evidence"):
        said += " · " + _("what proves it: %(evidence)s", evidence=entry.text("evidence"))
    if entry.counts and entry.words("channel", CHANNELS):
        said += f" · {entry.words('channel', CHANNELS)}"
    if entry.counts and entry.data.get("minutes"):
        said += ", " + _("%(n)d min", n=entry.data["minutes"])
    return said


def _has_it(on: Context) -> bool:
    """Say whether the answer is the reader's to give, and no institution's that has the case."""
    return on.ticket.institution_id in {None, on.seen.actor.institution_id}


ANSWER = Act(
    name="answer",
    move=Move.ANSWER,
    leads={Status.IN_PROGRESS: Status.ANSWERED},
    permission=Permission.TICKET_ANSWER,
    fields=(
        Text(
            name="body",
            label=_l("The answer the enterprise reads"),
            required=_l("Write the answer the enterprise will read."),
            about="the answer, as the enterprise reads it",
            rows=4,
        ),
        Choice(
            name="outcome",
            label=_l("How it ended"),
            among=OUTCOMES,
            required=_l("Choose how it ended."),
        ),
        Text(
            name="evidence_note",
            label=_l("What proves it"),
            required_by_api=True,
            about="what proves the result",
            rows=1,
        ),
        Choice(
            name="channel",
            label=_l("Channel"),
            among=CHANNELS,
            required=_l("Choose how you were in contact."),
            required_by_api=False,
            default="message",
        ),
        Number(name="minutes", label=_l("Minutes"), least=0, most=1440, default=0, suggested=30),
    ),
    files=Files(name="evidence_ids", label=_l("Evidence files"), purpose=Purpose.EVIDENCE),
    button=_l("Answer"),
    key="d",
    position=60,
    is_primary=_has_it,
    in_row=frozenset({Status.IN_PROGRESS}),
    template="resolving/moves/answer.html",
    depends_on=lambda on: on.definition.evidence,
    done=_l("Answered. The enterprise is asked to confirm and rate."),
    timeline=_said,
    event=TicketAnswered,
    notice=_l("Your request was answered. Confirm the result and rate it."),
    service=answer_ticket,
)
