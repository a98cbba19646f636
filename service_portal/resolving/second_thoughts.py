"""An enterprise changes its mind about a result, some times a day."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.accounts.limit_rules import RATINGS_OF_A_TICKET, VERDICTS_OF_A_TICKET
from service_portal.accounts.limits import spend, uses
from service_portal.events.catalog import TicketRated, VerdictChanged
from service_portal.events.outbox import record
from service_portal.kernel.errors import TooMany
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.models import Ticket
from service_portal.tickets.services import add_entry


def say_again(
    ticket: Ticket,
    *,
    actor: Actor,
    verdict: str | None,
    said: str | None,
    comment: str,
    now: datetime,
) -> None:
    """Tell of a verdict that is another one than before, or of a rating.

    Raises TooMany when it was said too often today; who is refused counts for nothing.
    """
    changes = verdict != said
    name, limits = (
        (f"verdict:{ticket.id}", VERDICTS_OF_A_TICKET)
        if changes
        else (f"rating:{ticket.id}", RATINGS_OF_A_TICKET)
    )
    if wait := spend(uses(name, limits), now=now):
        sentence = _(
            "What is said of this request has changed too often today. What was said last stays;"
            " change it again in %(hours)d hours, or write a message.",
            hours=-(-wait // 3600),
        )
        raise TooMany(sentence, retry_after=wait)
    if not changes:
        record(TicketRated(ticket.id, ticket.enterprise_id), actor=actor, now=now)
        return
    data = {"verdict": verdict, **({"comment": comment} if comment else {})}
    add_entry(ticket, kind=EntryKind.VERDICT, actor=actor, now=now, data=data)
    changed = VerdictChanged(ticket.id, ticket.enterprise_id, verdict=str(verdict))
    record(changed, actor=actor, now=now)
