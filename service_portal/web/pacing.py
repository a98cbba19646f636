"""How often people may act on a ticket where each act is kept for ever and rings bells."""

from __future__ import annotations

from flask import current_app
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.kernel.clock import now
from service_portal.kernel.errors import TooMany
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.counting_together import count_here, count_together

# What one side can do alone, again and again: messages, notes, contacts, pauses, assigning,
# ratings. It has a measure on each ticket, besides that of the person, which every act has.
ALONE = frozenset(
    {
        Permission.TICKET_MESSAGE,
        Permission.TICKET_NOTE,
        Permission.TICKET_DELIVER,
        Permission.TICKET_WORK,
        Permission.TICKET_ASSIGN,
        Permission.TICKET_RATE,
    }
)

# Exports of one person in a minute; each is an entry of the security log.
MOST_EXPORTS = 30


def keep_pace(ticket_id: int, *, actor: Actor, permission: Permission) -> None:
    """Count an act in the transaction that does it; one that is refused counts, too.

    A minute is one of those who act, whatever moment the act bears.

    Raises TooMany when the person, or all people of their side on the ticket, have acted too often
    in this minute: no side can keep another one from acting.
    """
    most = current_app.config["FILINGS_PER_MINUTE"]
    if not most or actor.person_id is None:
        return
    at = now()
    names: tuple[str, ...] = (f"act:person:{actor.person_id}",)
    if permission in ALONE:
        # Each institution that is asked side by side with others is a side of its own.
        names += (f"act:ticket:{ticket_id}:{actor.side}:{actor.institution_id or 0}",)
    heavy = count_here(names, most=most, now=at)
    wait = count_together(heavy, most=most, now=at) if heavy else 0
    if wait:
        sentence = _(
            "More was done within a minute than anybody reads. This was not taken; send it again"
            " in %(wait)d seconds.",
            wait=wait,
        )
        raise TooMany(sentence, retry_after=wait)


def keep_pace_of_exports(actor: Actor) -> None:
    """Count an export, whether or not it succeeds.

    Raises TooMany when the person has taken more in this minute than anybody reads.
    """
    heavy = count_here((f"export:person:{actor.person_id}",), most=MOST_EXPORTS, now=now())
    if not heavy:
        return
    with unit_of_work():
        wait = count_together(heavy, most=MOST_EXPORTS, now=now())
    if wait:
        sentence = _(
            "These are many exports in one minute. Try again in %(wait)d seconds.", wait=wait
        )
        raise TooMany(sentence, retry_after=wait)
