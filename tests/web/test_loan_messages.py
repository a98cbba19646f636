"""What is refused of a conversation with a bank comes back where it was written."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.financing.ending import take_back
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.tickets.models import Attachment, Message
from tests.factories.loans import bank_actor, create_product
from tests.web.lending import LETTER, Loan


@pytest.fixture
def loan(app: Flask, db_session: None) -> Loan:
    """Give a request with files."""
    return Loan(app)


class TestRefusals:
    def files(self) -> int:
        """Count the files."""
        return db.session.scalar(sa.select(sa.func.count(Attachment.id))) or 0

    def test_a_file_that_is_none_comes_back_with_the_words_on_the_page_it_was_sent_from(
        self, loan: Loan
    ) -> None:
        before = self.files()
        answer = loan.write(
            loan.owner, (b"MZ", "a.exe"), body="Please see the file", institution=loan.banks[0]
        )
        assert answer.status_code == 422 and "can&#39;t be attached" in answer.text
        assert "Answers to the request" in answer.text and "Please see the file" in answer.text
        assert self.files() == before
        assert answer.text.count("Please see the file") == 1, "in the form of the one it was for"

    def test_a_bank_reads_it_on_its_own_page(self, loan: Loan) -> None:
        bank = loan.browser(loan.banks[0])
        answer = loan.write(bank, (b"MZ", "a.exe"), body="Our terms", institution=None)
        assert answer.status_code == 422 and "can&#39;t be attached" in answer.text
        assert "Our terms" in answer.text and "What enterprises have sent you" not in answer.text

    def test_nothing_is_no_message(self, loan: Loan) -> None:
        answer = loan.write(loan.owner, institution=loan.banks[0])
        assert answer.status_code == 422 and "Write something first." in answer.text

    def test_a_bank_that_reads_nothing_more_is_not_written_to(self, loan: Loan) -> None:
        loan.accept()
        whose = loan.banks[0].institution_id or 0
        take_back(actor=loan.asker, ticket_id=loan.ticket.id, institution_id=whose, now=now())
        db.session.commit()
        before, written = self.files(), sa.select(sa.func.count(Message.id))
        messages = db.session.scalar(written)
        answer = loan.write(loan.owner, (LETTER, "late.txt"), institution=loan.banks[0])
        assert answer.status_code == 409 and "would not reach it" in answer.text
        assert (self.files(), db.session.scalar(written)) == (before, messages)
        assert 'name="files"' in loan.owner.get(f"/tickets/{loan.ticket.id}/banks").text

    def test_a_bank_that_was_not_asked_is_not_written_to(self, loan: Loan) -> None:
        stranger = bank_actor(create_product(valid_until=None).institution_id)
        before = self.files()
        answer = loan.write(loan.owner, (LETTER, "x.txt"), institution=stranger)
        assert answer.status_code == 404 and self.files() == before
