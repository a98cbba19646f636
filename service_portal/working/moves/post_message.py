"""Message: a word to the other side, with files if one likes."""

from __future__ import annotations

from datetime import datetime

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.events.catalog import MessagePosted
from service_portal.tickets.codes import Purpose
from service_portal.tickets.moves.declaration import Act, Place
from service_portal.tickets.moves.fields import Files, Text
from service_portal.tickets.rules import OPEN, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.services import post_message


def _write(
    *, actor: Actor, ticket_id: int, body: str, attachment_ids: list[int], now: datetime
) -> int:
    return post_message(
        actor=actor,
        ticket_id=ticket_id,
        body=body or (_("See the attached files.") if attachment_ids else ""),
        now=now,
        attachment_ids=attachment_ids,
    )


POST_MESSAGE = Act(
    name="post_message",
    path="messages",
    open_in=OPEN | {Status.CLOSED},
    permission=Permission.TICKET_MESSAGE,
    fields=(Text(name="body", label=_l("Message"), required_by_api=True),),
    files=Files(name="attachment_ids", label=_l("Files"), purpose=Purpose.MESSAGE),
    button=_l("Send"),
    key="r",
    position=10,
    place=Place.CONVERSATION,
    template="working/moves/post_message.html",
    done=_l("Sent."),
    event=MessagePosted,
    notice=_l("There is a new message for you."),
    service=_write,
)
