"""What is said of a result can be changed for seven days; what was said before stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.counting.queries import prove
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict
from service_portal.resolving.services import (
    close_silent,
    confirm_ticket,
    rate_ticket,
    reopen_ticket,
)
from service_portal.tickets.models import Rating, Ticket, TimelineEntry
from tests.factories.tickets import TUESDAY, enterprise_actor
from tests.factories.usage import create_answered
from tests.services.correcting import later

DAY = timedelta(days=1)
CLOSED = TUESDAY + DAY


@pytest.fixture
def asker(db_session: None) -> Actor:
    """Somebody who files for an enterprise."""
    return enterprise_actor()


@pytest.fixture
def ticket(asker: Actor) -> Ticket:
    """An answered request."""
    return create_answered(asker=asker)


def close(ticket: Ticket, asker: Actor, **said: Any) -> None:
    """Close it."""
    usual = {"level": None, "verdict": "solved", "comment": "", "now": CLOSED}
    confirm_ticket(actor=asker, ticket_id=ticket.id, **{**usual, **said})


def say(ticket: Ticket, asker: Actor, *, now: datetime, **said: Any) -> None:
    """Say something else of it."""
    usual = {"level": None, "verdict": None, "comment": ""}
    rate_ticket(actor=asker, ticket_id=ticket.id, now=now, **{**usual, **said})


def lines(ticket: Ticket) -> list[dict[str, Any]]:
    """List what the timeline keeps of what was said."""
    found = sa.select(TimelineEntry.data).where(
        TimelineEntry.ticket_id == ticket.id, TimelineEntry.kind.in_(["confirm", "verdict"])
    )
    kept = db.session.scalars(found.order_by(TimelineEntry.id))
    return [{name: data[name] for name in data if name != "outcome"} for data in kept]


def rating(ticket: Ticket) -> Rating:
    """Read what was said last."""
    return db.session.get_one(Rating, (ticket.id, ticket.cycle), populate_existing=True)


def test_every_word_stays_in_the_timeline_and_the_last_one_counts(
    asker: Actor, ticket: Ticket
) -> None:
    close(ticket, asker, level=1, verdict="not_solved", comment="Nobody called.")
    say(ticket, asker, level=3, comment="They called.", now=CLOSED + DAY)
    say(ticket, asker, verdict="partly", now=CLOSED + 2 * DAY)
    assert lines(ticket) == [
        {"level": 1, "verdict": "not_solved", "comment": "Nobody called."},
        {"level": 3, "verdict": "not_solved", "comment": "They called."},
        {"level": 3, "verdict": "partly"},
    ]
    said = rating(ticket)
    assert (said.level, said.verdict) == (3, "partly")
    assert (said.first_at, said.at) == (CLOSED, CLOSED + 2 * DAY)
    assert [one.what for one in prove(now=later()) if not one.holds] == []


def test_the_same_again_is_nothing_new(asker: Actor, ticket: Ticket) -> None:
    close(ticket, asker, level=4)
    say(ticket, asker, level=4, verdict="solved", now=CLOSED + DAY)
    assert len(lines(ticket)) == 1 and rating(ticket).at == CLOSED


def test_after_seven_days_it_stays(asker: Actor, ticket: Ticket) -> None:
    close(ticket, asker, level=4)
    say(ticket, asker, level=3, now=CLOSED + 7 * DAY)
    with pytest.raises(Conflict) as refused:
        say(ticket, asker, level=1, now=CLOSED + 7 * DAY + timedelta(seconds=1))
    assert refused.value.code == "rating_final" and rating(ticket).level == 3


def test_the_seven_days_begin_with_the_first_word(asker: Actor, ticket: Ticket) -> None:
    at = CLOSED + 20 * DAY
    assert close_silent(working_days=5, now=at) == 1
    db.session.refresh(ticket)
    say(ticket, asker, level=2, now=at + 10 * DAY)
    say(ticket, asker, level=4, now=at + 17 * DAY)
    assert rating(ticket).first_at == at + 10 * DAY
    with pytest.raises(Conflict):
        say(ticket, asker, level=5, now=at + 18 * DAY)


def test_what_was_said_before_the_upgrade_counts_from_when_it_was_said(
    asker: Actor, ticket: Ticket
) -> None:
    close(ticket, asker, level=4)
    db.session.execute(sa.update(Rating).values(first_at=None))
    say(ticket, asker, level=3, now=CLOSED + DAY)
    assert rating(ticket).first_at == CLOSED
    with pytest.raises(Conflict):
        say(ticket, asker, level=1, now=CLOSED + 8 * DAY)


def test_done_again_it_is_judged_anew_and_the_first_word_stays(
    asker: Actor, ticket: Ticket
) -> None:
    close(ticket, asker, level=1, verdict="not_solved")
    again = CLOSED + 2 * DAY
    reopen_ticket(actor=asker, ticket_id=ticket.id, reason="Go on.", window_days=30, now=again)
    create_answered(again=ticket, now=again)
    close(ticket, asker, level=5, now=again + DAY)
    kept = sa.select(Rating.cycle, Rating.level).where(Rating.ticket_id == ticket.id)
    assert [tuple(row) for row in db.session.execute(kept.order_by(Rating.cycle))] == [
        (1, 1),
        (2, 5),
    ]


def test_the_recount_finds_stars_that_nobody_gave(asker: Actor, ticket: Ticket) -> None:
    close(ticket, asker, level=2)
    db.session.flush()
    db.session.execute(sa.update(Rating).values(level=5))
    assert [one.code for one in prove(now=later()) if not one.holds] == ["verdicts"]
