"""The case is handled: accepted or not, talked about, paused, merged."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.catalogue.queries import definition
from service_portal.events.catalog import (
    MessagePosted,
    TicketAccepted,
    TicketNotAccepted,
    TicketReturned,
    WorkStarted,
)
from service_portal.events.outbox import record
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Refused
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ClockKind
from service_portal.tickets.choices import REFUSALS
from service_portal.tickets.clocks import (
    cancel_clocks,
    pause_clocks,
    resume_clocks,
    start_clock,
    stop_clock,
)
from service_portal.tickets.codes import Audience, EntryKind, PauseReason
from service_portal.tickets.delivery import record_delivery
from service_portal.tickets.models import Attachment, Message, Ticket
from service_portal.tickets.projection import project_clocks
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import Move, Status
from service_portal.tickets.services import add_entry, advance, end_assignment, spoke
from service_portal.tickets.words import refusal
from service_portal.web.translations import gettext as _
from service_portal.working.holding import go_on_after_reply


def accept_ticket(*, actor: Actor, ticket_id: int, now: datetime) -> Ticket:
    """Accept a request: the acceptance clock stops, the first contact's starts.

    One that was sent back for something goes on with what there is, and its wait ends.
    """
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ACCEPT).ticket
    if ticket.status == Status.RETURNED:
        resume_clocks(ticket_id=ticket.id, now=now)
    advance(ticket, Move.ACCEPT, actor=actor, now=now)
    ticket.accepted_at = ticket.accepted_at or now
    stop_clock(ClockKind.ACCEPT, ticket_id=ticket.id, now=now)
    promise = definition(ticket.service_version_id).limits["contact"]
    start_clock(
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        kind=ClockKind.CONTACT,
        limit=Limit(promise.amount, promise.unit),
        now=now,
    )
    spoke(ticket, actor=actor, now=now)
    project_clocks(ticket)
    record(
        TicketAccepted(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id),
        actor=actor,
        now=now,
    )
    return ticket


def refuse_ticket(
    *, actor: Actor, ticket_id: int, reason_code: str, words: str, now: datetime
) -> Ticket:
    """Not accept a request, for one of the listed reasons and in words the enterprise can read.

    Final.

    A service that accepts by itself has shown the request to nobody: there it is possible after
    that, too, until work begins.
    """
    if reason_code not in REFUSALS:
        raise Refused(_("Choose a reason."), field="reason_code")
    if not words:
        raise Refused(_("Explain the reason to the enterprise in a sentence."), field="words")
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ACCEPT).ticket
    if ticket.status == Status.ACCEPTED and not ticket.auto_accept:
        raise Conflict(refusal(Status.ACCEPTED), code="illegal_move")
    event = TicketNotAccepted(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id)
    advance(
        ticket,
        Move.REFUSE,
        actor=actor,
        now=now,
        event=event,
        data={"reason": reason_code, "words": words},
    )
    stop_clock(ClockKind.ACCEPT, ticket_id=ticket.id, now=now)
    cancel_clocks(ticket, now=now)
    let_go(ticket, now=now)
    spoke(ticket, actor=actor, now=now)
    return ticket


def let_go(ticket: Ticket, *, now: datetime) -> None:
    """End the owner's time with a ticket that ends here; nothing of it is due or waited for."""
    end_assignment(ticket, now=now)
    ticket.closed_at, ticket.waiting_reason = now, None


def return_ticket(*, actor: Actor, ticket_id: int, words: str, now: datetime) -> Ticket:
    """Send a request back for what is missing, everything told at once; the enterprise's clock
    stands still meanwhile.
    """
    if not words:
        raise Refused(
            _("Say everything that is missing, so that the enterprise is asked only once."),
            field="words",
        )
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ACCEPT).ticket
    event = TicketReturned(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id)
    advance(ticket, Move.RETURN, actor=actor, now=now, event=event, data={"words": words})
    stop_clock(ClockKind.ACCEPT, ticket_id=ticket.id, now=now)
    pause_clocks(ticket_id=ticket.id, reason=PauseReason.RETURNED, now=now)
    spoke(ticket, actor=actor, now=now)
    project_clocks(ticket)
    return ticket


def start_work(*, actor: Actor, ticket_id: int, now: datetime) -> Ticket:
    """Begin work in the station itself, without an institution."""
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_WORK).ticket
    event = WorkStarted(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id)
    advance(ticket, Move.START, actor=actor, now=now, event=event)
    ticket.waiting_reason = None
    spoke(ticket, actor=actor, now=now)
    return ticket


