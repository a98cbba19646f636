"""What the enterprise says of a result decides whether its case counts, also when it changes its
mind.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.counting.queries import prove
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.ledger.models import UsageEntry, UsageMonth
from service_portal.ledger.services import reverse
from service_portal.resolving.services import ask_redo, confirm_ticket, rate_ticket, reopen_ticket
from service_portal.tickets.models import Rating, Ticket, TimelineEntry
from tests.factories.tickets import TUESDAY, enterprise_actor
from tests.factories.usage import create_answered
from tests.services.correcting import later

DAY = timedelta(days=1)
MANAGER = Actor(role=Role.MANAGER, name="Manager")


@pytest.fixture
def asker(db_session: None) -> Actor:
    """Somebody who files for an enterprise."""
    return enterprise_actor()


def close(ticket: Ticket, asker: Actor, verdict: str | None, *, level: int | None = None) -> None:
    """Close an answered ticket with a verdict."""
    confirm_ticket(
        actor=asker,
        ticket_id=ticket.id,
        level=level,
        verdict=verdict,
        comment="",
        now=TUESDAY + 2 * DAY,
    )


def say(ticket: Ticket, asker: Actor, verdict: str, *, level: int | None = None) -> None:
    """Say something else of a closed ticket."""
    rate_ticket(
        actor=asker,
        ticket_id=ticket.id,
        level=level,
        verdict=verdict,
        comment="",
        now=TUESDAY + 3 * DAY,
    )


def cases() -> int:
    """Give the cases of all months, after a recount that finds every count true."""
    db.session.flush()
    assert [finding for finding in prove(now=later()) if not finding.holds] == []
    return int(db.session.scalar(sa.select(sa.func.sum(UsageMonth.cases))) or 0)


def reasons(ticket: Ticket) -> list[str]:
    """List the case lines of a ticket: `counted`, or why one was taken back."""
    lines = sa.select(UsageEntry).where(
        UsageEntry.ticket_id == ticket.id, UsageEntry.measure == "case"
    )
    return [
        line.reason if line.quantity < 0 else "counted"
        for line in db.session.scalars(lines.order_by(UsageEntry.seq))
    ]


def said_of(ticket: Ticket) -> Rating:
    """Read what was said of a ticket's present cycle."""
    return db.session.get_one(Rating, (ticket.id, ticket.cycle), populate_existing=True)


@pytest.mark.parametrize(
    ("verdict", "counted"), [("solved", 1), ("partly", 1), ("not_solved", 0), (None, 1)]
)
def test_a_case_counts_unless_its_enterprise_calls_it_unsolved(
    asker: Actor, verdict: str | None, counted: int
) -> None:
    close(create_answered(asker=asker), asker, verdict)
    assert cases() == counted


def test_contacts_stay_counted_when_the_case_is_not_solved(asker: Actor) -> None:
    ticket = create_answered(asker=asker, contacts=2)
    close(ticket, asker, "not_solved", level=1)
    assert cases() == 0
    assert db.session.scalar(sa.select(sa.func.sum(UsageMonth.events))) == 3


