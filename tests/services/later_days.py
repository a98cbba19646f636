"""A later day for an answer in a test: it is asked for, decided on, and read again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.kernel.db import db
from service_portal.sla.queries import working_day
from service_portal.tickets.models import TimelineEntry
from service_portal.working.extending import (
    ask_extension,
    grant_extension,
    refuse_extension,
)
from service_portal.working.services import start_work
from tests.factories.tickets import TUESDAY
from tests.services.alarms import told
from tests.services.taken import HOUR, Taken, accepted, taken
from tests.services.turning import contact

ASKED, DECIDED = TUESDAY + 2 * HOUR, TUESDAY + 3 * HOUR
DAY = timedelta(days=1)


def promised(case: Taken) -> datetime:
    """Give when the answer is due."""
    due_at = case.now().resolve_due_at
    assert due_at is not None
    return due_at


def later_day(case: Taken, *, ahead: int = 2) -> date:
    """Give a working day after the promised one."""
    return working_day(promised(case), ahead=ahead)


def ask(
    case: Taken, by: Actor | None = None, *, now: datetime = ASKED, ahead: int = 2, **said: Any
) -> None:
    """Ask for a later day."""
    usual = {"until": later_day(case, ahead=ahead), "reason": "The bureau is slow."}
    ask_extension(actor=by or case.member, ticket_id=case.ticket.id, now=now, **{**usual, **said})


def grant(
    case: Taken, by: Actor | None = None, *, now: datetime = DECIDED, words: str = ""
) -> None:
    """Agree to it."""
    grant_extension(actor=by or case.lead, ticket_id=case.ticket.id, words=words, now=now)


def refuse(case: Taken, by: Actor | None = None, *, words: str = "Answer in time.") -> None:
    """Let the promised day stand."""
    refuse_extension(actor=by or case.lead, ticket_id=case.ticket.id, words=words, now=DECIDED)


def lines(case: Taken, kind: str) -> list[TimelineEntry]:
    """List the lines of a kind."""
    found = sa.select(TimelineEntry).where(
        TimelineEntry.ticket_id == case.ticket.id, TimelineEntry.kind == kind
    )
    return list(db.session.scalars(found.order_by(TimelineEntry.id)))


def hears(case: Taken, event: str) -> set[int | None]:
    """Give who is told of an event."""
    return {row.person_id for row in told(case.ticket, event)}


def is_open(case: Taken) -> bool:
    """Say whether somebody waits for a decision."""
    ticket = case.now()
    assert (ticket.extension_due_at is None) == (ticket.extension_asked_by_id is None)
    return ticket.extension_due_at is not None


@pytest.fixture
def case(db_session: None) -> Taken:
    """A case on which its station's member works."""
    case = accepted()
    start_work(actor=case.member, ticket_id=case.ticket.id, now=TUESDAY)
    contact(case, case.member)
    return case


@pytest.fixture
def away(db_session: None) -> Taken:
    """A case that an institution has taken."""
    return taken()
