"""A delivery becomes usage in the very transaction that records it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.catalogue.queries import definition
from service_portal.counting.rules import (
    NOT_SOLVED,
    REOPENED,
    RULE_VERSION,
    case_key,
    event_key,
    is_case,
    persons_of,
)
from service_portal.events.catalog import (
    ServiceDelivered,
    TicketClosed,
    TicketReopened,
    VerdictChanged,
)
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import AnyRow, db
from service_portal.ledger.models import Measure, UsageEntry
from service_portal.ledger.services import Usage, append, reverse
from service_portal.tickets.models import ServiceEvent, Ticket


def count_delivery(event: ServiceDelivered, *, actor: Actor, now: datetime) -> None:
    """Write a countable service event to the ledger; a not countable one leaves no entry."""
    done = db.session.get_one(ServiceEvent, event.service_event_id)
    if not done.countable:
        return
    ticket = db.session.get_one(Ticket, done.ticket_id)
    append(
        Usage(
            measure=Measure.EVENT,
            at=done.started_at,
            day=done.day,
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            station_id=done.station_id,
            institution_id=done.institution_id,
            park_id=ticket.park_id,
            category_code=ticket.category_code,
            service_code=ticket.service_code,
            rule_version=RULE_VERSION,
            actor_person_id=actor.person_id,
            service_event_id=done.id,
            minutes=done.minutes,
            persons=persons_of(
                count_basis=definition(ticket.service_version_id).count_basis,
                channel=done.channel,
                attendees=done.attendees,
            ),
            unique_key=event_key(
                enterprise_id=ticket.enterprise_id,
                ticket_id=ticket.id,
                station_id=done.station_id,
                institution_id=done.institution_id,
                day=done.day,
            ),
        )
    )


def count_case(event: TicketClosed, *, actor: Actor, now: datetime) -> None:
    """Write a closed case to the ledger, once for each cycle; one that is not solved leaves no
    entry.
    """
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if is_case(outcome=ticket.close_outcome, verdict=event.verdict):
        _count(ticket, actor=actor, now=now)


def follow_verdict(event: VerdictChanged, *, actor: Actor, now: datetime) -> None:
    """Take the case of a closed ticket back when the enterprise says it is not solved, count it
    when it says it is.

    A case that a manager has taken back, for a reason of the zone's own, stays so.
    """
    ticket = db.session.get_one(Ticket, event.ticket_id)
    counted = _counted(ticket.id, ticket.cycle)
    standing = next((line for line in counted if line.reversed_because is None), None)
    wanted = is_case(outcome=ticket.close_outcome, verdict=event.verdict)
    if standing is not None and not wanted:
        reverse(standing.seq, actor=actor, reason=NOT_SOLVED, now=now, zone=zone_time())
    is_open = not counted or counted[0].reversed_because == NOT_SOLVED
    if standing is None and wanted and is_open:
        _count(ticket, actor=actor, now=now, again=len(counted))


def reverse_case(event: TicketReopened, *, actor: Actor, now: datetime) -> None:
    """Reverse the case of a ticket that is open again; its service events stay, they did happen."""
    counted = sa.select(UsageEntry.seq).where(
        UsageEntry.ticket_id == event.ticket_id,
        UsageEntry.measure == Measure.CASE,
        UsageEntry.quantity == 1,
        ~sa.exists().where(_reversal.reverses == UsageEntry.seq),
    )
    seq = db.session.scalar(counted)
    if seq is not None:
        reverse(seq, actor=actor, reason=REOPENED, now=now, zone=zone_time())


def _count(ticket: Ticket, *, actor: Actor, now: datetime, again: int = 0) -> None:
    if ticket.station_id is None:
        return
    append(
        Usage(
            measure=Measure.CASE,
            at=now,
            day=now.astimezone(zone_time()).date(),
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            station_id=ticket.station_id,
            institution_id=ticket.institution_id,
            park_id=ticket.park_id,
            category_code=ticket.category_code,
            service_code=ticket.service_code,
            rule_version=RULE_VERSION,
            actor_person_id=actor.person_id,
            unique_key=case_key(ticket_id=ticket.id, cycle=ticket.cycle, again=again),
        )
    )


_reversal = sa.orm.aliased(UsageEntry)


def _counted(ticket_id: int, cycle: int) -> list[AnyRow]:
    """List how often a cycle's case was counted, newest first, and why each line was taken back."""
    key = case_key(ticket_id=ticket_id, cycle=cycle)
    return list(
        db.session.execute(
            sa.select(UsageEntry.seq, _reversal.reason.label("reversed_because"))
            .outerjoin(_reversal, _reversal.reverses == UsageEntry.seq)
            .where(
                UsageEntry.ticket_id == ticket_id,
                UsageEntry.measure == Measure.CASE,
                UsageEntry.quantity == 1,
                sa.or_(UsageEntry.unique_key == key, UsageEntry.unique_key.startswith(f"{key}:")),
            )
            .order_by(UsageEntry.seq.desc())
        )
    )
