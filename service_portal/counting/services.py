"""A delivery becomes usage in the very transaction that records it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.catalogue.queries import definition
from service_portal.counting.rules import RULE_VERSION, case_key, event_key, is_case, persons_of
from service_portal.events.catalog import ServiceDelivered, TicketClosed, TicketReopened
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.ledger.models import UsageEntry
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
            measure="event", at=done.started_at, day=done.day, ticket_id=ticket.id, enterprise_id=ticket.enterprise_id,
            station_id=done.station_id, institution_id=done.institution_id, park_id=ticket.park_id,
            category_code=ticket.category_code, service_code=ticket.service_code, rule_version=RULE_VERSION,
            actor_person_id=actor.person_id, service_event_id=done.id, minutes=done.minutes,
            persons=persons_of(count_basis=definition(ticket.service_version_id).count_basis, channel=done.channel, attendees=done.attendees),
            unique_key=event_key(
                enterprise_id=ticket.enterprise_id, ticket_id=ticket.id, station_id=done.station_id,
                institution_id=done.institution_id, day=done.day,
            ),
        )
    )  # fmt: skip


def count_case(event: TicketClosed, *, actor: Actor, now: datetime) -> None:
    """Write a closed case with a result to the ledger, once for each cycle."""
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if not is_case(outcome=ticket.close_outcome) or ticket.station_id is None:
        return
    append(
        Usage(
            measure="case", at=now, day=now.astimezone(zone_time()).date(), ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id, station_id=ticket.station_id, institution_id=ticket.institution_id,
            park_id=ticket.park_id, category_code=ticket.category_code, service_code=ticket.service_code,
            rule_version=RULE_VERSION, actor_person_id=actor.person_id,
            unique_key=case_key(ticket_id=ticket.id, cycle=ticket.cycle),
        )
    )  # fmt: skip


def reverse_case(event: TicketReopened, *, actor: Actor, now: datetime) -> None:
    """Reverse the case of a ticket that is open again; its service events stay, they did happen."""
    counted = sa.select(UsageEntry.seq).where(
        UsageEntry.ticket_id == event.ticket_id, UsageEntry.measure == "case", UsageEntry.quantity == 1,
        ~sa.exists().where(_reversal.reverses == UsageEntry.seq),
    )  # fmt: skip
    seq = db.session.scalar(counted)
    if seq is not None:
        zone: ZoneInfo = zone_time()
        reverse(seq, actor=actor, reason="reopened", now=now, zone=zone)


_reversal = sa.orm.aliased(UsageEntry)
