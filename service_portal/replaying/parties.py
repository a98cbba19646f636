"""Makes the parties a log names: who asks, who works in the stations, who is in the pool, and which
service of the catalogue a request is for.

A log does not say who was able to do what; that is dealt out evenly, in an order that depends on
names and on what was known at filing only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from stdnum.cn import uscc

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.catalogue.queries import CurrentService, active_services
from service_portal.directory.models import (
    Enterprise,
    Institution,
    InstitutionScope,
    Member,
    MemberSkill,
    Park,
)
from service_portal.directory.rules import sort_key
from service_portal.kernel.clock import zone_time
from service_portal.kernel.copying import copy_rows, reserve_ids
from service_portal.kernel.db import db
from service_portal.people.models import Person
from service_portal.replaying.logs import Case
from service_portal.replaying.staffing import MEMBER_POINTS, points_at_once, posts
from service_portal.routing.queries import read_table
from service_portal.routing.rules import Facts, choose_station

INSTITUTION_POINTS = 60
LEAST_INSTITUTIONS = 12
# The first half of a code's body; its division does not exist, so no real company has it.
DIVISION = "91440699RP"


@dataclass(frozen=True, slots=True)
class Parties:
    """Everybody a replay acts as. `members` and `institutions` are by the id of their row."""

    askers: dict[str, Actor]
    members: dict[int, Actor]
    institutions: dict[int, Actor]
    services: dict[tuple[str, str], CurrentService]


def make_parties(cases: Sequence[Case], *, now: datetime) -> Parties:
    """Make the parties of a log in the caller's transaction; the same log makes the same ones."""
    services = _services(cases)
    maker = _Maker(now)
    parks = dict(
        zip(_by_frequency(case.place for case in cases), _endlessly(_parks()), strict=False)
    )
    homes = {
        asker: parks[place]
        for (asker, place), _ in sorted(
            Counter((c.asker, c.place) for c in cases).items(), key=lambda item: (item[1], item[0])
        )
    }
    askers = maker.enterprises(homes)
    members = maker.members(*posts(_staff(cases), _demand(cases, services, homes)))
    institutions = maker.institutions(
        _groups(cases),
        sorted(
            {
                service.code
                for service in active_services()
                if service.definition.delivered_by != "station"
            }
        ),
    )
    maker.write()
    return Parties(askers, members, institutions, services)


def _by_frequency(names: Iterable[str]) -> list[str]:
    return [
        name for name, _ in sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))
    ]


def _endlessly(things: Sequence[Any]) -> Iterable[Any]:
    while True:
        yield from things


def _parks() -> list[tuple[int, str]]:
    return [
        (row.id, row.code)
        for row in db.session.execute(sa.select(Park.id, Park.code).order_by(Park.code))
    ]


def _services(cases: Sequence[Case]) -> dict[tuple[str, str], CurrentService]:
    """Give each pair of category and kind a service: categories go round the catalogue's, kinds
    round the services of theirs, the frequent first.
    """
    offered: dict[str, list[CurrentService]] = {}
    for service in active_services():
        offered.setdefault(service.category.code, []).append(service)
    ours = dict(
        zip(
            _by_frequency(case.category for case in cases),
            _endlessly(sorted(offered)),
            strict=False,
        )
    )
    given: dict[tuple[str, str], CurrentService] = {}
    turn: Counter[str] = Counter()
    for (category, kind), _ in sorted(
        Counter((c.category, c.kind) for c in cases).items(), key=lambda item: (-item[1], item[0])
    ):
        mine = offered[ours[category]]
        given[category, kind] = mine[turn[ours[category]] % len(mine)]
        turn[ours[category]] += 1
    return given


def _staff(cases: Sequence[Case]) -> list[str]:
    return sorted({name for case in cases for name in case.staff})


def _groups(cases: Sequence[Case]) -> list[str]:
    named = sorted({name for case in cases for name in case.groups})
    return named + [f"pool {n}" for n in range(1, LEAST_INSTITUTIONS - len(named) + 1)]


def _demand(
    cases: Sequence[Case],
    services: dict[tuple[str, str], CurrentService],
    homes: dict[str, tuple[int, str]],
) -> Counter[int]:
    """Count the points that are open at once in each station, by the rules of routing."""
    table = read_table()
    work = []
    for case in cases:
        service, (park_id, park_code) = services[case.category, case.kind], homes[case.asker]
        facts = Facts(
            service.code,
            service.category.code,
            park_id,
            park_code,
            frozenset(),
            None,
            case.urgent,
        )
        today = case.filed_at.astimezone(zone_time()).date()
        station_id = choose_station(facts, table, today).station_id
        if station_id is not None:
            work.append((case, station_id, service.definition.effort_points))
    return points_at_once(table.stations, work)


