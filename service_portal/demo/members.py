"""The members of the demo's stations, what they can do and when they are away."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from service_portal.access.actor import Role
from service_portal.catalogue.queries import active_services
from service_portal.demo import names
from service_portal.demo.register import Made, Register
from service_portal.demo.zone import DEMO_STATION, Somebody
from service_portal.directory.models import Absence, Member, MemberSkill
from service_portal.kernel.copying import reserve_ids
from service_portal.kernel.words import Words
from service_portal.sla.services import USUAL_HOURS, add_calendar, change_calendar

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


def make_members(register: Register) -> Made:
    """Make the members, each with an account."""
    categories = sorted({service.category.code for service in active_services()})
    ids = iter(reserve_ids("member", sum(MEMBERS.values())))
    short_week = add_calendar(code="mon-thu", name_en="Monday to Thursday", name_zh="周一至周四").id
    change_calendar(
        short_week, weekly={str(day): USUAL_HOURS if day < 4 else [] for day in range(7)}
    )
    members: list[dict[str, Any]] = []
    skills: list[dict[str, Any]] = []
    for station, count in MEMBERS.items():
        for n in range(count):
            role = Role.STATION_LEAD if n == 0 else Role.STATION_MEMBER
            demo = station == DEMO_STATION and n < 2
            name, member_id = names.person(register.random), next(ids)
            email = (
                f"{role}@demo.example"
                if demo
                else f"{station.lower()}-{n + 1:02d}@stations.example"
            )
            person_id = register.add(
                email, name, role=role, demo=demo, station_id=register.stations[station]
            )
            able = _skills(register.random, categories, n, station)
            usual = (20, 22, 24, 26) if station == DEMO_STATION else (14, 16, 18, 20)
            here = not (station == "ST08" and "SPC" in able and n == 2)
            members.append(
                {
                    "id": member_id,
                    "code": f"{station}-{n + 1:02d}",
                    "email": email,
                    "calendar_id": short_week if station == "ST07" and n in {4, 5} else None,
                    "person_id": person_id,
                    "station_id": register.stations[station],
                    "name_en": name[1],
                    "name_zh": name[0],
                    "is_lead": n == 0,
                    "phone": names.phone(register.random),
                    "capacity_points": (
                        30 if demo and n else (8 if n == 0 else register.random.choice(usual))
                    ),
                    "on_duty": here,
                }
            )
            skills += [
                {"member_id": member_id, "category_code": code, "level": level}
                for code, level in able.items()
            ]
            register.zone.members[member_id] = Somebody(
                Words(name[1], name[0]), role, person_id, register.stations[station]
            )
            if role is Role.STATION_LEAD:
                register.zone.leads[register.stations[station]] = register.zone.members[member_id]
            if demo and role is Role.STATION_MEMBER:
                register.zone.demo_member = member_id
            if n == 3:
                register.zone.absences[member_id] = (
                    register.minute - timedelta(days=register.random.randint(0, 2), hours=3),
                    register.minute + timedelta(days=register.random.randint(2, 9)),
                )
    reasons = ("年假 · annual leave", "外出培训 · training", "病假 · sick leave")
    absences = [
        {"member_id": m, "from_at": a, "to_at": b, "reason": register.random.choice(reasons)}
        for m, (a, b) in register.zone.absences.items()
    ]
    return [(Member, members), (MemberSkill, skills), (Absence, absences)]


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
