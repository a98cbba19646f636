"""Programs of every role, and a walk through the lifecycle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from service_portal.access.actor import (
    ENTERPRISE_ROLES,
    INSTITUTION_ROLES,
    STATION_ROLES,
    Actor,
    Role,
)
from service_portal.accounts.models import Membership
from service_portal.financing.models import LoanProduct
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.factories.accounts import create_person
from tests.factories.directory import create_enterprise, create_institution, create_member, station
from tests.factories.loans import ask, bank_actor, create_product, create_request
from tests.factories.tickets import enterprise_actor
from tests.services.programs import Program, Walk, program_of


@pytest.fixture
def as_role(app: Flask, db_session: None) -> Callable[..., Program]:
    """Give a program that acts in a role."""

    def made(role: Role, **place: Any) -> Program:
        person = create_person()
        if role in ENTERPRISE_ROLES:
            place.setdefault("enterprise_id", create_enterprise().id)
        if role in STATION_ROLES:
            place.setdefault("station_id", station().id)
            create_member(
                station_id=place["station_id"],
                person_id=person.id,
                is_lead=role is Role.STATION_LEAD,
            )
        if role in INSTITUTION_ROLES:
            place.setdefault("institution_id", create_institution().id)
        membership = Membership(person_id=person.id, role=role, **place)
        db.session.add(membership)
        db.session.flush()
        return program_of(
            app,
            Actor(
                role=role,
                person_id=person.id,
                membership_id=membership.id,
                name=person.name_en,
                **place,
            ),
        )

    return made


@pytest.fixture
def owner(as_role: Callable[..., Program]) -> Program:
    """An enterprise's program."""
    return as_role(Role.ENTERPRISE_OWNER)


@pytest.fixture
def walk(as_role: Callable[..., Program], owner: Program) -> Walk:
    """Give people of an enterprise and a station."""
    return Walk(owner, as_role(Role.STATION_LEAD), as_role(Role.STATION_MEMBER))


@pytest.fixture
def asker(db_session: None) -> Actor:
    """Somebody who asks for a loan."""
    return enterprise_actor()


@pytest.fixture
def loan(asker: Actor) -> Ticket:
    """A request for a loan that its station has accepted."""
    return create_request(asker)


@pytest.fixture
def products(db_session: None) -> list[LoanProduct]:
    """Products of two banks."""
    return [create_product(), create_product()]


@pytest.fixture
def banks(asker: Actor, loan: Ticket, products: list[LoanProduct]) -> list[Actor]:
    """People of the two banks that were asked."""
    ask(asker, loan, *products)
    return [bank_actor(product.institution_id) for product in products]
