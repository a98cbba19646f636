"""Records a substantive contact with an enterprise and says so; whether it counts is decided here,
once, with its reason.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.directory.models import Enterprise, Institution
from service_portal.events.catalog import ServiceDelivered
from service_portal.events.outbox import record
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.tickets.codes import Purpose
from service_portal.tickets.delivery_rules import RULE_VERSION, DeliveryFacts, not_countable
from service_portal.tickets.models import Attachment, ServiceEvent, Ticket


def record_delivery(
    ticket: Ticket,
    *,
    actor: Actor,
    channel: str,
    started_at: datetime,
    minutes: int,
    summary: str,
    evidence_note: str = "",
    evidence_ids: list[int] | None = None,
    attendees: int = 1,
    now: datetime,
) -> ServiceEvent:
    """Write a service event of a locked ticket and let counting join; the provider is the actor's
    institution or the ticket's station.
    """
    assert ticket.station_id is not None
    day = started_at.astimezone(zone_time()).date()
    counted_already = db.session.scalar(
        sa.select(ServiceEvent.id).where(
            ServiceEvent.ticket_id == ticket.id,
            ServiceEvent.day == day,
            ServiceEvent.countable,
            ServiceEvent.institution_id.is_not_distinct_from(actor.institution_id),
            ServiceEvent.station_id == ticket.station_id,
        )
    )
    facts = DeliveryFacts(
        summary=summary,
        has_evidence=bool(evidence_note.strip()) or bool(evidence_ids),
        minutes=minutes,
        channel=channel,
        counted_already=counted_already is not None,
        same_controller=_same_controller(ticket, actor),
        started_at=started_at,
        filed_at=ticket.filed_at,
        now=now,
    )
    reason = not_countable(facts)
    done = ServiceEvent(
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        station_id=ticket.station_id,
        institution_id=actor.institution_id,
        person_id=actor.person_id,
        person_name=actor.name,
        channel=channel,
        started_at=started_at,
        day=day,
        minutes=minutes,
        attendees=attendees,
        summary=summary,
        evidence_note=evidence_note,
        recorded_at=now,
        countable=reason is None,
        not_countable_reason=reason,
        count_rule_version=RULE_VERSION,
    )
    db.session.add(done)
    db.session.flush()
    if evidence_ids:
        db.session.execute(
            sa.update(Attachment)
            .where(Attachment.id.in_(evidence_ids), Attachment.ticket_id == ticket.id)
            .values(purpose=Purpose.EVIDENCE, service_event_id=done.id)
            .execution_options(synchronize_session=False)
        )
    event = ServiceDelivered(
        ticket_id=ticket.id, enterprise_id=ticket.enterprise_id, service_event_id=done.id
    )
    record(event, actor=actor, now=now)
    return done


def _same_controller(ticket: Ticket, actor: Actor) -> bool:
    if actor.institution_id is None:
        return False
    return bool(
        db.session.scalar(
            sa.select(Enterprise.id)
            .join(Institution, Institution.id == actor.institution_id)
            .where(
                Enterprise.id == ticket.enterprise_id,
                sa.or_(
                    sa.and_(
                        Enterprise.controller != "", Enterprise.controller == Institution.controller
                    ),
                    sa.and_(Enterprise.phone != "", Enterprise.phone == Institution.phone),
                ),
            )
        )
    )
