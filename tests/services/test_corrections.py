"""What is corrected is counted no more, and the recount sees what differs."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Actor, Role
from service_portal.counting.queries import prove
from service_portal.directory.queries import forget_directory
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing
from service_portal.ledger.models import UsageEnterpriseMonth, UsageEntry, UsageMonth
from service_portal.ledger.services import reverse
from service_portal.resolving.services import answer_ticket, confirm_ticket, reopen_ticket
from service_portal.tickets.models import Ticket
from tests.factories.directory import create_enterprise, park
from tests.factories.tickets import TUESDAY, enterprise_actor
from tests.factories.usage import create_served
from tests.services.correcting import DAY, MANAGER, connect, correct, later


def differing() -> list[str]:
    """List the findings of a recount that do not hold."""
    return [
        f"{finding.what}: {finding.detail}" for finding in prove(now=later()) if not finding.holds
    ]


def sums() -> tuple[int, int, int]:
    """Give events, cases and minutes of all months."""
    return tuple(
        db.session.execute(
            sa.select(
                *(
                    sa.func.coalesce(sa.func.sum(getattr(UsageMonth, name)), 0)
                    for name in ("events", "cases", "minutes")
                )
            )
        ).one()
    )


def entry_of(ticket: Ticket, measure: str) -> UsageEntry:
    """Give the first entry of a measure."""
    return db.session.scalars(
        sa.select(UsageEntry)
        .where(UsageEntry.ticket_id == ticket.id, UsageEntry.measure == measure)
        .order_by(UsageEntry.seq)
        .limit(1)
    ).one()


@pytest.mark.parametrize("measure", ["event", "case"])
def test_a_corrected_line_is_counted_no_more_and_the_recount_holds(
    db_session: None, measure: str
) -> None:
    ticket = create_served(contacts=2)
    assert sums() == (3, 1, 120) and differing() == []
    wrong = entry_of(ticket, measure)
    seq = correct(wrong)
    assert sums() == ((2, 1, 75) if measure == "event" else (3, 0, 120))
    assert differing() == []
    back = db.session.get_one(UsageEntry, seq)
    assert (back.reverses, back.quantity, back.enterprise_id, back.service_event_id) == (
        wrong.seq,
        -1,
        wrong.enterprise_id,
        wrong.service_event_id,
    )
    with pytest.raises(Conflict):
        correct(wrong)
    with pytest.raises(Conflict):
        correct(back)
    with pytest.raises(Missing):
        reverse(seq + 1, actor=MANAGER, reason="nothing", now=TUESDAY, zone=zone_time())


def test_a_case_corrected_then_opened_again_and_closed_counts_once(db_session: None) -> None:
    asker = enterprise_actor()
    ticket = create_served(asker=asker)
    correct(entry_of(ticket, "case"))
    reopen_ticket(
        actor=asker,
        ticket_id=ticket.id,
        reason="Still wrong.",
        window_days=30,
        now=TUESDAY + 3 * DAY,
    )
    assert sums()[1] == 0 and differing() == []
    owner = Actor(
        role=Role.STATION_MEMBER,
        member_id=ticket.owner_id,
        station_id=ticket.station_id,
        name="Owner",
    )
    answer_ticket(
        actor=owner,
        ticket_id=ticket.id,
        body="Now it is right.",
        outcome="partly",
        channel="document",
        minutes=30,
        evidence_note="slip",
        now=TUESDAY + 4 * DAY,
    )
    confirm_ticket(
        actor=asker,
        ticket_id=ticket.id,
        level=4,
        verdict="solved",
        comment="",
        now=TUESDAY + 5 * DAY,
    )
    assert sums()[1] == 1 and differing() == []


@pytest.mark.parametrize(
    ("change", "by_how_many"),
    [
        ("UPDATE ticket SET close_outcome = 'not_possible'", 1),
        ("UPDATE ticket SET status = 'in_progress'", 1),
        # Besides, nobody gave a verdict on what is now the last cycle.
        ("UPDATE ticket SET cycle = 2", 2),
    ],
)
def test_the_recount_sees_what_was_never_counted_or_counted_for_nothing(
    db_session: None, change: str, by_how_many: int
) -> None:
    create_served()
    db.session.flush()
    db.session.execute(sa.text(change))
    assert len(differing()) == by_how_many


@pytest.mark.parametrize(
    ("change", "by_how_many"),
    [
        ("DELETE FROM service_event WHERE id = (SELECT min(id) FROM service_event)", 1),
        # Besides, the contacts that do not count are one fewer than there are.
        (
            (
                "UPDATE service_event SET countable = false, not_countable_reason = 'no_evidence'"
                " WHERE id = (SELECT min(id) FROM service_event)"
            ),
            2,
        ),
    ],
)
def test_the_recount_sees_contacts_their_owner_changed(
    fresh_app: Flask, change: str, by_how_many: int
) -> None:
    with fresh_app.app_context():
        create_served()
        db.session.commit()
        with connect(fresh_app, "DATABASE_OWNER_URL") as connection:
            connection.execute(change.encode())
        assert len(differing()) == by_how_many


def test_an_enterprise_that_moves_park_is_counted_in_both(db_session: None) -> None:
    asker = enterprise_actor(create_enterprise(park_id=park("NH").id).id)
    create_served(asker=asker)
    db.session.execute(
        sa.text("UPDATE enterprise SET park_id = :park WHERE id = :id"),
        {"park": park("SS").id, "id": asker.enterprise_id},
    )
    db.session.expire_all()
    forget_directory()
    create_served(asker=asker)
    rows = db.session.execute(
        sa.select(UsageEnterpriseMonth.park_id, UsageEnterpriseMonth.events)
    ).all()
    assert sorted(rows) == sorted([(park("NH").id, 2), (park("SS").id, 2)]) and differing() == []
