"""Whoever reads a ticket can call those it lies with."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.directory.models import Member, Station
from service_portal.kernel.db import db
from service_portal.web.formatting import dialled
from tests.factories.directory import station
from tests.signing_in import SignIn
from tests.web.test_acts import case_of

OWNER, STATION = "0757-8888 1234", "+86 757 8888 0000"


@pytest.mark.parametrize(
    ("phone", "digits"),
    [(OWNER, "075788881234"), (STATION, "+8675788880000"), ("0757—88 转 3", "0757883"), ("", "")],
)
def test_a_number_is_dialled_by_its_digits(phone: str, digits: str) -> None:
    assert dialled(phone) == digits


def test_the_enterprise_can_call_owner_and_station(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station().id)
    ticket = case_of(member)
    db.session.execute(sa.update(Member).values(phone=OWNER))
    db.session.execute(sa.update(Station).values(phone=STATION))
    db.session.commit()
    asker = client_as(Role.ENTERPRISE_OWNER, enterprise_id=ticket.enterprise_id)
    page = asker.get(f"/tickets/{ticket.id}").text
    assert f'href="tel:{dialled(OWNER)}"' in page and f'href="tel:{dialled(STATION)}"' in page


def test_staff_can_call_the_contact(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station().id)
    ticket = case_of(member)
    page = member.get(f"/tickets/{ticket.id}").text
    assert f'href="tel:{dialled(ticket.contact_phone)}"' in page


def test_auditors_read_no_numbers_of_contacts(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station().id)
    ticket = case_of(member)
    page = client_as(Role.AUDITOR).get(f"/tickets/{ticket.id}").text
    assert dialled(ticket.contact_phone) not in page
