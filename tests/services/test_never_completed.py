"""A request that was sent back, and never completed, is its station's to go on with."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service_portal.filing.services import resubmit_ticket
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict
from service_portal.tickets.clock_models import ClockPause
from service_portal.tickets.rules import Status
from service_portal.working.services import accept_ticket, refuse_ticket, return_ticket
from tests.factories.tickets import TUESDAY, a_request
from tests.services.taken import Taken, accepted

WEEK = TUESDAY + timedelta(days=7)


@pytest.fixture
def case(db_session: None) -> Taken:
    """A case that waits for what is missing."""
    case = accepted()
    return_ticket(actor=case.member, ticket_id=case.ticket.id, words="The contract.", now=TUESDAY)
    return case


def test_its_station_accepts_it_as_it_is_and_the_promise_runs_on(case: Taken) -> None:
    accept_ticket(actor=case.lead, ticket_id=case.ticket.id, now=WEEK)
    ticket = case.now()
    assert ticket.status == Status.ACCEPTED and ticket.accepted_at == TUESDAY
    assert ticket.resolve_due_at is not None and ticket.resolve_due_at > WEEK
    assert all(pause.to_at == WEEK for pause in db.session.query(ClockPause))
    assert [clock.outcome for clock in case.clocks("contact")][-1] is None


def test_its_station_does_not_accept_it(case: Taken) -> None:
    refuse_ticket(
        actor=case.lead,
        ticket_id=case.ticket.id,
        reason_code="not_completed",
        words="The contract did not come; file again when you have it.",
        now=WEEK,
    )
    ticket = case.now()
    assert ticket.status == Status.NOT_ACCEPTED and ticket.closed_at == WEEK
    assert {clock.outcome for clock in case.clocks("resolve")} == {"cancelled"}


def test_what_comes_after_that_is_refused(case: Taken) -> None:
    accept_ticket(actor=case.member, ticket_id=case.ticket.id, now=WEEK)
    with pytest.raises(Conflict):
        resubmit_ticket(actor=case.asker, ticket_id=case.ticket.id, request=a_request(), now=WEEK)
