"""Refuse an extension: the promised day stands."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import ExtensionRefused
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import SHORT_LENGTH, Text
from service_portal.tickets.moves.leading import back_to
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import EXTENDABLE, Move
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.extending import refuse_extension
from service_portal.working.moves.grant_extension import is_anothers, is_asked


def _said(entry: Entry) -> str:
    return _("let the promised day stand") + entry.for_staff("words")


REFUSE_EXTENSION = Act(
    name="refuse_extension",
    move=Move.REFUSE_EXTENSION,
    leads={status: status for status in EXTENDABLE},
    applies=is_asked,
    shown=is_anothers,
    permission=Permission.TICKET_DECIDE_EXTENSION,
    fields=(
        Text(
            name="words",
            label=_l("Why (the enterprise doesn't read it)"),
            most=SHORT_LENGTH,
            required=_l("Say why in a sentence; whoever asked reads it."),
            about="why; the station reads it, the enterprise does not",
            rows=2,
        ),
    ),
    button=_l("Let the promised day stand"),
    position=94,
    then=back_to(board="assigning.board"),
    done=_l("The promised day stands; whoever asked is told."),
    timeline=_said,
    event=ExtensionRefused,
    notice=_l("The later day was refused: the promised day stands. Open it to read why."),
    service=refuse_extension,
)
