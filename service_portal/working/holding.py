"""A case waits for an outside cause, until a day on which somebody looks at it again."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketHeld, TicketResumed
from service_portal.kernel.clock import zone_time
from service_portal.kernel.errors import Refused
from service_portal.sla.codes import ClockKind
from service_portal.sla.queries import working_day
from service_portal.tickets.choices import HOLDS
from service_portal.tickets.clocks import (
    end_wait,
    pause_clocks,
    resume_clocks,
    start_clock_until,
)
from service_portal.tickets.codes import Party
from service_portal.tickets.models import Ticket
from service_portal.tickets.projection import project_clocks
from service_portal.tickets.queries import held_for, lock_ticket
from service_portal.tickets.rules import Move, Status
from service_portal.tickets.services import advance, spoke
from service_portal.web.translations import gettext as _

# In working days: what is suggested, and meant where a program sends no day.
LOOKED_AT_AFTER = 5
LONGEST = timedelta(days=92)


def hold_ticket(
    *,
    actor: Actor,
    ticket_id: int,
    reason_code: str,
    words: str,
    now: datetime,
    until: date | None = None,
) -> Ticket:
    """Pause the work for a recorded outside cause: the promises stand still until it resumes.

    On the day `until` it is due on its owner's desk again. What is on hold already is held longer,
    or for another cause.
    """
    if reason_code not in HOLDS:
        raise Refused(_("Choose a reason."), field="reason_code")
    if not words:
        raise Refused(_("Say what you are waiting for."), field="words")
    today = now.astimezone(zone_time()).date()
    day = until or working_day(now, ahead=LOOKED_AT_AFTER)
    if not today < day <= today + LONGEST:
        raise Refused(
            _("Choose a day after today, within three months: then you look at it again."),
            field="until",
        )
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_WORK).ticket
    event = TicketHeld(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id)
    advance(
        ticket,
        Move.HOLD,
        actor=actor,
        now=now,
        event=event,
        data={"reason": reason_code, "words": words, "until": day.isoformat()},
    )
    # Of a case that is on hold already one pause ends here and the next one begins.
    resume_clocks(ticket_id=ticket.id, now=now)
    pause_clocks(ticket_id=ticket.id, reason=reason_code, now=now)
    start_clock_until(
        day,
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        kind=ClockKind.LOOK_AGAIN,
        now=now,
    )
    spoke(ticket, actor=actor, now=now)
    project_clocks(ticket)
    return ticket


def resume_ticket(*, actor: Actor, ticket_id: int, now: datetime) -> Ticket:
    """Go on with a paused case: the promises run on with the working time they had left."""
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_WORK).ticket
    _go_on(ticket, actor=actor, now=now)
    return ticket


def go_on_after_reply(ticket: Ticket, *, actor: Actor, now: datetime) -> None:
    """Go on with a locked case that waited for its enterprise, which has just written."""
    if ticket.status == Status.ON_HOLD and held_for(ticket.id) == Party.ENTERPRISE:
        _go_on(ticket, actor=actor, now=now)


def _go_on(ticket: Ticket, *, actor: Actor, now: datetime) -> None:
    event = TicketResumed(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id)
    advance(ticket, Move.RESUME, actor=actor, now=now, event=event)
    end_wait(ticket_id=ticket.id, now=now)
    spoke(ticket, actor=actor, now=now)
    project_clocks(ticket)
