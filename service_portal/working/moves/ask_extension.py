"""Ask for a later day: whoever has the case can't answer by the promised one."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.catalogue.queries import definition
from service_portal.events.catalog import ExtensionAsked
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act, Context
from service_portal.tickets.moves.fields import SHORT_LENGTH, Day, Text
from service_portal.tickets.moves.sentences import Entry, with_more
from service_portal.tickets.rules import EXTENDABLE, Move
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.extending import ask_extension


def _is_possible(ticket: Ticket) -> bool:
    most = definition(ticket.service_version_id).max_extension_working_days
    return most > 0 and ticket.extension_due_at is None


def _is_in_time(on: Context) -> bool:
    return on.ticket.resolve_due_at is not None and on.at < on.ticket.resolve_due_at


def _said(entry: Entry) -> str:
    asked = _("asked to answer by %(day)s", day=entry.day("until"))
    return with_more(asked, entry.text("reason"))


ASK_EXTENSION = Act(
    name="ask_extension",
    move=Move.ASK_EXTENSION,
    leads={status: status for status in EXTENDABLE},
    applies=_is_possible,
    shown=_is_in_time,
    permission=Permission.TICKET_EXTEND,
    fields=(
        Day(
            name="until",
            label=_l("By which day can you answer"),
            required=_l("Choose the day by which you can answer."),
            about="the day by which the case can be answered, after the one promised now",
        ),
        Text(
            name="reason",
            label=_l("Why (the enterprise reads it once a lead agrees)"),
            most=SHORT_LENGTH,
            required=_l("Say why; the enterprise reads it once a lead agrees."),
            about="why; the enterprise reads it once a lead agrees",
            rows=2,
        ),
    ),
    button=_l("Ask for a later day"),
    template="working/moves/ask_extension.html",
    depends_on=lambda on: (on.ticket.resolve_due_at, on.ticket.service_version_id),
    position=92,
    done=_l("The leads are told. The promised day stands until one of them agrees."),
    timeline=_said,
    event=ExtensionAsked,
    notice=_l("A later day is asked for. Decide before the promised day; it stands on your board."),
    service=ask_extension,
)
