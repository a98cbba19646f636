"""How a case turns in a test: what people do to it, and what it says afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.assigning.coming_back import give_back, take_back
from service_portal.kernel.db import db
from service_portal.tickets.models import TimelineEntry
from service_portal.working.services import record_contact
from tests.factories.tickets import TUESDAY
from tests.services.taken import HOUR, Taken

SOON = TUESDAY + HOUR


def back(case: Taken, by: Actor, *, now: datetime = SOON, **said: Any) -> None:
    """Take a case back."""
    usual = {"reason_code": "silent", "words": "Nobody answers the phone."}
    take_back(actor=by, ticket_id=case.ticket.id, now=now, **{**usual, **said})


def given_back(case: Taken, by: Actor | None = None, *, now: datetime = SOON) -> None:
    """Let an institution give a case back."""
    give_back(
        actor=by or case.institution,
        ticket_id=case.ticket.id,
        reason_code="no_capacity",
        words="Our lawyer has left.",
        now=now,
    )


def own_time_ends(case: Taken) -> datetime:
    """Give the moment at which the institution's own time is over."""
    due_at = case.clocks("handle")[-1].due_at
    assert due_at is not None
    return due_at


def line(case: Taken, kind: str) -> TimelineEntry:
    """Give the newest line of a kind."""
    found = sa.select(TimelineEntry).where(
        TimelineEntry.ticket_id == case.ticket.id, TimelineEntry.kind == kind
    )
    return db.session.scalars(found.order_by(TimelineEntry.id.desc()).limit(1)).one()


def contact(case: Taken, by: Actor, *, now: datetime = SOON) -> None:
    """Record a contact that counts."""
    record_contact(
        actor=by,
        ticket_id=case.ticket.id,
        channel="phone",
        started_at=now,
        minutes=20,
        attendees=1,
        summary="Talked through the contract.",
        evidence_note="call record 12",
        now=now,
    )