def record_contact(
    *,
    actor: Actor,
    ticket_id: int,
    channel: str,
    started_at: datetime,
    minutes: int,
    summary: str,
    evidence_note: str,
    attendees: int,
    now: datetime,
    evidence_ids: list[int] | None = None,
) -> Ticket:
    """Record a contact with the enterprise; the first one stops the contact clock.

    It counts once a day if there is evidence.
    """
    if not summary:
        raise Refused(_("Say what was said or done."), field="summary")
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_DELIVER).ticket
    if ticket.status not in {
        Status.ACCEPTED,
        Status.DISPATCHED,
        Status.IN_PROGRESS,
        Status.ON_HOLD,
        Status.ANSWERED,
    }:
        raise Conflict(_("Accept the ticket first; only then can a contact be recorded."))
    if started_at > now:
        raise Refused(_("A contact can't lie in the future."), field="started_at")
    done = record_delivery(
        ticket,
        actor=actor,
        channel=channel,
        started_at=started_at,
        minutes=minutes,
        summary=summary,
        evidence_note=evidence_note,
        evidence_ids=evidence_ids,
        attendees=attendees,
        now=now,
    )
    note_contact(ticket, at=started_at, now=now)
    said = {
        "channel": channel,
        "minutes": minutes,
        "summary": summary,
        "attendees": attendees,
        "started_at": started_at.isoformat(),
        "evidence": evidence_note,
        "countable": done.countable,
        "why": done.not_countable_reason,
    }
    add_entry(ticket, kind=EntryKind.CONTACT, actor=actor, now=now, data=said)
    spoke(ticket, actor=actor, now=now)
    project_clocks(ticket)
    return ticket


def note_contact(ticket: Ticket, *, at: datetime, now: datetime) -> None:
    """Stop the contact clock at the first contact of a ticket."""
    if ticket.first_contact_at is None:
        ticket.first_contact_at = at
        stop_clock(ClockKind.CONTACT, ticket_id=ticket.id, now=now)


def post_message(
    *,
    actor: Actor,
    ticket_id: int,
    body: str,
    now: datetime,
    attachment_ids: list[int] | None = None,
) -> int:
    """Write to the other side and give the message's id.

    A word of the staff is the first contact if there was none.
    """
    return _write(
        actor,
        ticket_id,
        body,
        audience=Audience.SHARED,
        permission=Permission.TICKET_MESSAGE,
        now=now,
        files=attachment_ids,
    )


def add_note(*, actor: Actor, ticket_id: int, body: str, now: datetime) -> int:
    """Write an internal note that neither enterprise nor institution ever sees, and give its id."""
    return _write(
        actor,
        ticket_id,
        body,
        audience=Audience.INTERNAL,
        permission=Permission.TICKET_NOTE,
        now=now,
    )


def _write(
    actor: Actor,
    ticket_id: int,
    body: str,
    *,
    audience: str,
    permission: Permission,
    now: datetime,
    files: list[int] | None = None,
) -> int:
    if not body:
        raise Refused(_("Write something first."), field="body")
    ticket = lock_ticket(ticket_id, actor=actor, permission=permission).ticket
    if audience == Audience.SHARED and ticket.status in {
        Status.WITHDRAWN,
        Status.MERGED,
        Status.NOT_ACCEPTED,
        Status.ARCHIVED,
    }:
        raise Conflict(
            _("This ticket has ended; a message would reach nobody. File a new request instead.")
        )
    message_id = db.session.execute(
        sa.insert(Message).returning(Message.id),
        {
            "ticket_id": ticket.id,
            "enterprise_id": ticket.enterprise_id,
            "at": now,
            "author_id": actor.person_id,
            "author_role": str(actor.role),
            "author_name": actor.name,
            "audience": audience,
            "body": body,
        },
    ).scalar_one()
    if files:
        db.session.execute(
            sa.update(Attachment)
            .where(
                Attachment.id.in_(files),
                Attachment.ticket_id == ticket.id,
                Attachment.uploaded_by_id == actor.person_id,
            )
            .values(message_id=message_id)
            .execution_options(synchronize_session=False)
        )
    if audience == Audience.SHARED:
        if actor.enterprise_id is not None:
            go_on_after_reply(ticket, actor=actor, now=now)
        if (
            actor.enterprise_id is None
            and ticket.first_contact_at is None
            and ticket.accepted_at is not None
        ):
            note_contact(ticket, at=now, now=now)
            project_clocks(ticket)
        spoke(ticket, actor=actor, now=now)
        db.session.flush()
        record(
            MessagePosted(
                ticket_id=ticket.id, enterprise_id=ticket.enterprise_id, message_id=message_id
            ),
            actor=actor,
            now=now,
        )
    return message_id
