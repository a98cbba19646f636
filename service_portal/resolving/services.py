"""The result: answered with evidence, confirmed and rated, done again, or closed in silence without
a rating.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import SYSTEM, Actor
from service_portal.access.permissions import Permission
from service_portal.catalogue.queries import definition
from service_portal.events.catalog import (
    TicketAnswered,
    TicketClosed,
    TicketRated,
    TicketRedone,
    TicketReopened,
)
from service_portal.events.outbox import record
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Refused
from service_portal.resolving.calling_back import follow_rating
from service_portal.resolving.ratings import Opinion, keep_opinion, keep_silence
from service_portal.resolving.second_thoughts import say_again
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ClockKind
from service_portal.sla.queries import calendar_for
from service_portal.tickets.choices import OUTCOMES
from service_portal.tickets.clocks import OF_WORK, start_clock, stop_clock
from service_portal.tickets.codes import AssignedBy, Audience
from service_portal.tickets.delivery import record_delivery
from service_portal.tickets.models import Assignment, Message, Ticket
from service_portal.tickets.own_time import start_own_time
from service_portal.tickets.projection import project_clocks
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import Move, Status
from service_portal.tickets.services import advance, end_assignment, spoke


def answer_ticket(
    *,
    actor: Actor,
    ticket_id: int,
    body: str,
    outcome: str,
    channel: str,
    minutes: int,
    evidence_note: str,
    now: datetime,
    evidence_ids: list[int] | None = None,
) -> Ticket:
    """Give the enterprise the result, with its evidence; the clocks stop."""
    if outcome not in OUTCOMES:
        raise Refused(_("Choose how it ended."), field="outcome")
    if not body:
        raise Refused(_("Write the answer the enterprise will read."), field="body")
    if not evidence_note and not evidence_ids:
        raise Refused(_("Say what proves the result, or attach it."), field="evidence_note")
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ANSWER).ticket
    db.session.execute(
        sa.insert(Message),
        {
            "ticket_id": ticket.id,
            "enterprise_id": ticket.enterprise_id,
            "at": now,
            "author_id": actor.person_id,
            "author_role": str(actor.role),
            "author_name": actor.name,
            "audience": Audience.SHARED,
            "body": body,
        },
    )
    give_result(
        ticket,
        actor=actor,
        summary=body,
        outcome=outcome,
        channel=channel,
        minutes=minutes,
        evidence_note=evidence_note,
        evidence_ids=evidence_ids,
        now=now,
    )
    return ticket


def give_result(
    ticket: Ticket,
    *,
    actor: Actor,
    summary: str,
    outcome: str,
    channel: str,
    minutes: int,
    evidence_note: str,
    evidence_ids: list[int] | None = None,
    now: datetime,
) -> None:
    """Let a locked ticket be answered: its delivery is recorded, its promises end."""
    said = {"outcome": outcome, "evidence": evidence_note, "channel": channel, "minutes": minutes}
    advance(ticket, Move.ANSWER, actor=actor, now=now, data=said)
    ticket.close_outcome, ticket.answered_at = outcome, now
    ticket.first_contact_at = ticket.first_contact_at or now
    record_delivery(
        ticket,
        actor=actor,
        channel=channel,
        started_at=now,
        minutes=minutes,
        summary=summary,
        evidence_note=evidence_note,
        evidence_ids=evidence_ids,
        now=now,
    )
    stop_clock(*OF_WORK, ticket_id=ticket.id, now=now)
    spoke(ticket, actor=actor, now=now)
    project_clocks(ticket)
    record(
        TicketAnswered(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id),
        actor=actor,
        now=now,
    )


def confirm_ticket(
    *,
    actor: Actor,
    ticket_id: int,
    level: int | None,
    verdict: str | None,
    comment: str,
    now: datetime,
) -> Ticket:
    """Close an answered ticket with the enterprise's verdict; its case counts unless it is not
    solved.

    Whatever the enterprise says is kept, stars or not. Who says nothing at all is not rated.
    """
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_CONFIRM).ticket
    said = Opinion(level, verdict, comment)
    if said.says_something:
        keep_opinion(ticket, said, actor=actor, now=now)
    else:
        keep_silence(ticket, now=now)
    _close(ticket, Move.CONFIRM, said, actor=actor, now=now)
    if said.says_something:
        record(
            TicketRated(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id),
            actor=actor,
            now=now,
        )
        follow_rating(ticket, before=(None, None), said=said[:2], actor=actor, now=now)
    return ticket


def _close(ticket: Ticket, move: Move, said: Opinion, *, actor: Actor, now: datetime) -> None:
    ticket.closed_at = now
    about = ticket.id, ticket.enterprise_id
    event = TicketClosed(*about, verdict=said.verdict)
    data = {"outcome": ticket.close_outcome, **said.facts()}
    advance(ticket, move, actor=actor, now=now, event=event, data=data)
    end_assignment(ticket, now=now)


def rate_ticket(
    *,
    actor: Actor,
    ticket_id: int,
    level: int | None,
    verdict: str | None,
    comment: str,
    now: datetime,
) -> Ticket:
    """Say of a closed ticket what one did not say before, or change one's mind within seven days;
    an answered one is confirmed by it.

    A level or a verdict left out stays what it was. Another verdict counts the case again or takes
    it back, whichever it makes true.
    """
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_RATE).ticket
    if level is None and verdict is None:
        raise Refused(_("Choose one of the five levels."), field="level")
    if ticket.status == Status.ANSWERED:
        return confirm_ticket(
            actor=actor, ticket_id=ticket_id, level=level, verdict=verdict, comment=comment, now=now
        )
    if ticket.status != Status.CLOSED:
        raise Conflict(_("You can rate a request once it has been answered."))
    say_again(ticket, Opinion(level, verdict, comment), actor=actor, now=now)
    return ticket


def ask_redo(*, actor: Actor, ticket_id: int, reason: str, now: datetime) -> Ticket:
    """Ask for the work to be done again: a new cycle with its own promise; the first result stays
    on record.
    """
    if not reason:
        raise Refused(_("Say what is still missing."), field="reason")
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_CONFIRM).ticket
    event = TicketRedone(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id)
    advance(ticket, Move.REDO, actor=actor, now=now, event=event, data={"reason": reason})
    ticket.redos += 1
    _new_cycle(ticket, now=now)
    spoke(ticket, actor=actor, now=now)
    return ticket


def reopen_ticket(
    *, actor: Actor, ticket_id: int, reason: str, window_days: int, now: datetime
) -> Ticket:
    """Open a closed ticket again within the window; its counted case is reversed, its service
    events stay.
    """
    if not reason:
        raise Refused(_("Say why it must be opened again."), field="reason")
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_REOPEN).ticket
    if (
        ticket.closed_at is not None
        and ticket.status == Status.CLOSED
        and now - ticket.closed_at > timedelta(days=window_days)
    ):
        raise Conflict(
            _(
                "It was closed more than %(days)d days ago. File a new request instead.",
                days=window_days,
            )
        )
    event = TicketReopened(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id)
    advance(ticket, Move.REOPEN, actor=actor, now=now, event=event, data={"reason": reason})
    ticket.closed_at = None
    if ticket.owner_id is not None:
        db.session.add(
            Assignment(
                ticket_id=ticket.id,
                enterprise_id=ticket.enterprise_id,
                member_id=ticket.owner_id,
                from_at=now,
                how=AssignedBy.PERSON,
                reason="reopened",
            )
        )
    _new_cycle(ticket, now=now)
    spoke(ticket, actor=actor, now=now)
    return ticket


def _new_cycle(ticket: Ticket, *, now: datetime) -> None:
    ticket.cycle += 1
    ticket.answered_at, ticket.close_outcome = None, None
    promise = definition(ticket.service_version_id).limits["resolve"]
    start_clock(
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        kind=ClockKind.RESOLVE,
        limit=Limit(promise.amount, promise.unit),
        now=now,
    )
    project_clocks(ticket)
    if ticket.institution_id is not None:
        start_own_time(ticket, now=now)


def close_silent(*, working_days: int, now: datetime, limit: int = 200) -> int:
    """Close answered tickets nobody confirmed for some working days, as not rated,
    and count them.
    """
    calendar = calendar_for()[1]
    candidates = db.session.scalars(
        sa.select(Ticket)
        .where(
            Ticket.status == Status.ANSWERED,
            Ticket.answered_at < now - timedelta(days=working_days),
        )
        .order_by(Ticket.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    closed = 0
    for ticket in candidates:
        if (
            ticket.answered_at is None
            or calendar.add_working_days(ticket.answered_at, working_days) > now
        ):
            continue
        keep_silence(ticket, now=now)
        _close(ticket, Move.AUTO_CLOSE, Opinion(), actor=SYSTEM, now=now)
        closed += 1
    db.session.flush()
    return closed
