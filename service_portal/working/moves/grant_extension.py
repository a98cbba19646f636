"""Grant an extension: the answer is promised by the later day that was asked for."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import ExtensionGranted
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act, Context
from service_portal.tickets.moves.fields import SHORT_LENGTH, Text
from service_portal.tickets.moves.leading import back_to
from service_portal.tickets.moves.sentences import Entry, with_more
from service_portal.tickets.rules import EXTENDABLE, Move
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.extending import grant_extension


def is_asked(ticket: Ticket) -> bool:
    """Say whether somebody waits for a decision."""
    return ticket.extension_due_at is not None


def is_anothers(on: Context) -> bool:
    """Say whether somebody else than the reader has asked, in time."""
    due_at = on.ticket.resolve_due_at
    in_time = due_at is not None and on.at < due_at
    return in_time and on.ticket.extension_asked_by_id != on.seen.actor.person_id


def _said(entry: Entry) -> str:
    granted = _(
        "promised the answer by %(day)s instead of %(before)s",
        day=entry.day("until"),
        before=entry.day("before"),
    )
    return with_more(granted, entry.text("reason")) + entry.for_staff("words")


GRANT_EXTENSION = Act(
    name="grant_extension",
    move=Move.GRANT_EXTENSION,
    leads={status: status for status in EXTENDABLE},
    applies=is_asked,
    shown=is_anothers,
    permission=Permission.TICKET_DECIDE_EXTENSION,
    fields=(
        Text(
            name="words",
            label=_l("A word to your colleagues (if you like; the enterprise doesn't read it)"),
            most=SHORT_LENGTH,
            about="a word, if you like; the station reads it, the enterprise does not",
            rows=2,
        ),
    ),
    button=_l("Agree to the later day"),
    intro=_l("The enterprise is told the new day and why. The first promise stays in the figures."),
    position=93,
    is_primary=True,
    then=back_to(board="assigning.board"),
    done=_l("Agreed; the enterprise is told."),
    timeline=_said,
    event=ExtensionGranted,
    notice=_l("The answer is promised by a later day now. Open it to read which and why."),
    service=grant_extension,
)