def test_a_verdict_without_stars_is_kept(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    confirm_ticket(
        actor=asker,
        ticket_id=ticket.id,
        level=None,
        verdict="not_solved",
        comment="Nobody called.",
        now=TUESDAY + 2 * DAY,
    )
    said = said_of(ticket)
    assert (said.verdict, said.comment, said.level, said.source) == (
        "not_solved",
        "Nobody called.",
        None,
        "enterprise",
    )


def test_a_comment_alone_is_kept(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    confirm_ticket(
        actor=asker,
        ticket_id=ticket.id,
        level=None,
        verdict=None,
        comment="Thank you.",
        now=TUESDAY + 2 * DAY,
    )
    assert said_of(ticket).comment == "Thank you."


def test_calling_it_unsolved_later_takes_the_case_back(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    close(ticket, asker, "solved")
    say(ticket, asker, "not_solved")
    assert cases() == 0
    assert reasons(ticket) == ["counted", "not_solved"]


def test_calling_it_solved_later_counts_the_case(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    close(ticket, asker, "not_solved")
    say(ticket, asker, "partly")
    assert cases() == 1
    assert reasons(ticket) == ["counted"]


def test_a_mind_changed_three_times_counts_what_was_said_last(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    close(ticket, asker, "solved")
    for verdict, counted in (("not_solved", 0), ("solved", 1), ("not_solved", 0), ("partly", 1)):
        say(ticket, asker, verdict)
        assert cases() == counted
    assert reasons(ticket) == ["counted", "not_solved"] * 2 + ["counted"]


def test_the_same_verdict_again_changes_no_count(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    close(ticket, asker, "not_solved")
    say(ticket, asker, "not_solved", level=1)
    assert reasons(ticket) == []
    assert said_of(ticket).level == 1


def test_stars_given_later_leave_the_verdict_as_it_was(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    close(ticket, asker, "partly")
    rate_ticket(
        actor=asker,
        ticket_id=ticket.id,
        level=4,
        verdict=None,
        comment="",
        now=TUESDAY + 3 * DAY,
    )
    said = said_of(ticket)
    assert (said.verdict, said.level) == ("partly", 4)


def test_a_managers_correction_outlives_a_verdict_changed_back(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    close(ticket, asker, "solved")
    line = db.session.scalar(
        sa.select(UsageEntry.seq).where(
            UsageEntry.ticket_id == ticket.id, UsageEntry.measure == "case"
        )
    )
    assert line is not None
    reverse(line, actor=MANAGER, reason="No proof.", now=TUESDAY + 3 * DAY, zone=zone_time())
    say(ticket, asker, "not_solved")
    say(ticket, asker, "solved")
    assert cases() == 0
    assert reasons(ticket) == ["counted", "No proof."]


def test_an_unsolved_case_opened_again_and_solved_counts_once(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    close(ticket, asker, "not_solved")
    reopen_ticket(
        actor=asker,
        ticket_id=ticket.id,
        reason="Please go on.",
        window_days=30,
        now=TUESDAY + 3 * DAY,
    )
    create_answered(again=ticket)
    close(ticket, asker, "solved")
    assert cases() == 1


def test_done_again_instead_of_closed_leaves_the_case_open(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    ask_redo(actor=asker, ticket_id=ticket.id, reason="Not yet.", now=TUESDAY + 2 * DAY)
    assert cases() == 0


def test_a_changed_verdict_stands_in_the_timeline(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    close(ticket, asker, "solved")
    say(ticket, asker, "not_solved")
    kinds = sa.select(TimelineEntry.kind, TimelineEntry.data["verdict"].as_string())
    lines = db.session.execute(
        kinds.where(TimelineEntry.ticket_id == ticket.id).order_by(TimelineEntry.id)
    ).all()
    assert [tuple(line) for line in lines[-2:]] == [
        ("confirm", "solved"),
        ("verdict", "not_solved"),
    ]


def test_a_verdict_nobody_knows_is_refused(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    with pytest.raises(Refused) as refused:
        close(ticket, asker, "perhaps")
    assert refused.value.field == "verdict"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE rating SET verdict = 'not_solved'",
        "UPDATE ticket SET cycle = 2",
    ],
)
def test_the_recount_finds_a_case_that_its_verdict_does_not_allow(
    asker: Actor, change: str
) -> None:
    close(create_answered(asker=asker), asker, "solved")
    db.session.flush()
    db.session.execute(sa.text(change))
    assert [finding.what for finding in prove(now=later()) if not finding.holds] != []


def test_the_recount_finds_a_solved_case_left_uncounted(asker: Actor) -> None:
    ticket = create_answered(asker=asker)
    close(ticket, asker, "solved")
    say(ticket, asker, "not_solved")
    db.session.flush()
    db.session.execute(sa.text("UPDATE rating SET verdict = 'solved'"))
    assert [finding.what for finding in prove(now=later()) if not finding.holds] != []
