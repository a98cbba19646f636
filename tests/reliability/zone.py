"""A zone made for a storm: few people, who can carry everything that is filed."""

from __future__ import annotations

from dataclasses import dataclass

from config import load_settings
from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.accounts.tokens import make_token
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from tests.factories.accounts import create_person
from tests.factories.directory import create_enterprise, create_institution, create_member, station
from tests.live import Live

CAPACITY = 10_000


@dataclass(frozen=True)
class Zone:
    """Tokens of those who act, and whose members and institutions there are."""

    owners: list[str]
    lead: str
    institutions: list[str]


def make_zone(live: Live) -> Zone:
    """Make three enterprises, a station's lead with five members, and three institutions, all with
    a token or a bell, in the running product's database.
    """
    from service_portal.app import create_app

    app = create_app(load_settings({**live.environment(), "LOG_LEVEL": "ERROR"}))
    with app.app_context():
        with unit_of_work():
            place = station("ST03").id
            owners = [
                _token(Role.ENTERPRISE_OWNER, enterprise_id=create_enterprise().id)
                for _ in range(3)
            ]
            lead = _token(Role.STATION_LEAD, station_id=place)
            for _ in range(5):
                _token(Role.STATION_MEMBER, station_id=place)
            institutions = [
                _token(
                    Role.INSTITUTION_LEAD,
                    institution_id=create_institution(
                        services=("LEG-02",), capacity_points=CAPACITY
                    ).id,
                )
                for _ in range(3)
            ]
        db.session.remove()
        db.engine.dispose()
    return Zone(owners, lead, institutions)


def _token(
    role: Role,
    *,
    enterprise_id: int | None = None,
    station_id: int | None = None,
    institution_id: int | None = None,
) -> str:
    person = create_person()
    if station_id is not None:
        create_member(
            station_id=station_id,
            person_id=person.id,
            is_lead=role is Role.STATION_LEAD,
            capacity_points=CAPACITY,
        )
    membership = Membership(
        person_id=person.id,
        role=role,
        enterprise_id=enterprise_id,
        station_id=station_id,
        institution_id=institution_id,
    )
    db.session.add(membership)
    db.session.flush()
    return make_token(
        actor=Actor(
            role=role,
            person_id=person.id,
            membership_id=membership.id,
            enterprise_id=enterprise_id,
            station_id=station_id,
            institution_id=institution_id,
        ),
        name="storm",
        days=2,
        now=now(),
    )
