"""The accounts of the demo zone: people and the roles they have."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_security.utils import hash_password

from service_portal.access.actor import Role
from service_portal.accounts.commands import DEMO_PASSWORD
from service_portal.accounts.models import Membership
from service_portal.demo.zone import Zone
from service_portal.directory.models import Park, Station
from service_portal.kernel.copying import copy_rows, reserve_ids
from service_portal.kernel.db import db
from service_portal.people.models import Person

# Rows of tables, in the order in which they are written.
Made = list[tuple[Any, list[dict[str, Any]]]]


class Register:
    """Who signs in, and in which roles; the same seed makes the same people."""

    def __init__(self, random: Random, *, now: datetime) -> None:
        self.random, self.now, self.zone = random, now, Zone()
        self.minute = now.replace(second=0, microsecond=0)
        self.parks = {row.code: row.id for row in db.session.execute(sa.select(Park.code, Park.id))}
        self.stations = {
            row.code: row.id for row in db.session.execute(sa.select(Station.code, Station.id))
        }
        self.people: list[dict[str, Any]] = []
        self.memberships: list[dict[str, Any]] = []
        self.person_ids = iter(reserve_ids("person", 9 + 110 + 78 + 200))
        self.secret = hash_password(DEMO_PASSWORD)

    def add(
        self,
        email: str,
        name: tuple[str, str],
        *,
        role: Role,
        demo: bool = False,
        **organisation: int,
    ) -> int:
        """Give somebody an account with a role, and give its id."""
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
        self.memberships.append(
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

    def also(self, person_id: int, role: Role, **organisation: int) -> None:
        """Give somebody one more role, in another organisation."""
        where: dict[str, int | None] = {
            "enterprise_id": None,
            "station_id": None,
            "institution_id": None,
            **organisation,
        }
        self.memberships.append(
            {
                "person_id": person_id,
                "role": str(role),
                "created_at": self.now - timedelta(days=200),
                **where,
            }
        )

    def write(self) -> None:
        """Write the accounts."""
        copy_rows(Person, self.people)

    def write_roles(self) -> None:
        """Write which roles they have, once the organisations are there."""
        copy_rows(Membership, self.memberships)
