"""What an enterprise accepts, how requests to banks end, and what is said between them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from service_portal.access.actor import SYSTEM, Actor
from service_portal.filing.services import withdraw_ticket
from service_portal.financing.accepting import accept_answer
from service_portal.financing.answering import (
    take_up_request,
    withdraw_answer,
)
from service_portal.financing.ending import lapse_unanswered, stop_waiting, take_back
from service_portal.financing.models import LoanProduct
from service_portal.financing.queries import answers_of, desk_answers
from service_portal.financing.rules import AnswerState
from service_portal.financing.talking import write_to
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing
from service_portal.money.models import CreditApplication, CreditLine
from service_portal.tickets.models import Message, Ticket
from service_portal.tickets.page import talk_of
from service_portal.tickets.rules import Status
from tests.factories.loans import (
    SOON,
    answer_from,
    ask,
    station_actor,
)
from tests.factories.tickets import TUESDAY
from tests.services.loans import LINE, NO, accept, approve, can_read, refuse, state, status


class TestAccepting:
    def test_it_opens_a_line(self, asker: Actor, loan: Ticket, banks: list[Actor]) -> None:
        approve(banks[0], loan)
        accept(asker, loan, banks[0])
        line = db.session.get_one(
            CreditLine, answer_from(loan, banks[0].institution_id or 0).line_id
        )
        assert (line.amount, line.revolving) == (LINE["line_fen"], True)
        assert status(loan) == Status.IN_PROGRESS

    def test_enough_ends_the_wait_for_the_others(
        self, asker: Actor, loan: Ticket, banks: list[Actor]
    ) -> None:
        approve(banks[0], loan)
        accept(asker, loan, banks[0], enough=True)
        assert state(loan, banks[1]) == AnswerState.WITHDRAWN
        assert not can_read(banks[1], loan)
        assert status(loan) == Status.ANSWERED

    def test_several_may_be_accepted(self, asker: Actor, loan: Ticket, banks: list[Actor]) -> None:
        for bank in banks:
            approve(bank, loan)
        for bank in banks:
            accept(asker, loan, bank)
        lines = sa.select(sa.func.count(CreditLine.id)).where(CreditLine.ticket_id == loan.id)
        assert db.session.scalar(lines) == 2

    def test_accepting_twice_is_refused(
        self, asker: Actor, loan: Ticket, banks: list[Actor]
    ) -> None:
        approve(banks[0], loan)
        accept(asker, loan, banks[0])
        with pytest.raises(Conflict, match="already"):
            accept(asker, loan, banks[0])

    def test_what_is_not_approved_is_not_accepted(
        self, asker: Actor, loan: Ticket, banks: list[Actor]
    ) -> None:
        with pytest.raises(Conflict, match="not approved"):
            accept(asker, loan, banks[0])

    def test_an_answer_that_ended_yesterday_is_not_accepted(
        self, asker: Actor, loan: Ticket, banks: list[Actor]
    ) -> None:
        approve(banks[0], loan, valid_until=date(2026, 11, 24))
        with pytest.raises(Conflict, match="valid until"):
            accept_answer(
                actor=asker,
                ticket_id=loan.id,
                institution_id=banks[0].institution_id or 0,
                enough=False,
                now=TUESDAY + timedelta(days=1),
            )

    def test_a_bank_does_not_withdraw_what_was_accepted(
        self, asker: Actor, loan: Ticket, banks: list[Actor]
    ) -> None:
        approve(banks[0], loan)
        accept(asker, loan, banks[0])
        with pytest.raises(Conflict, match="accepted"):
            withdraw_answer(actor=banks[0], ticket_id=loan.id, comment="-", now=SOON)


class TestOffTheStraightRoad:
    def test_taken_back_the_bank_reads_nothing_more(
        self, asker: Actor, loan: Ticket, banks: list[Actor]
    ) -> None:
        institution_id = banks[0].institution_id or 0
        take_back(actor=asker, ticket_id=loan.id, institution_id=institution_id, now=SOON)
        assert not can_read(banks[0], loan)
        assert can_read(banks[1], loan)
        standing = {row.LoanAnswer.institution_id: row.signed_at for row in answers_of(loan.id)}
        assert standing[institution_id] is None

    def test_what_was_accepted_stays_when_the_consent_ends(
        self, asker: Actor, loan: Ticket, banks: list[Actor]
    ) -> None:
        approve(banks[0], loan)
        accept(asker, loan, banks[0])
        take_back(
            actor=asker,
            ticket_id=loan.id,
            institution_id=banks[0].institution_id or 0,
            now=SOON,
        )
        assert state(loan, banks[0]) == AnswerState.APPROVED
        assert not can_read(banks[0], loan)

    def test_a_bank_taken_back_can_be_asked_again(
        self, asker: Actor, loan: Ticket, products: list[LoanProduct], banks: list[Actor]
    ) -> None:
        institution_id = banks[0].institution_id or 0
        take_back(actor=asker, ticket_id=loan.id, institution_id=institution_id, now=SOON)
        ask(asker, loan, products[0], now=SOON)
        approve(banks[0], loan)
        accept(asker, loan, banks[0])
        assert answer_from(loan, institution_id).line_id

    def test_a_silent_bank_lapses(self, loan: Ticket, banks: list[Actor]) -> None:
        take_up_request(actor=banks[1], ticket_id=loan.id, now=SOON)
        assert lapse_unanswered(now=TUESDAY + timedelta(days=3)) == 1
        assert state(loan, banks[0]) == AnswerState.LAPSED
        assert not can_read(banks[0], loan)
        assert status(loan) == Status.IN_PROGRESS

    def test_a_bank_whose_people_have_left_lapses_at_once(
        self, loan: Ticket, banks: list[Actor]
    ) -> None:
        db.session.execute(
            sa.text("UPDATE membership SET ended_at = now() WHERE institution_id = :one"),
            {"one": banks[0].institution_id},
        )
        assert lapse_unanswered(now=SOON) == 1
        assert state(loan, banks[0]) == AnswerState.LAPSED

    def test_the_station_stops_waiting(self, loan: Ticket, banks: list[Actor]) -> None:
        refuse(banks[1], loan)
        stop_waiting(
            actor=station_actor(),
            ticket_id=loan.id,
            institution_id=banks[0].institution_id or 0,
            now=SOON,
        )
        assert state(loan, banks[0]) == AnswerState.WITHDRAWN
        assert status(loan) == Status.ANSWERED

    def test_a_withdrawn_request_ends_everywhere(
        self, asker: Actor, loan: Ticket, banks: list[Actor]
    ) -> None:
        approve(banks[0], loan)
        withdraw_ticket(actor=asker, ticket_id=loan.id, reason="", now=SOON)
        assert {state(loan, bank) for bank in banks} == {AnswerState.WITHDRAWN}
        assert not any(can_read(bank, loan) for bank in banks)
        ended = db.session.scalars(
            sa.select(CreditApplication.outcome).where(CreditApplication.ticket_id == loan.id)
        )
        assert set(ended) == {"withdrawn"}

    def test_its_desk_says_what_it_answered_and_not_whom(
        self, loan: Ticket, banks: list[Actor]
    ) -> None:
        refuse(banks[0], loan)
        (row,) = desk_answers(banks[0].institution_id or 0, before=None, size=10)
        assert (row.enterprise_en, row.title) == (None, None)
        assert row.LoanAnswer.reason_code == NO["reason_code"]


class TestTalking:
    def test_each_bank_has_a_conversation_of_its_own(
        self, asker: Actor, loan: Ticket, banks: list[Actor]
    ) -> None:
        one, other = (bank.institution_id or 0 for bank in banks)
        write_to(actor=asker, ticket_id=loan.id, body="To one", institution_id=one, now=SOON)
        write_to(
            actor=banks[1], ticket_id=loan.id, body="From the other", institution_id=one, now=SOON
        )
        written = db.session.execute(
            sa.select(Message.body, Message.institution_id).where(Message.ticket_id == loan.id)
        )
        assert set(map(tuple, written)) == {("To one", one), ("From the other", other)}

    def test_it_is_no_part_of_the_tickets_own(
        self, asker: Actor, loan: Ticket, banks: list[Actor]
    ) -> None:
        write_to(
            actor=asker,
            ticket_id=loan.id,
            body="To one",
            institution_id=banks[0].institution_id,
            now=SOON,
        )
        talk = talk_of(loan.id, actor=SYSTEM, internal=True)
        assert [line for line in talk if line.what == "message"] == []

    def test_whose_answer_ended_writes_no_more(self, loan: Ticket, banks: list[Actor]) -> None:
        refuse(banks[0], loan)
        with pytest.raises(Missing):
            write_to(actor=banks[0], ticket_id=loan.id, body="Still", institution_id=None, now=SOON)
