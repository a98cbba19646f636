"""Parks, stations, institutions, members and enterprises."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any, TypeVar

import sqlalchemy as sa
from stdnum.cn import uscc

from service_portal.access.actor import Role
from service_portal.accounts.models import Membership
from service_portal.catalogue.models import Category
from service_portal.directory.models import (
    Enterprise,
    Institution,
    InstitutionScope,
    Member,
    MemberSkill,
    Park,
    Station,
)
from service_portal.kernel.db import db
from tests.factories.accounts import create_person

_numbers = count(1)
Thing = TypeVar("Thing")


def _add(thing: Thing) -> Thing:
    db.session.add(thing)
    db.session.flush()
    return thing


def park(code: str = "NH") -> Park:
    """Give one of the skeleton's parks."""
    return db.session.scalars(sa.select(Park).where(Park.code == code)).one()


def station(code: str = "ST03") -> Station:
    """Give one of the skeleton's stations."""
    return db.session.scalars(sa.select(Station).where(Station.code == code)).one()


def create_station(**values: Any) -> Station:
    """Make a station that covers nothing."""
    number = next(_numbers)
    return _add(
        Station(
            **{
                "code": f"TS{number:03}",
                "name_en": f"Test station {number}",
                "name_zh": f"测试站 {number}",
                **values,
            }
        )
    )


def social_credit_code() -> str:
    """Make a valid code in a division that does not exist."""
    body = f"91440699MA{next(_numbers):07d}"
    return body + uscc.calc_check_digit(body)


def create_enterprise(**values: Any) -> Enterprise:
    """Make an enterprise in Nanhai."""
    number = next(_numbers)
    usual: dict[str, Any] = {
        "uscc": social_credit_code(),
        "name_en": f"Jinyu Precision {number}",
        "name_zh": f"金誉精密 {number}",
        "sort_key": f"jinyu {number}",
    }
    if "park_id" not in values:
        usual["park_id"] = park().id
    return _add(Enterprise(**{**usual, **values}))


def create_institution(
    *,
    services: tuple[str, ...] = (),
    parks: tuple[str, ...] = ("NH",),
    answers: bool = True,
    **values: Any,
) -> Institution:
    """Make an admitted institution with a valid licence that accepts some services in some parks.

    It has a lead who answers offers, unless it does not answer.
    """
    number = next(_numbers)
    usual = {
        "code": f"TI{number:04}",
        "name_en": f"Test institution {number}",
        "name_zh": f"测试机构 {number}",
        "status": "admitted",
        "licence_from": date(2020, 1, 1),
        "licence_until": date(2035, 1, 1),
        "capacity_points": 20,
    }
    made = _add(Institution(**{**usual, **values}))
    for code in services:
        for name in parks:
            _add(InstitutionScope(institution_id=made.id, service_code=code, park_id=park(name).id))
    if answers and services:
        lead = create_person()
        _add(Membership(person_id=lead.id, role=Role.INSTITUTION_LEAD, institution_id=made.id))
    return made


def create_member(*, skills: dict[str, int] | None = None, **values: Any) -> Member:
    """Make a member on duty; able to everything at level 2 unless `skills` says otherwise."""
    number = next(_numbers)
    usual: dict[str, Any] = {
        "code": f"TM{number:04}",
        "name_en": f"Chen {number}",
        "name_zh": f"陈 {number}",
        "capacity_points": 12,
    }
    if "station_id" not in values:
        usual["station_id"] = station().id
    member = _add(Member(**{**usual, **values}))
    levels = (
        skills
        if skills is not None
        else dict.fromkeys(db.session.scalars(sa.select(Category.code)), 2)
    )
    for code, level in levels.items():
        _add(MemberSkill(member_id=member.id, category_code=code, level=level))
    return member
