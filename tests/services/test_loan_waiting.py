"""Nobody waits in silence: approvals that nobody accepts, institutions that are waited for no more,
and what each side is told.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.events.models import OutboxRow
from service_portal.filing.services import withdraw_ticket
from service_portal.financing.ending import lapse_unanswered, stop_waiting, take_back
from service_portal.financing.models import CreditConsent
from service_portal.financing.rules import AnswerState
from service_portal.financing.waiting import look_after_approvals
from service_portal.kernel.db import db
from service_portal.money.models import CreditApplication
from service_portal.tickets.models import Ticket, TimelineEntry
from service_portal.tickets.rules import Status
from tests.factories.loans import SOON, answer_from, station_actor
from tests.services.loans import accept, approve, can_read, state, status

DAY = timedelta(days=1)


def told(event: str) -> list[Any]:
    """Give what the events of a name say."""
    query = sa.select(OutboxRow.payload).where(OutboxRow.event == event)
    return list(db.session.scalars(query.order_by(OutboxRow.id)))


@pytest.fixture
def approved(loan: Ticket, banks: list[Actor]) -> Ticket:
    """A request that one of two banks has approved, until the end of the year."""
    approve(banks[0], loan, valid_until=date(2026, 12, 31))
    return loan


class TestApprovals:
    def test_the_enterprise_is_reminded_once_after_three_days(self, approved: Ticket) -> None:
        assert look_after_approvals(now=SOON + 2 * DAY) == 0
        assert look_after_approvals(now=SOON + 3 * DAY) == 1
        assert look_after_approvals(now=SOON + 4 * DAY) == 0
        assert len(told("loan.reminded")) == 1

    def test_what_is_accepted_is_not_reminded_of(
        self, approved: Ticket, asker: Actor, banks: list[Actor]
    ) -> None:
        accept(asker, approved, banks[0])
        assert look_after_approvals(now=SOON + 400 * DAY) == 0
        assert state(approved, banks[0]) == AnswerState.APPROVED

    def test_it_ends_with_its_last_day_and_the_bank_reads_nothing_more(
        self, approved: Ticket, banks: list[Actor]
    ) -> None:
        look_after_approvals(now=SOON + 37 * DAY)
        assert state(approved, banks[0]) == AnswerState.APPROVED, "on its last day it stands"
        assert look_after_approvals(now=SOON + 38 * DAY) == 1
        assert state(approved, banks[0]) == AnswerState.LAPSED
        assert not can_read(banks[0], approved) and can_read(banks[1], approved)
        answer = answer_from(approved, banks[0].institution_id or 0)
        asked = db.session.get_one(CreditApplication, answer.application_id)
        assert asked.outcome == "withdrawn"
        assert len(told("loan.expired")) == 1

    def test_the_history_says_so(self, approved: Ticket, banks: list[Actor]) -> None:
        look_after_approvals(now=SOON + 38 * DAY)
        lapsed = sa.select(TimelineEntry.data).where(TimelineEntry.kind == "loan_lapsed")
        whose = banks[0].institution_id
        assert db.session.scalars(lapsed).one() == {"institution_id": whose, "approved": True}

    def test_a_request_whose_last_approval_ended_is_answered(
        self, approved: Ticket, banks: list[Actor]
    ) -> None:
        lapse_unanswered(now=SOON + 30 * DAY)
        assert status(approved) == Status.ANSWERED
        look_after_approvals(now=SOON + 38 * DAY)
        assert {state(approved, bank) for bank in banks} == {AnswerState.LAPSED}


class TestBanks:
    def ended(self) -> list[int]:
        """Give the institutions that are told that a request ended for them."""
        return [said["institution_id"] for said in told("loan.ended")]

    def test_a_bank_is_told_when_the_enterprise_takes_back(
        self, loan: Ticket, asker: Actor, banks: list[Actor]
    ) -> None:
        whose = banks[0].institution_id or 0
        take_back(actor=asker, ticket_id=loan.id, institution_id=whose, now=SOON)
        assert self.ended() == [whose]

    def test_and_when_it_was_accepted_before(
        self, approved: Ticket, asker: Actor, banks: list[Actor]
    ) -> None:
        accept(asker, approved, banks[0])
        whose = banks[0].institution_id or 0
        take_back(actor=asker, ticket_id=approved.id, institution_id=whose, now=SOON)
        assert self.ended() == [whose]

    def test_both_sides_are_told_when_the_station_stops_waiting(
        self, loan: Ticket, banks: list[Actor]
    ) -> None:
        whose = banks[0].institution_id or 0
        stop_waiting(actor=station_actor(), ticket_id=loan.id, institution_id=whose, now=SOON)
        assert self.ended() == [whose] and len(told("loan.stopped")) == 1

    def test_all_are_told_when_the_request_ends(
        self, loan: Ticket, asker: Actor, banks: list[Actor]
    ) -> None:
        withdraw_ticket(actor=asker, ticket_id=loan.id, reason="", now=SOON)
        assert sorted(self.ended()) == sorted(bank.institution_id or 0 for bank in banks)

    def test_who_is_no_longer_waited_for_once_one_is_enough_is_told(
        self, approved: Ticket, asker: Actor, banks: list[Actor]
    ) -> None:
        accept(asker, approved, banks[0], enough=True)
        assert self.ended() == [banks[1].institution_id]


def test_a_consent_can_be_taken_back_when_the_request_lies_in_the_archive(
    approved: Ticket, asker: Actor, banks: list[Actor]
) -> None:
    accept(asker, approved, banks[0])
    db.session.execute(
        sa.update(Ticket).where(Ticket.id == approved.id).values(status=Status.ARCHIVED)
    )
    whose = banks[0].institution_id or 0
    take_back(actor=asker, ticket_id=approved.id, institution_id=whose, now=SOON)
    standing = sa.select(CreditConsent).where(
        CreditConsent.institution_id == whose, CreditConsent.revoked_at.is_(None)
    )
    assert db.session.scalars(standing).all() == [] and not can_read(banks[0], approved)
