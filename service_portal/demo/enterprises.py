"""The enterprises of the demo zone; some stand in a relation that an auditor should find."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from service_portal.access.actor import Role
from service_portal.demo import names
from service_portal.demo.register import Made, Register
from service_portal.demo.zone import DEMO_PARK, Company, Somebody
from service_portal.directory.models import (
    Enterprise,
    EnterpriseExclusion,
    EnterprisePreference,
    InterestConflict,
)
from service_portal.directory.rules import sort_key
from service_portal.kernel.copying import reserve_ids
from service_portal.kernel.words import Words

ENTERPRISES = 1_900
# Enterprises that share a phone with an IP agency: what they get from it must not count.
RELATED = (40, 41, 42)
# The demo's enterprise owner also works for this one, so that the choice of whom to act for can be
# seen.
SECOND_COMPANY = 7


def make_enterprises(register: Register) -> Made:
    """Make the enterprises; the first ones have accounts."""
    ids = reserve_ids("enterprise", ENTERPRISES)
    weights = {"CC": 14, "GM": 9, "HQ": 12, "NH": 30, "SD": 22, "SS": 13}
    parks = register.random.choices(
        sorted(register.parks),
        weights=[weights[code] for code in sorted(register.parks)],
        k=ENTERPRISES,
    )
    rows: list[dict[str, Any]] = []
    conflicts: list[dict[str, Any]] = []
    exclusions: list[dict[str, Any]] = []
    preferences: list[dict[str, Any]] = []
    for n, enterprise_id in enumerate(ids):
        first = names.FIRST[n % len(names.FIRST)]
        industry = names.INDUSTRIES[(n // len(names.FIRST) + n) % len(names.INDUSTRIES)]
        second = names.FIRST[(n * 5 + n // 512) % len(names.FIRST)] if n >= 512 else None
        zh = f"{first[0]}{second[0] if second else ''}{industry[0]}有限公司"
        en = f"{first[1]}{' ' + second[1] if second else ''} {industry[1]} Co., Ltd"
        contact, park = names.person(register.random), parks[n]
        person_id = None
        if n == 0:
            park, contact = DEMO_PARK, ("林伟", "Lin Wei")
            person_id = register.add(
                f"{Role.ENTERPRISE_OWNER}@demo.example",
                contact,
                role=Role.ENTERPRISE_OWNER,
                demo=True,
                enterprise_id=enterprise_id,
            )
            register.add(
                f"{Role.ENTERPRISE_STAFF}@demo.example",
                names.person(register.random),
                role=Role.ENTERPRISE_STAFF,
                demo=True,
                enterprise_id=enterprise_id,
            )
            register.also(person_id, Role.ENTERPRISE_STAFF, enterprise_id=ids[SECOND_COMPANY])
            register.zone.demo_company = enterprise_id
        elif n < 150:
            person_id = register.add(
                f"owner-{n:04d}@enterprises.example",
                contact,
                role=Role.ENTERPRISE_OWNER,
                enterprise_id=enterprise_id,
            )
        phone, controller = names.phone(register.random), names.person(register.random)[0]
        if n in RELATED:
            phone = list(register.zone.controllers.values())[n - RELATED[0]][1]
        if 60 <= n < 64:
            phone = rows[60 - 1]["phone"]
        tags = [tag for tag in names.TAGS if register.random.random() < 0.2]
        rows.append(
            {
                "id": enterprise_id,
                "uscc": names.code(n + 1),
                "name_en": en,
                "name_zh": zh,
                "park_id": register.parks[park],
                "industry_en": industry[3],
                "industry_zh": industry[2],
                "tags": tags,
                "controller": controller,
                "contact_name": contact[0],
                "phone": phone,
                "headcount": int(register.random.lognormvariate(4.2, 0.9)) + 3,
                "registered_on": (
                    date(2008, 1, 1) + timedelta(days=register.random.randrange(6_300))
                ),
                "demo": True,
                "sort_key": sort_key(zh),
            }
        )
        if n % 97 == 5:
            conflicts.append(
                {
                    "institution_id": register.random.choice(sorted(register.zone.workers)),
                    "enterprise_id": enterprise_id,
                    "reason": "持股关系 · shareholding",
                    "declared_at": register.minute - timedelta(days=90),
                }
            )
        if n % 211 == 9:
            exclusions.append(
                {
                    "enterprise_id": enterprise_id,
                    "institution_id": sorted(register.zone.workers)[n % len(register.zone.workers)],
                }
            )
        if n % 61 == 0:
            preferences.append(
                {
                    "enterprise_id": enterprise_id,
                    "institution_id": sorted(register.zone.workers)[
                        (n // 61 * 7 + 3) % len(register.zone.workers)
                    ],
                }
            )
        somebody = Somebody(
            Words(contact[1], contact[0]), Role.ENTERPRISE_OWNER, person_id, enterprise_id
        )
        register.zone.companies.append(
            Company(
                enterprise_id,
                Words(en, zh),
                register.parks[park],
                tags,
                controller,
                phone,
                somebody,
                register.random.random() < 0.62,
                min(register.random.paretovariate(1.2), 9.0),
            )
        )
    register.zone.companies[0].active = 24.0
    return [
        (Enterprise, rows),
        (InterestConflict, conflicts),
        (EnterpriseExclusion, exclusions),
        (EnterprisePreference, preferences),
    ]
