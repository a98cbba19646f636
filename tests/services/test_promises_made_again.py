"""A promise that is made again is a row of its own: how the one before ended stays, what it was
promised under stays, and the new one climbs its ladder from the bottom.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from service_portal.access.actor import SYSTEM, Actor
from service_portal.filing.services import resubmit_ticket, withdraw_ticket
from service_portal.kernel.db import db
from service_portal.reminding.models import Alarm
from service_portal.reminding.services import fire_due
from service_portal.sla.queries import calendar_for
from service_portal.sla.rules import LADDER_VERSION, LADDERS, Ladder
from service_portal.tickets.models import Clock, Ticket
from service_portal.tickets.page import read_page
from service_portal.working.services import accept_ticket, refuse_ticket, return_ticket
from tests.factories.tickets import TUESDAY, a_request, enterprise_actor
from tests.services.test_journey import fresh, routed_and_assigned

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def runs_of(ticket: Ticket, kind: str) -> list[Clock]:
    """List the promises of a kind on a ticket, the first one first."""
    runs = sa.select(Clock).where(Clock.ticket_id == ticket.id, Clock.kind == kind)
    return list(
        db.session.scalars(runs.order_by(Clock.run).execution_options(populate_existing=True)).all()
    )


def send_again_at(
    ticket: Ticket, member: Actor, asker: Actor, *, returned_at: datetime, at: datetime
) -> None:
    """Send a request back and let the enterprise send it again."""
    return_ticket(actor=member, ticket_id=ticket.id, words="The invoice.", now=returned_at)
    resubmit_ticket(actor=asker, ticket_id=ticket.id, request=a_request(), now=at)


def test_a_request_sent_again_keeps_how_its_first_acceptance_ended(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, member = routed_and_assigned("POL-03", asker)
    due = runs_of(ticket, "accept")[0].due_at
    assert due is not None
    send_again_at(ticket, member, asker, returned_at=due + HOUR, at=due + DAY)
    first, second = runs_of(ticket, "accept")
    assert (first.run, first.outcome, first.started_at) == (1, "late", TUESDAY)
    assert first.due_at == due and first.stopped_at == due + HOUR
    assert (second.run, second.outcome, second.started_at) == (2, None, due + DAY)
    accept_ticket(actor=member, ticket_id=ticket.id, now=due + DAY + HOUR)
    assert [clock.outcome for clock in runs_of(ticket, "accept")] == ["late", "met"]


def test_a_promise_made_again_reminds_from_the_first_rung_on(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, member = routed_and_assigned("POL-03", asker)
    half = runs_of(ticket, "accept")[0].next_alarm_at
    assert half is not None and fire_due(now=half) == 1
    send_again_at(ticket, member, asker, returned_at=half, at=half + HOUR)
    second = runs_of(ticket, "accept")[1]
    assert second.next_alarm_at is not None
    assert (second.next_rung, second.last_rung) == ("remind", None)
    assert fire_due(now=second.next_alarm_at) == 1
    spoken = sa.select(Alarm.clock_id).where(
        Alarm.ticket_id == ticket.id, Alarm.kind == "accept", Alarm.rung == "remind"
    )
    assert db.session.scalars(spoken).all() == [run.id for run in runs_of(ticket, "accept")]


def test_a_contact_promised_again_while_it_runs_cancels_the_one_before(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, member = routed_and_assigned("POL-03", asker)
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    send_again_at(ticket, member, asker, returned_at=TUESDAY + HOUR, at=TUESDAY + 2 * HOUR)
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY + 3 * HOUR)
    assert [(one.run, one.outcome) for one in runs_of(ticket, "contact")] == [
        (1, "cancelled"),
        (2, None),
    ]


def test_the_page_shows_how_both_acceptances_went(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, member = routed_and_assigned("POL-03", asker)
    due = runs_of(ticket, "accept")[0].due_at
    assert due is not None
    send_again_at(ticket, member, asker, returned_at=due + HOUR, at=due + DAY)
    accept_ticket(actor=member, ticket_id=ticket.id, now=due + DAY + HOUR)
    shown = read_page(ticket.id, actor=SYSTEM, internal=True, decisions=False).clocks
    assert [(one.kind, one.outcome) for one in shown] == [
        ("accept", "late"),
        ("accept", "met"),
        ("contact", None),
        ("resolve", None),
    ]


def test_a_ladder_changed_later_does_not_move_the_rungs_of_a_clock_that_runs(
    db_session: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, _member = routed_and_assigned("POL-03")
    half = runs_of(ticket, "accept")[0].next_alarm_at
    assert half is not None
    later = Ladder(LADDERS[1].rungs, {**LADDERS[1].shares, "yellow": (99, 100)}, LADDERS[1].levels)
    monkeypatch.setitem(LADDERS, LADDER_VERSION + 1, later)
    assert fire_due(now=half) == 1
    kept = runs_of(ticket, "accept")[0]
    assert (
        kept.ladder_version == LADDER_VERSION
        and kept.next_rung == "yellow"
        and kept.due_at is not None
    )
    calendar = calendar_for(kept.calendar_id)[1]
    minutes = calendar.working_between(kept.started_at, kept.due_at) * 4 // 5
    assert kept.next_alarm_at == calendar.add_working(kept.started_at, minutes)


def test_a_clock_on_a_ladder_of_a_later_release_is_left_to_it(db_session: None) -> None:
    ticket, _member = routed_and_assigned("POL-03")
    db.session.execute(
        sa.update(Clock).where(Clock.ticket_id == ticket.id).values(ladder_version=1000)
    )
    assert fire_due(now=TUESDAY + 60 * DAY) == 0


@pytest.mark.parametrize("end", ["withdrawn", "refused"])
def test_a_ticket_that_ended_shows_no_deadline_and_no_light(db_session: None, end: str) -> None:
    asker = enterprise_actor()
    ticket, member = routed_and_assigned("POL-03", asker)
    due = runs_of(ticket, "accept")[0].due_at
    assert due is not None and fire_due(now=due) > 0 and fresh(ticket).light == 2
    if end == "withdrawn":
        withdraw_ticket(actor=asker, ticket_id=ticket.id, reason="", now=due + HOUR)
    else:
        refuse_ticket(
            actor=member,
            ticket_id=ticket.id,
            reason_code="out_of_scope",
            words="The tax office does this.",
            now=due + HOUR,
        )
    assert (fresh(ticket).next_due_at, fresh(ticket).light) == (None, 0)


# As the first release started a promise, for the first time or again.
_FORMER = sa.text("""
    INSERT INTO clock (ticket_id, enterprise_id, cycle, limit_amount, limit_unit, due_at, next_rung,
        next_alarm_at, estimated, kind, calendar_id, started_at)
    SELECT id, enterprise_id, 1, 1, 'wd', :now, 'yellow', :now, false, :kind,
        (SELECT min(id) FROM calendar), :now
    FROM ticket WHERE id = :ticket
    ON CONFLICT (ticket_id, kind, cycle) DO UPDATE SET limit_amount = excluded.limit_amount,
        limit_unit = excluded.limit_unit, started_at = excluded.started_at,
        due_at = excluded.due_at, next_rung = excluded.next_rung,
        next_alarm_at = excluded.next_alarm_at, estimated = excluded.estimated, stopped_at = NULL,
        outcome = NULL, paused_at = NULL, due_when_paused_at = NULL, last_rung = NULL
""")


def test_the_release_that_still_serves_may_start_promises_its_own_way(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, member = routed_and_assigned("POL-03", asker)
    send_again_at(ticket, member, asker, returned_at=TUESDAY + HOUR, at=TUESDAY + 2 * HOUR)
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY + 3 * HOUR)
    before = [one.outcome for one in runs_of(ticket, "accept")]
    for kind in ("contact", "accept"):
        db.session.execute(_FORMER, {"ticket": ticket.id, "kind": kind, "now": TUESDAY + DAY})
    assert before == ["met", "met"]
    assert [(one.run, one.outcome) for one in runs_of(ticket, "accept")] == [(1, None), (2, "met")]
    assert [one.started_at for one in runs_of(ticket, "contact")] == [TUESDAY + DAY]