class _Maker:
    def __init__(self, now: datetime) -> None:
        self.now, self.rows = now, dict[type[Any], list[dict[str, Any]]]()
        for model in (
            Person,
            Enterprise,
            Institution,
            Membership,
            InstitutionScope,
            Member,
            MemberSkill,
        ):
            self.rows[model] = []

    def write(self) -> None:
        for model, rows in self.rows.items():
            copy_rows(model, rows)

    def _actors(
        self, role: Role, organisations: Sequence[dict[str, Any]], names: Sequence[str]
    ) -> list[Actor]:
        people, memberships = (
            reserve_ids("person", len(names)),
            reserve_ids("membership", len(names)),
        )
        actors = []
        for person_id, membership, organisation, name in zip(
            people, memberships, organisations, names, strict=True
        ):
            self.rows[Person].append(
                {
                    "id": person_id,
                    "email": f"{role}-{person_id}@replay.example",
                    "password": None,
                    "fs_uniquifier": uuid4().hex,
                    "active": True,
                    "name_en": name,
                    "name_zh": name,
                    "locale": "en",
                    "mail_enabled": False,
                    "acting_membership_id": membership,
                }
            )
            place = {"enterprise_id": None, "station_id": None, "institution_id": None} | {
                k: v for k, v in organisation.items() if k != "member_id"
            }
            self.rows[Membership].append(
                {
                    "id": membership,
                    "person_id": person_id,
                    "role": str(role),
                    "created_at": self.now,
                    **place,
                }
            )
            actors.append(
                Actor(
                    role=role,
                    person_id=person_id,
                    membership_id=membership,
                    name=name,
                    **organisation,
                )
            )
        return actors

    def enterprises(self, homes: dict[str, tuple[int, str]]) -> dict[str, Actor]:
        """Make an enterprise for each asker, in the park it asks from most."""
        ids, names = reserve_ids("enterprise", len(homes)), sorted(homes)
        for number, (enterprise_id, name) in enumerate(zip(ids, names, strict=True)):
            body = f"{DIVISION}{number:07d}"
            self.rows[Enterprise].append(
                {
                    "id": enterprise_id,
                    "uscc": body + str(uscc.calc_check_digit(body)),
                    "name_en": f"Caller {name}",
                    "name_zh": f"来电企业 {name}",
                    "park_id": homes[name][0],
                    "sort_key": sort_key(f"来电企业 {name}"),
                }
            )
        actors = self._actors(
            Role.ENTERPRISE_OWNER,
            [{"enterprise_id": one} for one in ids],
            [f"Caller {name}" for name in names],
        )
        return dict(zip(names, actors, strict=True))

    def members(self, names: Sequence[str], posts: Sequence[int]) -> dict[int, Actor]:
        """Make the members, each in the station of their post; each is able to two thirds of the
        categories.
        """
        categories = sorted({service.category.code for service in active_services()})
        ids = reserve_ids("member", len(names))
        labels = [f"Member {name}" for name in names]
        actors = self._actors(
            Role.STATION_MEMBER,
            [
                {"station_id": one, "member_id": member}
                for one, member in zip(posts, ids, strict=True)
            ],
            labels,
        )
        for n, (member_id, station_id, label) in enumerate(zip(ids, posts, labels, strict=True)):
            self.rows[Member].append(
                {
                    "id": member_id,
                    "code": f"RP-{n + 1:04d}",
                    "person_id": actors[n].person_id,
                    "station_id": station_id,
                    "name_en": label,
                    "name_zh": label.replace("Member", "坐席"),
                    "is_lead": station_id not in posts[:n],
                    "capacity_points": MEMBER_POINTS,
                }
            )
            able = [
                code for k, code in enumerate(categories) if (k + posts[:n].count(station_id)) % 3
            ]
            self.rows[MemberSkill] += [
                {"member_id": member_id, "category_code": code, "level": 1 + (n + k) % 3}
                for k, code in enumerate(able)
            ]
        return dict(zip(ids, actors, strict=True))

    def institutions(self, names: Sequence[str], codes: Sequence[str]) -> dict[int, Actor]:
        """Make the pool: each institution accepts every fourth service, in every second park."""
        ids, labels, parks = (
            reserve_ids("institution", len(names)),
            [f"Group {name}" for name in names],
            _parks(),
        )
        for n, (institution_id, label) in enumerate(zip(ids, labels, strict=True)):
            self.rows[Institution].append(
                {
                    "id": institution_id,
                    "code": f"RP{n + 1:04d}",
                    "name_en": label,
                    "name_zh": label.replace("Group", "机构"),
                    "status": "admitted",
                    "licence_from": date(2000, 1, 1),
                    "licence_until": date(2099, 12, 31),
                    "capacity_points": INSTITUTION_POINTS,
                    "sort_key": label,
                }
            )
            scope = [
                (code, park_id)
                for k, code in enumerate(codes)
                if (k + n) % 4 == 0
                for p, (park_id, _) in enumerate(parks)
                if (p + n // 4) % 2 == 0
            ]
            self.rows[InstitutionScope] += [
                {"institution_id": institution_id, "service_code": code, "park_id": park_id}
                for code, park_id in scope
            ]
        return dict(
            zip(
                ids,
                self._actors(
                    Role.INSTITUTION_LEAD, [{"institution_id": one} for one in ids], labels
                ),
                strict=True,
            )
        )
