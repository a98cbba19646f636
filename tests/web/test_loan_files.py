"""Who opens which file of a loan request: banks what came with it and what is of their own
conversation, as long as they are asked and the consent stands.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.filing.services import withdraw_ticket
from service_portal.financing.answering import refuse_request
from service_portal.financing.ending import lapse_unanswered, take_back
from service_portal.financing.models import CreditConsent
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from tests.factories.loans import ask, create_request, station_actor
from tests.factories.tickets import enterprise_actor
from tests.services.loans import NO
from tests.signing_in import sign_in
from tests.web.lending import BALANCE, LETTER, Loan, keep


@pytest.fixture
def loan(app: Flask, db_session: None) -> Loan:
    """Give a request with files."""
    return Loan(app)


def test_a_bank_reads_the_files_of_the_request_and_of_its_own_conversation(loan: Loan) -> None:
    bank = loan.browser(loan.banks[0])
    page = bank.get(f"/tickets/{loan.ticket.id}", follow_redirects=True).text
    assert "balance.txt" in page and "letter.txt" in page and "See the attached files." in page
    assert bank.get(f"/attachments/{loan.balance}").data == BALANCE
    assert bank.get(f"/attachments/{loan.letter}").data == LETTER


def test_another_bank_reads_the_request_and_no_letter(loan: Loan) -> None:
    other = loan.browser(loan.banks[1])
    page = other.get(f"/tickets/{loan.ticket.id}", follow_redirects=True).text
    assert "balance.txt" in page and "letter.txt" not in page
    assert loan.opens(loan.banks[1]) == [200, 404]


def test_a_banks_own_file_goes_to_the_enterprise_and_the_station_alone(loan: Loan) -> None:
    offer = loan.send(loan.browser(loan.banks[0]), "offer.txt")
    for who in (loan.asker, station_actor(), loan.banks[0]):
        assert loan.browser(who).get(f"/attachments/{offer}").status_code == 200, who.role
    for who in (loan.banks[1], enterprise_actor()):
        assert loan.browser(who).get(f"/attachments/{offer}").status_code == 404, who.role


def test_files_of_conversations_are_none_of_the_tickets_own(loan: Loan) -> None:
    page = loan.owner.get(f"/tickets/{loan.ticket.id}").text
    assert "balance.txt" in page and "letter.txt" not in page
    compared = loan.owner.get(f"/tickets/{loan.ticket.id}/banks").text
    assert "letter.txt" in compared


def test_auditors_see_answers_and_no_file(loan: Loan) -> None:
    auditor, manager = sign_in(loan.app, Role.AUDITOR), sign_in(loan.app, Role.MANAGER)
    page = f"/tickets/{loan.ticket.id}/banks"
    assert "letter.txt" in manager.get(page).text
    assert "letter.txt" not in auditor.get(page).text
    assert manager.get(f"/attachments/{loan.letter}").status_code == 200
    assert auditor.get(f"/attachments/{loan.letter}").status_code == 404


def test_what_enterprise_and_station_say_to_each_other_is_for_no_bank(loan: Loan) -> None:
    between = keep(loan.app, loan.ticket, loan.asker, "between-us.txt", purpose="message")
    assert loan.browser(loan.banks[0]).get(f"/attachments/{between}").status_code == 404
    page = loan.browser(loan.banks[0]).get(f"/tickets/{loan.ticket.id}", follow_redirects=True)
    assert "between-us.txt" not in page.text


def test_a_bank_that_was_only_chosen_reads_nothing_yet(app: Flask, loan: Loan) -> None:
    waiting = create_request(loan.asker, accepted=False, title="Another loan")
    early = keep(app, waiting, loan.asker, "early-balance.txt", purpose="request")
    ask(loan.asker, waiting, loan.products[0], now=now())
    assert loan.browser(loan.banks[0]).get(f"/attachments/{early}").status_code == 404


class TestTheEnd:
    def test_taken_back_the_files_are_gone(self, loan: Loan) -> None:
        whose = loan.banks[0].institution_id or 0
        take_back(actor=loan.asker, ticket_id=loan.ticket.id, institution_id=whose, now=now())
        db.session.commit()
        assert loan.opens(loan.banks[0]) == [404, 404]
        assert loan.opens(loan.asker) == [200, 200]
        assert loan.opens(loan.banks[1]) == [200, 404]

    def test_taken_back_after_it_was_accepted_they_are_gone_too(self, loan: Loan) -> None:
        loan.accept()
        assert loan.opens(loan.banks[0]) == [200, 200]
        whose = loan.banks[0].institution_id or 0
        take_back(actor=loan.asker, ticket_id=loan.ticket.id, institution_id=whose, now=now())
        db.session.commit()
        assert loan.opens(loan.banks[0]) == [404, 404]

    def test_the_consent_alone_is_a_lock(self, loan: Loan) -> None:
        db.session.execute(
            sa.update(CreditConsent)
            .where(CreditConsent.institution_id == loan.banks[0].institution_id)
            .values(revoked_at=now(), revoked_by_id=loan.asker.person_id)
        )
        db.session.commit()
        assert loan.opens(loan.banks[0]) == [404, 404]
        page = loan.browser(loan.banks[0]).get(f"/tickets/{loan.ticket.id}", follow_redirects=True)
        assert "balance.txt" not in page.text

    def test_whoever_refused_opens_nothing(self, loan: Loan) -> None:
        refuse_request(actor=loan.banks[0], ticket_id=loan.ticket.id, now=now(), **NO)
        db.session.commit()
        assert loan.opens(loan.banks[0]) == [404, 404]

    def test_nor_does_whoever_did_not_answer_in_time(self, loan: Loan) -> None:
        lapse_unanswered(now=now() + timedelta(days=30))
        db.session.commit()
        assert loan.opens(loan.banks[0]) == [404, 404]

    def test_nor_anybody_once_the_request_is_withdrawn(self, loan: Loan) -> None:
        withdraw_ticket(actor=loan.asker, ticket_id=loan.ticket.id, reason="", now=now())
        db.session.commit()
        assert loan.opens(loan.banks[0]) == [404, 404]
