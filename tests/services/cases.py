"""Looks at a case of a test: whose it is, how its clocks ended; and an answer to give."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.kernel.db import db
from service_portal.resolving.services import answer_ticket
from service_portal.tickets.clock_models import Clock
from service_portal.tickets.models import Assignment, Ticket
from tests.factories.tickets import TUESDAY


def give_answer(ticket: Ticket, member: Actor, *, now: datetime = TUESDAY) -> None:
    """Answer a case, with a slip that proves it."""
    answer_ticket(
        actor=member,
        ticket_id=ticket.id,
        body="Done, see the slip.",
        outcome="resolved",
        channel="message",
        minutes=0,
        evidence_note="slip",
        now=now,
    )


def open_assignments(ticket: Ticket) -> list[int]:
    """List whose the ticket is now."""
    return list(
        db.session.scalars(
            sa.select(Assignment.member_id).where(
                Assignment.ticket_id == ticket.id, Assignment.to_at.is_(None)
            )
        )
    )


def outcomes(ticket: Ticket) -> set[str | None]:
    """Give how the ticket's clocks ended; None is one that runs."""
    return set(db.session.scalars(sa.select(Clock.outcome).where(Clock.ticket_id == ticket.id)))
