"""Banks with products, and requests that went to them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.financing.asking import ask_banks
from service_portal.financing.models import LoanAnswer, LoanProduct
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from service_portal.working.services import accept_ticket
from tests.factories.accounts import create_person
from tests.factories.directory import create_institution, create_member, station
from tests.factories.tickets import TUESDAY, create_ticket

_numbers = count(1)
SOON = TUESDAY + timedelta(minutes=30)
LOAN: dict[str, Any] = {
    "title": "Three million for a second line",
    "description": "We want to buy a five-axis machining centre.",
    "answers": {
        "amount_cny": 3000000,
        "purpose": "A machining centre",
        "term_months": 24,
        "guarantee_types": ["credit"],
        "existing_debt": 0,
    },
}


def create_product(institution_id: int | None = None, **values: Any) -> LoanProduct:
    """Make a product of a bank that accepts loan requests in Nanhai."""
    number = next(_numbers)
    bank = institution_id or create_institution(services=("FIN-01", "FIN-02")).id
    usual: dict[str, Any] = {
        "institution_id": bank,
        "service_code": "FIN-01",
        "code": f"P{number:04}",
        "name_en": f"Working capital loan {number}",
        "name_zh": f"流动资金贷款 {number}",
        "answers_with": "line",
        "least_fen": 10_000_00,
        "most_fen": 10_000_000_00,
        "longest_months": 36,
        "rate_from_bp": -20,
        "rate_to_bp": 80,
        "guarantees": ["credit", "mortgage"],
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2027, 12, 31),
    }
    product = LoanProduct(**{**usual, **values})
    db.session.add(product)
    db.session.flush()
    return product


def bank_actor(institution_id: int, role: Role = Role.INSTITUTION_LEAD) -> Actor:
    """Give somebody of an institution, with a membership in the database."""
    person = create_person(name_en="Bo Huang", name_zh="黄博")
    membership = Membership(person_id=person.id, role=role, institution_id=institution_id)
    db.session.add(membership)
    db.session.flush()
    return Actor(
        role=role,
        person_id=person.id,
        membership_id=membership.id,
        institution_id=institution_id,
        name=person.name_en,
    )


def station_actor(role: Role = Role.STATION_LEAD) -> Actor:
    """Give somebody of the station that gets the requests of these tests."""
    person, place = create_person(), station()
    member = create_member(person_id=person.id, station_id=place.id, is_lead=True)
    membership = Membership(person_id=person.id, role=role, station_id=place.id)
    db.session.add(membership)
    db.session.flush()
    return Actor(
        role=role,
        person_id=person.id,
        membership_id=membership.id,
        station_id=place.id,
        member_id=member.id,
        headquarters=True,
        name=person.name_en,
    )


def create_request(
    actor: Actor, *, accepted: bool = True, now: datetime = TUESDAY, **values: Any
) -> Ticket:
    """File a request for a loan, accepted by its station."""
    ticket = create_ticket("FIN-01", actor=actor, now=now, **{**LOAN, **values})
    ticket.station_id = station().id
    db.session.flush()
    if accepted:
        accept_ticket(actor=station_actor(), ticket_id=ticket.id, now=now)
    return ticket


def ask(
    actor: Actor, ticket: Ticket, *products: LoanProduct, now: datetime = TUESDAY
) -> list[LoanAnswer]:
    """Let the enterprise choose some products and sign."""
    return ask_banks(
        actor=actor,
        ticket_id=ticket.id,
        product_ids=[product.id for product in products],
        agreed=True,
        now=now,
    )


def answer_from(ticket: Ticket, institution_id: int) -> LoanAnswer:
    """Read the newest answer of an institution anew."""
    query = (
        sa.select(LoanAnswer)
        .where(LoanAnswer.ticket_id == ticket.id, LoanAnswer.institution_id == institution_id)
        .order_by(LoanAnswer.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(query).one()
