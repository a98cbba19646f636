"""An enterprise changes its mind about a result, for seven days and some times a day."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.accounts.limit_rules import RATINGS_OF_A_TICKET, VERDICTS_OF_A_TICKET
from service_portal.accounts.limits import spend, uses
from service_portal.events.catalog import TicketRated, VerdictChanged
from service_portal.events.outbox import record
from service_portal.kernel.errors import Conflict, TooMany
from service_portal.resolving.calling_back import follow_rating
from service_portal.resolving.ratings import Opinion, keep_opinion, opinion_of
from service_portal.resolving.rules import CHANGED_WITHIN, can_change
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.models import Ticket
from service_portal.tickets.services import add_entry
from service_portal.web.formatting import when


def say_again(ticket: Ticket, said: Opinion, *, actor: Actor, now: datetime) -> None:
    """Say something of a closed, locked ticket, for the first time or anew; a level or a verdict
    left out stays what it was. What is said anew is a line of the timeline of its own.

    Raises Conflict seven days after it was said first, TooMany when it was said too often today;
    who is refused counts for nothing.
    """
    before, first_at = opinion_of(ticket)
    if first_at is not None and not can_change(first_at, now):
        sentence = _(
            "What you say of a result can be changed for seven days, here until %(when)s. Open the"
            " request again if there is something left to do, or write a message.",
            when=when(first_at + CHANGED_WITHIN),
        )
        raise Conflict(sentence, code="rating_final")
    level = before.level if said.level is None else said.level
    said = Opinion(level, said.verdict or before.verdict, said.comment)
    if said == before:
        return
    _spend(ticket, changes_verdict=said.verdict != before.verdict, now=now)
    keep_opinion(ticket, said, actor=actor, now=now)
    add_entry(ticket, kind=EntryKind.VERDICT, actor=actor, now=now, data=said.facts())
    about = ticket.id, ticket.enterprise_id
    if said.verdict == before.verdict:
        record(TicketRated(*about), actor=actor, now=now)
    else:
        record(VerdictChanged(*about, verdict=str(said.verdict)), actor=actor, now=now)
    follow_rating(ticket, before=before[:2], said=said[:2], actor=actor, now=now)


def _spend(ticket: Ticket, *, changes_verdict: bool, now: datetime) -> None:
    name, limits = (
        (f"verdict:{ticket.id}", VERDICTS_OF_A_TICKET)
        if changes_verdict
        else (f"rating:{ticket.id}", RATINGS_OF_A_TICKET)
    )
    if wait := spend(uses(name, limits), now=now):
        sentence = _(
            "What is said of this request has changed too often today. What was said last stays;"
            " change it again in %(hours)d hours, or write a message.",
            hours=-(-wait // 3600),
        )
        raise TooMany(sentence, retry_after=wait)
