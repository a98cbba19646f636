"""The institutions of the demo's service pool and what they take on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from service_portal.access.actor import Role
from service_portal.catalogue.queries import active_services
from service_portal.demo import names
from service_portal.demo.register import Made, Register
from service_portal.demo.zone import Somebody
from service_portal.directory.models import Institution, InstitutionScope
from service_portal.directory.rules import sort_key
from service_portal.kernel.copying import reserve_ids
from service_portal.kernel.words import Words


def make_pool(register: Register) -> Made:
    """Make the institutions, each with an account of its lead."""
    by_category: dict[str, list[str]] = {}
    for service in active_services():
        if service.definition.delivered_by != "station" or service.definition.in_parallel:
            by_category.setdefault(service.category.code, []).append(service.code)
    today = register.now.date()
    ids = iter(reserve_ids("institution", sum(kind[3] for kind in names.POOL)))
    rows: list[dict[str, Any]] = []
    scopes: list[dict[str, Any]] = []
    number = 0
    for zh, en, categories, count in names.POOL:
        for n in range(count):
            number += 1
            institution_id, first = next(ids), names.FIRST[(number * 7) % len(names.FIRST)]
            demo = zh == "知识产权代理" and n == 0
            name = names.person(register.random)
            role = Role.INSTITUTION_LEAD
            email = f"{role}@demo.example" if demo else f"lead-{number:02d}@institutions.example"
            person_id = register.add(
                email, name, role=role, demo=demo, institution_id=institution_id
            )
            if demo:
                register.add(
                    f"{Role.INSTITUTION_WORKER}@demo.example",
                    names.person(register.random),
                    role=Role.INSTITUTION_WORKER,
                    demo=True,
                    institution_id=institution_id,
                )
                register.zone.demo_institution = institution_id
            status = {3: "suspended", 29: "applied", 51: "reviewed", 70: "exited"}.get(
                number, "admitted"
            )
            until = (
                today - timedelta(days=12)
                if number == 17
                else today + timedelta(days=register.random.randint(20, 900))
            )
            controller, phone = f"{name[0]}", names.phone(register.random)
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
                    "capacity_points": register.random.choice((30, 40, 60)),
                    "sort_key": sort_key(f"{first[0]}{zh}"),
                }
            )
            wanted = (
                list(register.parks)
                if demo or count < 4
                else register.random.sample(
                    sorted(register.parks), register.random.randint(3, len(register.parks))
                )
            )
            scopes += [
                {
                    "institution_id": institution_id,
                    "service_code": code,
                    "park_id": register.parks[park],
                }
                for category in categories
                for code in by_category.get(category, ())
                for park in wanted
            ]
            register.zone.workers[institution_id] = Somebody(
                Words(name[1], name[0]), role, person_id, institution_id
            )
            register.zone.controllers[institution_id] = (controller, phone)
    return [(Institution, rows), (InstitutionScope, scopes)]
