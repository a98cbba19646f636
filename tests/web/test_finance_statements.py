"""Pages about loans and money ask the database a fixed number of statements, however much they
show.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from service_portal.access.actor import Actor, Role
from service_portal.facts.rules import Source
from service_portal.facts.services import record_fact
from service_portal.financing.answering import take_up_request
from service_portal.financing.talking import write_to
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.money.correcting import propose_correction
from service_portal.people.models import Person
from service_portal.tickets.models import Ticket
from tests.factories.loans import (
    answer_from,
    ask,
    bank_actor,
    create_product,
    create_request,
    station_actor,
)
from tests.factories.money import M, drawn, opened
from tests.factories.tickets import enterprise_actor
from tests.signing_in import SignedIn, SignIn, sign_in
from tests.web.lending import keep
from tests.web.test_pages import MOST_STATEMENTS, Statements


@dataclass
class Loan:
    """A request that went to some banks, each of which has a conversation with files."""

    ticket: Ticket
    asker: Actor
    banks: list[Actor]

    @property
    def offer(self) -> int:
        """Give the offer of the first bank."""
        return answer_from(self.ticket, self.banks[0].institution_id or 0).offer_id or 0


def lent(app: Flask, banks: int) -> Loan:
    """Send a request to some banks."""
    asker = enterprise_actor()
    loan = Loan(create_request(asker), asker, [])
    products = [create_product(valid_until=None) for _ in range(banks)]
    record_fact(
        actor=asker,
        enterprise_id=loan.ticket.enterprise_id,
        year=2025,
        code="revenue",
        value=Decimal(90_000_000_00),
        source=Source.OWN,
        now=now(),
    )
    for number in range(banks):
        keep(app, loan.ticket, asker, f"balance-{banks}-{number}.txt", purpose="request")
    ask(asker, loan.ticket, *products, now=now())
    for product in products:
        bank = bank_actor(product.institution_id)
        loan.banks.append(bank)
        take_up_request(actor=bank, ticket_id=loan.ticket.id, now=now())
        paper = keep(app, loan.ticket, bank, f"l{banks}-{bank.person_id}", purpose="message")
        on: dict[str, Any] = {"ticket_id": loan.ticket.id, "now": now()}
        write_to(actor=bank, body="A word", attachment_ids=[paper], **on)
    db.session.commit()
    return loan


def browser(app: Flask, actor: Actor) -> SignedIn:
    """Let somebody sign in."""
    return sign_in(app, person=db.session.get_one(Person, actor.person_id))


def counted(app: Flask, who: SignedIn, path: str) -> int:
    """Count the statements of a page that was opened before, without what is read again every few
    seconds.
    """
    who.get(path)
    tries = []
    for _ in range(2):
        with Statements(app) as statements:
            answer = who.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        tries.append(statements.seen)
    seen = min(tries, key=len)
    assert len(seen) <= MOST_STATEMENTS, path + "\n" + "\n".join(seen)
    return len(seen)


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("asker", "/tickets/{ticket}"),
        ("asker", "/tickets/{ticket}/banks"),
        ("asker", "/tickets/{ticket}/choose-banks"),
        ("asker", "/bank-products"),
        ("asker", "/bank-products/FIN-01/fitting?answer_amount_cny=3000000"),
        ("asker", "/tickets/new/FIN-01"),
        ("station", "/tickets/{ticket}"),
        ("station", "/tickets/{ticket}/banks"),
        ("bank", "/loan-offers/{offer}"),
        ("bank", "/loan-requests"),
        ("bank", "/loan-products"),
    ],
)
def test_pages_of_a_loan_cost_the_same_with_many_banks(
    app: Flask, db_session: None, who: str, page: str
) -> None:
    cost = []
    for banks in (1, 4):
        loan = lent(app, banks)
        people = {"asker": loan.asker, "station": station_actor(), "bank": loan.banks[0]}
        path = page.format(ticket=loan.ticket.id, offer=loan.offer)
        cost.append(counted(app, browser(app, people[who]), path))
    assert cost[0] == cost[1]


@pytest.mark.parametrize(
    "page",
    [
        "/finance",
        "/finance?by=product",
        "/finance/entries",
        "/finance/lines",
        "/finance/lines/{line}",
        "/finance/enterprises",
        "/finance/corrections",
    ],
)
def test_pages_of_money_cost_the_same_with_many_lines(
    app: Flask, client_as: SignIn, page: str
) -> None:
    manager, other = client_as(Role.MANAGER), client_as(Role.MANAGER)
    cost = []
    for _ in range(2):
        line = a_line(other.actor)
        cost.append(counted(app, manager, page.format(line=line)))
        for _ in range(5):
            a_line(other.actor)
    assert cost[0] == cost[1]


def a_line(proposer: Actor) -> int:
    """Open a line of an enterprise and a bank of its own; one entry of it waits to be corrected."""
    line = opened()
    seq = drawn(line, 2 * M)
    propose_correction(actor=proposer, seq=seq, note="twice", now=now())
    db.session.commit()
    return line


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.INSTITUTION_LEAD, "/finance/lines"),
        (Role.INSTITUTION_LEAD, "/loan-products/new"),
        (Role.INSTITUTION_WORKER, "/finance/entries"),
        (Role.ADMINISTRATOR, "/loan-products"),
        (Role.ENTERPRISE_STAFF, "/bank-products"),
    ],
)
def test_other_pages_keep_to_the_budget(
    app: Flask, client_as: SignIn, role: Role, page: str
) -> None:
    assert counted(app, client_as(role), page)
