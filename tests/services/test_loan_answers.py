"""A request goes to several banks, each answers for itself, and the enterprise chooses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import SYSTEM, Actor
from service_portal.facts.rules import Source
from service_portal.facts.services import record_fact
from service_portal.financing.answering import (
    approve_line,
    approve_share,
    examine_request,
    take_up_request,
)
from service_portal.financing.asking import ask_banks
from service_portal.financing.fitting import products_for
from service_portal.financing.models import CreditConsent, LoanProduct
from service_portal.financing.rules import AnswerState, Misfit
from service_portal.financing.words import CONSENT_VERSION
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.money.models import CreditApplication
from service_portal.tickets.models import Offer, Ticket, TimelineEntry
from service_portal.tickets.rules import Status
from service_portal.working.holding import hold_ticket, resume_ticket
from service_portal.working.services import accept_ticket
from tests.factories.directory import create_institution
from tests.factories.loans import (
    SOON,
    answer_from,
    ask,
    bank_actor,
    create_product,
    create_request,
    station_actor,
)
from tests.factories.tickets import TUESDAY, enterprise_actor
from tests.services.loans import LINE, approve, can_read, refuse, state, status


class TestAsking:
    def test_each_bank_gets_an_offer_of_its_own(self, loan: Ticket, banks: list[Actor]) -> None:
        offers = db.session.execute(
            sa.select(Offer.institution_id, Offer.in_parallel).where(Offer.ticket_id == loan.id)
        )
        assert sorted(map(tuple, offers)) == sorted((bank.institution_id, True) for bank in banks)
        assert {state(loan, bank) for bank in banks} == {AnswerState.RECEIVED}
        assert status(loan) == Status.IN_PROGRESS

    def test_what_is_chosen_early_is_sent_once_the_station_accepts(
        self, asker: Actor, products: list[LoanProduct]
    ) -> None:
        loan = create_request(asker, accepted=False)
        ask(asker, loan, products[0])
        bank = bank_actor(products[0].institution_id)
        assert state(loan, bank) == AnswerState.CHOSEN
        assert not can_read(bank, loan)
        accept_ticket(actor=station_actor(), ticket_id=loan.id, now=SOON)
        assert state(loan, bank) == AnswerState.RECEIVED
        assert can_read(bank, loan)
        assert status(loan) == Status.IN_PROGRESS

    def test_the_consent_is_kept_for_each_bank(
        self, asker: Actor, loan: Ticket, banks: list[Actor]
    ) -> None:
        consents = db.session.scalars(
            sa.select(CreditConsent).where(CreditConsent.ticket_id == loan.id)
        ).all()
        assert {one.institution_id for one in consents} == {bank.institution_id for bank in banks}
        signed = {(one.person_id, one.text_version) for one in consents}
        assert signed == {(asker.person_id, CONSENT_VERSION)}

    def test_nobody_is_asked_without_consent(
        self, asker: Actor, loan: Ticket, products: list[LoanProduct]
    ) -> None:
        with pytest.raises(Refused, match="Sign the consent"):
            ask_banks(
                actor=asker,
                ticket_id=loan.id,
                product_ids=[products[0].id],
                agreed=False,
                now=TUESDAY,
            )

    def test_nobody_is_asked_twice(
        self, asker: Actor, loan: Ticket, products: list[LoanProduct], banks: list[Actor]
    ) -> None:
        with pytest.raises(Refused, match="asked this institution already"):
            ask(asker, loan, products[0])

    def test_a_product_that_ended_yesterday_is_not_chosen(self, asker: Actor, loan: Ticket) -> None:
        ended = create_product(valid_until=date(2026, 11, 23))
        with pytest.raises(Refused, match="It was offered until"):
            ask(asker, loan, ended)

    def test_another_enterprise_asks_nobody(
        self, loan: Ticket, products: list[LoanProduct]
    ) -> None:
        with pytest.raises(Missing):
            ask(enterprise_actor(), loan, products[0])

    def test_its_amount_is_booked_as_applied_for(self, loan: Ticket, banks: list[Actor]) -> None:
        asked = db.session.scalars(
            sa.select(CreditApplication).where(CreditApplication.ticket_id == loan.id)
        ).all()
        assert {one.institution_id for one in asked} == {bank.institution_id for bank in banks}
        assert {one.amount for one in asked} == {3_000_000_00}
        assert {one.first_time for one in asked} == {True}


class TestFitting:
    def fit(self, loan: Ticket, product: LoanProduct) -> Any:
        fits = products_for(loan, date(2026, 11, 24))
        return next(fit for fit in fits if fit.product.id == product.id)

    @pytest.mark.parametrize(
        ("values", "why"),
        [
            ({"most_fen": 2_000_000_00}, Misfit.TOO_MUCH),
            ({"least_fen": 5_000_000_00}, Misfit.TOO_LITTLE),
            ({"longest_months": 12}, Misfit.TOO_LONG),
            ({"guarantees": ["ip"]}, Misfit.GUARANTEE),
            ({"valid_from": date(2026, 11, 25)}, Misfit.NOT_YET),
            ({"valid_until": date(2026, 11, 23)}, Misfit.ENDED),
        ],
    )
    def test_why_a_product_does_not_fit(
        self, loan: Ticket, values: dict[str, Any], why: Misfit
    ) -> None:
        fit = self.fit(loan, create_product(**values))
        assert [reason.code for reason in fit.against] == [why]
        assert not fit.fits

    def test_its_conditions_are_looked_at_one_by_one(self, asker: Actor, loan: Ticket) -> None:
        product = create_product(condition="staff <= 500 and revenue >= 100000000")
        assert [one.holds for one in self.fit(loan, product).checks] == [None, None]
        for code, value in (("staff", Decimal(42)), ("revenue", Decimal(90_000_000))):
            record_fact(
                actor=asker,
                enterprise_id=loan.enterprise_id,
                year=2025,
                code=code,
                value=value,
                source=Source.OWN,
                now=TUESDAY,
            )
        checks = self.fit(loan, product).checks
        assert [one.holds for one in checks] == [True, False]

    def test_a_bank_where_nobody_answers_is_not_chosen(self, loan: Ticket) -> None:
        silent = create_institution(services=("FIN-01",), answers=False)
        fit = self.fit(loan, create_product(silent.id))
        assert [reason.facts for reason in fit.against] == [{"why": "nobody_answers"}]


class TestAnswering:
    def test_one_refuses_and_the_other_goes_on(self, loan: Ticket, banks: list[Actor]) -> None:
        refuse(banks[0], loan)
        take_up_request(actor=banks[1], ticket_id=loan.id, now=SOON)
        examine_request(actor=banks[1], ticket_id=loan.id, now=SOON)
        assert state(loan, banks[0]) == AnswerState.REFUSED
        assert state(loan, banks[1]) == AnswerState.DUE_DILIGENCE
        assert status(loan) == Status.IN_PROGRESS

    def test_whoever_refused_reads_nothing_more(self, loan: Ticket, banks: list[Actor]) -> None:
        refuse(banks[0], loan)
        assert not can_read(banks[0], loan)
        assert can_read(banks[1], loan)

    def test_the_request_is_answered_when_all_have(self, loan: Ticket, banks: list[Actor]) -> None:
        refuse(banks[0], loan)
        approve(banks[1], loan)
        assert status(loan) == Status.ANSWERED
        assert db.session.get_one(Ticket, loan.id).close_outcome == "resolved"

    def test_it_is_not_possible_where_all_refuse(self, loan: Ticket, banks: list[Actor]) -> None:
        for bank in banks:
            refuse(bank, loan)
        assert status(loan) == Status.ANSWERED
        assert db.session.get_one(Ticket, loan.id).close_outcome == "not_possible"

    def test_an_answer_during_a_pause_counts_when_the_request_goes_on(
        self, loan: Ticket, banks: list[Actor]
    ) -> None:
        lead = station_actor()
        hold_ticket(
            actor=lead, ticket_id=loan.id, reason_code="third_party", words="-", now=TUESDAY
        )
        for bank in banks:
            refuse(bank, loan)
        assert status(loan) == Status.ON_HOLD
        resume_ticket(actor=lead, ticket_id=loan.id, now=SOON)
        assert status(loan) == Status.ANSWERED

    def test_nothing_is_approved_before_anybody_was_in_contact(
        self, loan: Ticket, banks: list[Actor]
    ) -> None:
        with pytest.raises(Conflict, match="received"):
            approve_line(actor=banks[0], ticket_id=loan.id, now=SOON, **LINE)
        assert state(loan, banks[0]) == AnswerState.RECEIVED

    @pytest.mark.parametrize(
        "said",
        [
            {"line_fen": 0},
            {"rate_bp": 9999},
            {"months": 0},
            {"guarantee": "promise"},
            {"valid_until": date(2026, 11, 23)},
        ],
    )
    def test_an_impossible_line_is_refused_by_its_field(
        self, loan: Ticket, banks: list[Actor], said: dict[str, Any]
    ) -> None:
        take_up_request(actor=banks[0], ticket_id=loan.id, now=SOON)
        with pytest.raises(Refused) as refused:
            approve_line(actor=banks[0], ticket_id=loan.id, now=SOON, **{**LINE, **said})
        assert refused.value.field == next(iter(said))

    def test_an_institution_that_was_not_asked_can_not_answer(
        self, loan: Ticket, banks: list[Actor]
    ) -> None:
        with pytest.raises(Missing):
            take_up_request(actor=bank_actor(create_institution().id), ticket_id=loan.id, now=SOON)

    def test_a_guarantor_answers_with_a_share(self, asker: Actor, loan: Ticket) -> None:
        product = create_product(answers_with="share")
        ask(asker, loan, product)
        guarantor = bank_actor(product.institution_id)
        take_up_request(actor=guarantor, ticket_id=loan.id, now=SOON)
        with pytest.raises(Conflict, match="share"):
            approve_line(actor=guarantor, ticket_id=loan.id, now=SOON, **LINE)
        approve_share(
            actor=guarantor,
            ticket_id=loan.id,
            share_percent=60,
            months=24,
            guarantee="guarantor",
            valid_until=date(2027, 1, 1),
            comment="",
            now=SOON,
        )
        assert answer_from(loan, product.institution_id).share_percent == 60
        assert db.session.scalar(sa.select(sa.func.count(CreditApplication.id))) == 0


def test_the_timeline_names_each_bank(loan: Ticket, banks: list[Actor]) -> None:
    refuse(banks[0], loan)
    lines = db.session.execute(
        sa.select(TimelineEntry.kind, TimelineEntry.data["institution_id"].as_integer())
        .where(TimelineEntry.ticket_id == loan.id, TimelineEntry.kind.startswith("loan_"))
        .order_by(TimelineEntry.id)
    )
    one, other = (bank.institution_id for bank in banks)
    assert list(map(tuple, lines)) == [
        ("loan_asked", one),
        ("loan_asked", other),
        ("loan_refused", one),
    ]


def test_the_portal_answers_in_the_stations_name(loan: Ticket, banks: list[Actor]) -> None:
    for bank in banks:
        refuse(bank, loan)
    line = db.session.execute(
        sa.select(TimelineEntry.actor_role).where(
            TimelineEntry.ticket_id == loan.id, TimelineEntry.kind == "answer"
        )
    ).scalar_one()
    assert line == SYSTEM.role
