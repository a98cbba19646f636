"""The people and organisations of the demo zone: members, institutions, enterprises, and one person
for each role to sign in as.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_security.utils import hash_password

from service_portal.access.actor import Role
from service_portal.accounts.commands import DEMO_PASSWORD
from service_portal.accounts.models import Membership, Person
from service_portal.catalogue.queries import active_services
from service_portal.demo import names
from service_portal.directory.models import (
    Absence,
    Enterprise,
    EnterpriseExclusion,
    Institution,
    InstitutionScope,
    InterestConflict,
    Member,
    MemberSkill,
    Park,
    Station,
)
from service_portal.directory.rules import sort_key
from service_portal.kernel.copying import copy_rows, reserve_ids
from service_portal.kernel.db import db
from service_portal.kernel.words import Words
from service_portal.sla.services import USUAL_HOURS, add_calendar, change_calendar

ENTERPRISES = 1_900
MEMBERS = {
    "ST01": 16,
    "ST02": 13,
    "ST03": 18,
    "ST04": 16,
    "ST05": 11,
    "ST06": 12,
    "ST07": 9,
    "ST08": 5,
    "ST09": 10,
}
# Enterprises that share a phone with an IP agency: what they get from it must not count.
RELATED = (40, 41, 42)
DEMO_PARK, DEMO_STATION = "NH", "ST03"
# The demo's enterprise owner also works for this one, so that the choice of whom to act for can be
# seen.
SECOND_COMPANY = 7


@dataclass
class Somebody:
    """Somebody who acts in the demo's past: a member, an institution's worker or an enterprise's
    contact.
    """

    name: Words
    role: Role
    person_id: int | None = None
    organisation_id: int = 0


@dataclass
class Company:
    """An enterprise as the history needs it."""

    id: int
    name: Words
    park_id: int
    tags: list[str]
    controller: str
    phone: str
    contact: Somebody
    chinese: bool
    active: float


@dataclass
class Zone:
    """Everybody of the demo zone, by id."""

    companies: list[Company] = field(default_factory=list)
    members: dict[int, Somebody] = field(default_factory=dict)
    workers: dict[int, Somebody] = field(default_factory=dict)
    absences: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)
    controllers: dict[int, tuple[str, str]] = field(default_factory=dict)
    roles: dict[Role, int] = field(default_factory=dict)
    demo_company: int = 0
    demo_institution: int = 0
    demo_member: int = 0


class PeopleMaker:
    """Makes everybody; the same seed makes the same people."""

    def __init__(self, random: Random, *, now: datetime) -> None:
        self.random, self.now, self.zone = random, now, Zone()
        self.minute = now.replace(second=0, microsecond=0)
        self.parks = {row.code: row.id for row in db.session.execute(sa.select(Park.code, Park.id))}
        self.stations = {
            row.code: row.id for row in db.session.execute(sa.select(Station.code, Station.id))
        }
        self.people: list[dict[str, Any]] = []
        self.hats: list[dict[str, Any]] = []
        self.person_ids = iter(reserve_ids("person", 9 + 110 + 78 + 200))
        self.secret = hash_password(DEMO_PASSWORD)

    def make(self) -> Zone:
        """Make everybody and give them."""
        rows = [self._members(), self._institutions(), self._enterprises()]
        self._zone_people()
        copy_rows(Person, self.people)
        for part in rows:
            for model, made in part:
                copy_rows(model, made)
        copy_rows(Membership, self.hats)
        return self.zone

    def _person(
        self,
        email: str,
        name: tuple[str, str],
        *,
        role: Role,
        demo: bool = False,
        **organisation: int,
    ) -> int:
        person_id = next(self.person_ids)
        self.people.append(
            {
                "id": person_id,
                "email": email,
                "password": self.secret if demo else None,
                "fs_uniquifier": UUID(int=self.random.getrandbits(128)).hex,
                "active": True,
                "confirmed_at": self.now,
                "name_en": name[1],
                "name_zh": name[0],
                "locale": "zh",
                "demo": demo,
                "mail_enabled": demo,
            }
        )
        where: dict[str, int | None] = {
            "enterprise_id": None,
            "station_id": None,
            "institution_id": None,
            **organisation,
        }
        self.hats.append(
            {
                "person_id": person_id,
                "role": str(role),
                "created_at": self.now - timedelta(days=400),
                **where,
            }
        )
        if demo:
            self.zone.roles[role] = person_id
        return person_id

    def _also(self, person_id: int, role: Role, **organisation: int) -> None:
        """Give somebody one more role, in another organisation."""
        where: dict[str, int | None] = {
            "enterprise_id": None,
            "station_id": None,
            "institution_id": None,
            **organisation,
        }
        self.hats.append(
            {
                "person_id": person_id,
                "role": str(role),
                "created_at": self.now - timedelta(days=200),
                **where,
            }
        )

    def _zone_people(self) -> None:
        for role in (Role.MANAGER, Role.AUDITOR, Role.ADMINISTRATOR):
            self._person(f"{role}@demo.example", names.person(self.random), role=role, demo=True)

    def _members(self) -> Sequence[tuple[Any, list[dict[str, Any]]]]:
        categories = sorted({service.category.code for service in active_services()})
        ids = iter(reserve_ids("member", sum(MEMBERS.values())))
        short_week = add_calendar(
            code="mon-thu", name_en="Monday to Thursday", name_zh="周一至周四"
        ).id
        change_calendar(
            short_week, weekly={str(day): USUAL_HOURS if day < 4 else [] for day in range(7)}
        )
        members: list[dict[str, Any]] = []
        skills: list[dict[str, Any]] = []
        for station, count in MEMBERS.items():
            for n in range(count):
                role = Role.STATION_LEAD if n == 0 else Role.STATION_MEMBER
                demo = station == DEMO_STATION and n < 2
                name, member_id = names.person(self.random), next(ids)
                email = (
                    f"{role}@demo.example"
                    if demo
                    else f"{station.lower()}-{n + 1:02d}@stations.example"
                )
                person_id = self._person(
                    email, name, role=role, demo=demo, station_id=self.stations[station]
                )
                able = _skills(self.random, categories, n, station)
                usual = (20, 22, 24, 26) if station == DEMO_STATION else (14, 16, 18, 20)
                here = not (station == "ST08" and "SPC" in able and n == 2)
                members.append(
                    {
                        "id": member_id,
                        "code": f"{station}-{n + 1:02d}",
                        "email": email,
                        "calendar_id": short_week if station == "ST07" and n in {4, 5} else None,
                        "person_id": person_id,
                        "station_id": self.stations[station],
                        "name_en": name[1],
                        "name_zh": name[0],
                        "is_lead": n == 0,
                        "phone": names.phone(self.random),
                        "capacity_points": (
                            30 if demo and n else (8 if n == 0 else self.random.choice(usual))
                        ),
                        "on_duty": here,
                    }
                )
                skills += [
                    {"member_id": member_id, "category_code": code, "level": level}
                    for code, level in able.items()
                ]
                self.zone.members[member_id] = Somebody(
                    Words(name[1], name[0]), role, person_id, self.stations[station]
                )
                if demo and role is Role.STATION_MEMBER:
                    self.zone.demo_member = member_id
                if n == 3:
                    self.zone.absences[member_id] = (
                        self.minute - timedelta(days=self.random.randint(0, 2), hours=3),
                        self.minute + timedelta(days=self.random.randint(2, 9)),
                    )
        reasons = ("年假 · annual leave", "外出培训 · training", "病假 · sick leave")
        absences = [
            {"member_id": m, "from_at": a, "to_at": b, "reason": self.random.choice(reasons)}
            for m, (a, b) in self.zone.absences.items()
        ]
        return [(Member, members), (MemberSkill, skills), (Absence, absences)]

    def _institutions(self) -> Sequence[tuple[Any, list[dict[str, Any]]]]:
        by_category: dict[str, list[str]] = {}
        for service in active_services():
            if service.definition.delivered_by != "station":
                by_category.setdefault(service.category.code, []).append(service.code)
        today = self.now.date()
        ids = iter(reserve_ids("institution", sum(kind[3] for kind in names.POOL)))
        rows: list[dict[str, Any]] = []
        scopes: list[dict[str, Any]] = []
        number = 0
        for zh, en, categories, count in names.POOL:
            for n in range(count):
                number += 1
                institution_id, first = next(ids), names.FIRST[(number * 7) % len(names.FIRST)]
                demo = zh == "知识产权代理" and n == 0
                name = names.person(self.random)
                role = Role.INSTITUTION_LEAD
                email = (
                    f"{role}@demo.example" if demo else f"lead-{number:02d}@institutions.example"
                )
                person_id = self._person(
                    email, name, role=role, demo=demo, institution_id=institution_id
                )
                if demo:
                    self._person(
                        f"{Role.INSTITUTION_WORKER}@demo.example",
                        names.person(self.random),
                        role=Role.INSTITUTION_WORKER,
                        demo=True,
                        institution_id=institution_id,
                    )
                    self.zone.demo_institution = institution_id
                status = {3: "suspended", 29: "applied", 51: "reviewed", 70: "exited"}.get(
                    number, "admitted"
                )
                until = (
                    today - timedelta(days=12)
                    if number == 17
                    else today + timedelta(days=self.random.randint(20, 900))
                )
                controller, phone = f"{name[0]}", names.phone(self.random)
                rows.append(
                    {
                        "id": institution_id,
                        "code": f"IN{number:03d}",
                        "name_en": f"{first[1]} {en}",
                        "name_zh": f"{first[0]}{zh}",
                        "kind_en": en,
                        "kind_zh": zh,
                        "status": status,
                        "uscc": names.code(900_000 + number),
                        "controller": controller,
                        "contact_name": name[0],
                        "phone": phone,
                        "email": f"office-{number:02d}@institutions.example",
                        "licence_no": f"DEMO-{number:04d}",
                        "licence_from": date(today.year - 2, 1, 1),
                        "licence_until": until,
                        "capacity_points": self.random.choice((30, 40, 60)),
                        "sort_key": sort_key(f"{first[0]}{zh}"),
                    }
                )
                wanted = (
                    list(self.parks)
                    if demo or count < 4
                    else self.random.sample(
                        sorted(self.parks), self.random.randint(3, len(self.parks))
                    )
                )
                scopes += [
                    {
                        "institution_id": institution_id,
                        "service_code": code,
                        "park_id": self.parks[park],
                    }
                    for category in categories
                    for code in by_category.get(category, ())
                    for park in wanted
                ]
                self.zone.workers[institution_id] = Somebody(
                    Words(name[1], name[0]), role, person_id, institution_id
                )
                self.zone.controllers[institution_id] = (controller, phone)
        return [(Institution, rows), (InstitutionScope, scopes)]

    def _enterprises(self) -> Sequence[tuple[Any, list[dict[str, Any]]]]:
        ids = reserve_ids("enterprise", ENTERPRISES)
        weights = {"CC": 14, "GM": 9, "HQ": 12, "NH": 30, "SD": 22, "SS": 13}
        parks = self.random.choices(
            sorted(self.parks),
            weights=[weights[code] for code in sorted(self.parks)],
            k=ENTERPRISES,
        )
        rows: list[dict[str, Any]] = []
        conflicts: list[dict[str, Any]] = []
        exclusions: list[dict[str, Any]] = []
        for n, enterprise_id in enumerate(ids):
            first = names.FIRST[n % len(names.FIRST)]
            industry = names.INDUSTRIES[(n // len(names.FIRST) + n) % len(names.INDUSTRIES)]
            second = names.FIRST[(n * 5 + n // 512) % len(names.FIRST)] if n >= 512 else None
            zh = f"{first[0]}{second[0] if second else ''}{industry[0]}有限公司"
            en = f"{first[1]}{' ' + second[1] if second else ''} {industry[1]} Co., Ltd"
            contact, park = names.person(self.random), parks[n]
            person_id = None
            if n == 0:
                park, contact = DEMO_PARK, ("林伟", "Lin Wei")
                person_id = self._person(
                    f"{Role.ENTERPRISE_OWNER}@demo.example",
                    contact,
                    role=Role.ENTERPRISE_OWNER,
                    demo=True,
                    enterprise_id=enterprise_id,
                )
                self._person(
                    f"{Role.ENTERPRISE_STAFF}@demo.example",
                    names.person(self.random),
                    role=Role.ENTERPRISE_STAFF,
                    demo=True,
                    enterprise_id=enterprise_id,
                )
                self._also(person_id, Role.ENTERPRISE_STAFF, enterprise_id=ids[SECOND_COMPANY])
                self.zone.demo_company = enterprise_id
            elif n < 150:
                person_id = self._person(
                    f"owner-{n:04d}@enterprises.example",
                    contact,
                    role=Role.ENTERPRISE_OWNER,
                    enterprise_id=enterprise_id,
                )
            phone, controller = names.phone(self.random), names.person(self.random)[0]
            if n in RELATED:
                phone = list(self.zone.controllers.values())[n - RELATED[0]][1]
            if 60 <= n < 64:
                phone = rows[60 - 1]["phone"]
            tags = [tag for tag in names.TAGS if self.random.random() < 0.2]
            rows.append(
                {
                    "id": enterprise_id,
                    "uscc": names.code(n + 1),
                    "name_en": en,
                    "name_zh": zh,
                    "park_id": self.parks[park],
                    "industry_en": industry[3],
                    "industry_zh": industry[2],
                    "tags": tags,
                    "controller": controller,
                    "contact_name": contact[0],
                    "phone": phone,
                    "headcount": int(self.random.lognormvariate(4.2, 0.9)) + 3,
                    "registered_on": (
                        date(2008, 1, 1) + timedelta(days=self.random.randrange(6_300))
                    ),
                    "demo": True,
                    "sort_key": sort_key(zh),
                }
            )
            if n % 97 == 5:
                conflicts.append(
                    {
                        "institution_id": self.random.choice(sorted(self.zone.workers)),
                        "enterprise_id": enterprise_id,
                        "reason": "持股关系 · shareholding",
                        "declared_at": self.minute - timedelta(days=90),
                    }
                )
            if n % 211 == 9:
                exclusions.append(
                    {
                        "enterprise_id": enterprise_id,
                        "institution_id": sorted(self.zone.workers)[n % len(self.zone.workers)],
                    }
                )
            somebody = Somebody(
                Words(contact[1], contact[0]), Role.ENTERPRISE_OWNER, person_id, enterprise_id
            )
            self.zone.companies.append(
                Company(
                    enterprise_id,
                    Words(en, zh),
                    self.parks[park],
                    tags,
                    controller,
                    phone,
                    somebody,
                    self.random.random() < 0.62,
                    min(self.random.paretovariate(1.2), 9.0),
                )
            )
        self.zone.companies[0].active = 24.0
        return [
            (Enterprise, rows),
            (InterestConflict, conflicts),
            (EnterpriseExclusion, exclusions),
        ]


def _skills(random: Random, categories: list[str], n: int, station: str) -> dict[str, int]:
    """Let every category have two or more able members in a station; only the space desk of
    Northern Foshan is thin.
    """
    if station == "ST08":
        return {code: random.randint(1, 3) for code in categories if code != "SPC" or n in {2, 3}}
    if n == 0:
        return dict.fromkeys(categories, 2)
    share = max(6, len(categories) * 6 // MEMBERS[station])
    own = [categories[(n * 3 + k) % len(categories)] for k in range(share)]
    return {code: random.randint(1, 3) for code in own}
