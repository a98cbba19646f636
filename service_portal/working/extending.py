"""A later day for an answer: whoever has the case asks for it, a lead of the station decides."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from service_portal.access.actor import SYSTEM, Actor, Role
from service_portal.access.permissions import Permission
from service_portal.catalogue.queries import definition
from service_portal.events.catalog import (
    ExtensionAsked,
    ExtensionGranted,
    ExtensionLapsed,
    ExtensionRefused,
)
from service_portal.events.outbox import record
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Refused
from service_portal.sla.queries import calendar_for
from service_portal.tickets.codes import EntryAudience
from service_portal.tickets.extensions import (
    asked_of,
    end_of_work,
    extend_promise,
    latest_end,
    running_promise,
)
from service_portal.tickets.models import Ticket
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import Move, Status, next_status
from service_portal.tickets.services import advance, end_extension_request
from service_portal.tickets.words import refusal
from service_portal.web.formatting import day
from service_portal.web.translations import gettext as _

# Of an event: leads decide, and this one has asked.
BY_LEAD = "by_lead"


def ask_extension(
    *, actor: Actor, ticket_id: int, until: date | None, reason: str, now: datetime
) -> Ticket:
    """Ask for a later day of the answer, before the one that is promised now.

    At most so many working days after the first promise as the service allows; one request at a
    time. Until somebody decides, nothing changes.
    """
    if until is None:
        raise Refused(_("Choose the day by which you can answer."), field="until")
    if not reason:
        raise Refused(_("Say why; the enterprise reads it once a lead agrees."), field="reason")
    ticket = _lock(ticket_id, Move.ASK_EXTENSION, actor, Permission.TICKET_EXTEND)
    if ticket.extension_due_at is not None:
        raise Conflict(
            _("A later day was asked for already. Wait until a lead has decided."),
            code="extension_asked_already",
        )
    ticket.extension_due_at = _fitting(ticket, until, now=now)
    ticket.extension_asked_by_id = actor.person_id
    advance(
        ticket,
        Move.ASK_EXTENSION,
        actor=actor,
        now=now,
        data={"until": until.isoformat(), "reason": reason},
        audience=EntryAudience.STAFF,
        event=ExtensionAsked(
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            reason=BY_LEAD if actor.role is Role.STATION_LEAD else "",
        ),
    )
    return ticket


def _fitting(ticket: Ticket, until: date, *, now: datetime) -> datetime:
    """Give the end of a day's work as the new due moment, where the service lets it be."""
    most = definition(ticket.service_version_id).max_extension_working_days
    if most == 0:
        raise Conflict(
            _("The promise of this service can't be extended."), code="extension_not_possible"
        )
    promise, calendar = running_promise(ticket), calendar_for()[1]
    due_at = promise.due_at
    if due_at is None or now >= due_at:
        raise Conflict(
            _("The promised day is over: it is too late to ask for a later one."),
            code="extension_too_late",
        )
    new_due_at, latest = (
        end_of_work(until, calendar),
        latest_end(promise.first_due_at or due_at, most, calendar),
    )
    if new_due_at is None:
        raise Refused(_("Nobody works on that day. Choose a working day."), field="until")
    if not due_at < new_due_at <= latest:
        raise Refused(
            _(
                "Choose a day after %(promised)s, the one promised now, and until %(latest)s.",
                promised=day(due_at.astimezone(zone_time()).date()),
                latest=day(latest.astimezone(zone_time()).date()),
            ),
            field="until",
        )
    return new_due_at


def grant_extension(*, actor: Actor, ticket_id: int, now: datetime, words: str = "") -> Ticket:
    """Promise the answer by the later day that was asked for; the enterprise is told, and reads
    why.
    """
    ticket = _lock_asked(ticket_id, Move.GRANT_EXTENSION, actor, now=now)
    new_due_at, asked, before = ticket.extension_due_at, asked_of(ticket), ticket.resolve_due_at
    assert new_due_at is not None and before is not None
    ticket.extension_due_at = ticket.extension_asked_by_id = None
    extend_promise(ticket, until=new_due_at, now=now)
    advance(
        ticket,
        Move.GRANT_EXTENSION,
        actor=actor,
        now=now,
        data={
            "until": asked.until,
            "before": before.astimezone(zone_time()).date().isoformat(),
            "reason": asked.reason,
            "words": words,
        },
        event=ExtensionGranted(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id),
    )
    return ticket


def refuse_extension(*, actor: Actor, ticket_id: int, words: str, now: datetime) -> Ticket:
    """Let the promised day stand; whoever asked reads why, the enterprise nothing of it."""
    if not words:
        raise Refused(_("Say why in a sentence; whoever asked reads it."), field="words")
    ticket = _lock_asked(ticket_id, Move.REFUSE_EXTENSION, actor, now=now)
    ticket.extension_due_at = ticket.extension_asked_by_id = None
    advance(
        ticket,
        Move.REFUSE_EXTENSION,
        actor=actor,
        now=now,
        data={"words": words},
        audience=EntryAudience.STAFF,
        event=ExtensionRefused(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id),
    )
    return ticket


def lapse_extensions(*, now: datetime, limit: int = 200) -> int:
    """End requests for a later day on which nobody decided until the promised one, and count
    them.
    """
    over = (
        sa.select(Ticket)
        .where(Ticket.extension_due_at.is_not(None), Ticket.resolve_due_at <= now)
        .order_by(Ticket.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    tickets = db.session.scalars(over).all()
    for ticket in tickets:
        end_extension_request(ticket, actor=SYSTEM, now=now, lapsed=True)
        record(ExtensionLapsed(ticket.id, ticket.enterprise_id), actor=SYSTEM, now=now)
    db.session.flush()
    return len(tickets)


def _lock(ticket_id: int, move: Move, actor: Actor, permission: Permission) -> Ticket:
    ticket = lock_ticket(ticket_id, actor=actor, permission=permission).ticket
    if next_status(Status(ticket.status), move) is None:
        raise Conflict(refusal(Status(ticket.status)), code="illegal_move")
    return ticket


def _lock_asked(ticket_id: int, move: Move, actor: Actor, *, now: datetime) -> Ticket:
    """Lock a ticket on which somebody waits for a decision that the actor may make."""
    ticket = _lock(ticket_id, move, actor, Permission.TICKET_DECIDE_EXTENSION)
    if ticket.extension_due_at is None or (
        ticket.resolve_due_at is not None and now >= ticket.resolve_due_at
    ):
        raise Conflict(
            _("Nobody waits for this decision any more: it was made, or the day is over."),
            code="no_extension",
        )
    if ticket.extension_asked_by_id == actor.person_id:
        raise Forbidden(
            _(
                "You have asked for it yourself. Another lead of the station, the headquarters or a"
                " manager decides."
            )
        )
    return ticket
