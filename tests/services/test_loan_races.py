"""Two at once: one act is done whole, the other is refused with a sentence."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Actor
from service_portal.financing.accepting import accept_answer
from service_portal.financing.answering import approve_line, refuse_request, take_up_request
from service_portal.financing.asking import ask_banks
from service_portal.financing.ending import take_back
from service_portal.financing.models import LoanAnswer
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.kernel.unit_of_work import run_retrying
from service_portal.money.models import CreditApplication, CreditLine
from service_portal.tickets.models import Offer
from tests.conftest import make_app
from tests.factories.loans import ask, bank_actor, create_product, create_request
from tests.factories.tickets import enterprise_actor
from tests.server import TestServer

LINE: dict[str, Any] = {
    "line_fen": 2_000_000_00,
    "rate_bp": 55,
    "months": 24,
    "guarantee": "credit",
    "valid_until": date(2035, 11, 24),
    "revolving": True,
    "comment": "",
}


class Crossing:
    """A request at one bank, and what comes of acts that cross."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            self.owner = enterprise_actor()
            self.product = create_product(valid_until=None)
            self.other = create_product(valid_until=None)
            ticket = create_request(self.owner, now=now())
            ask(self.owner, ticket, self.product, now=now())
            self.ticket_id, self.bank_id = ticket.id, self.product.institution_id
            self.colleagues = [bank_actor(self.bank_id) for _ in range(2)]
            self.other_id = self.other.id
            take_up_request(actor=self.colleagues[0], ticket_id=ticket.id, now=now())
            db.session.commit()
            db.session.remove()

    def at_once(self, *acts: Callable[[], object]) -> list[str]:
        """Do some acts in the same moment; give the sentences of those that were refused."""
        ready, refused = Barrier(len(acts)), list[str]()

        def do(act: Callable[[], object]) -> None:
            with self.app.app_context():
                ready.wait()
                try:
                    run_retrying(act)
                except Refused as error:
                    refused.append(str(error.message))
                finally:
                    db.session.remove()

        threads = [Thread(target=do, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return refused

    def approve(self, who: Actor) -> object:
        return approve_line(actor=who, ticket_id=self.ticket_id, now=now(), **LINE)

    def accept(self) -> object:
        return accept_answer(
            actor=self.owner,
            ticket_id=self.ticket_id,
            institution_id=self.bank_id,
            enough=False,
            now=now(),
        )

    def count(self, model: Any, *where: Any) -> int:
        with self.app.app_context():
            query = sa.select(sa.func.count()).select_from(model).where(*where)
            found = db.session.scalar(query) or 0
            db.session.remove()
        return int(found)


@pytest.fixture
def crossing(server: TestServer, template: str, tmp_path: Path) -> Iterator[Crossing]:
    """Give a request in a database of its own, so that what crosses is really committed."""
    database = server.copy(template, f"loan_races_{os.getpid()}")
    app = make_app(server, database, tmp_path / "home", WEB_THREADS="4")
    yield Crossing(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    server.drop(database)


def test_of_two_colleagues_one_approves(crossing: Crossing) -> None:
    one, other = crossing.colleagues
    (sentence,) = crossing.at_once(lambda: crossing.approve(one), lambda: crossing.approve(other))
    assert "the answer is “approved”" in sentence
    assert crossing.count(LoanAnswer, LoanAnswer.state == "approved") == 1


def test_an_approval_and_a_refusal_do_not_both_stand(crossing: Crossing) -> None:
    one, other = crossing.colleagues

    def refuse() -> object:
        return refuse_request(
            actor=other,
            ticket_id=crossing.ticket_id,
            reason_code="documents",
            comment="No accounts.",
            now=now(),
        )

    refused = crossing.at_once(lambda: crossing.approve(one), refuse)
    assert len(refused) == 1
    assert crossing.count(LoanAnswer, LoanAnswer.state.in_(["approved", "refused"])) == 1


def test_an_enterprise_that_accepts_twice_has_one_line(crossing: Crossing) -> None:
    with crossing.app.app_context():
        run_retrying(lambda: crossing.approve(crossing.colleagues[0]))
        db.session.remove()
    (sentence,) = crossing.at_once(crossing.accept, crossing.accept)
    assert sentence == "You have accepted this answer already."
    assert crossing.count(CreditLine) == 1


def test_what_is_taken_back_as_it_is_approved_ends_either_way(crossing: Crossing) -> None:
    def back() -> object:
        return take_back(
            actor=crossing.owner,
            ticket_id=crossing.ticket_id,
            institution_id=crossing.bank_id,
            now=now(),
        )

    crossing.at_once(back, lambda: crossing.approve(crossing.colleagues[0]))
    assert crossing.count(LoanAnswer, LoanAnswer.state == "withdrawn") == 1
    assert crossing.count(Offer, Offer.state.in_(["offered", "accepted"])) == 0


def test_a_bank_that_is_asked_twice_at_once_is_asked_once(crossing: Crossing) -> None:
    def again() -> object:
        return ask_banks(
            actor=crossing.owner,
            ticket_id=crossing.ticket_id,
            product_ids=[crossing.other_id],
            agreed=True,
            now=now(),
        )

    (sentence,) = crossing.at_once(again, again)
    assert "asked this institution already" in sentence
    assert crossing.count(Offer) == 2 and crossing.count(CreditApplication) == 2
