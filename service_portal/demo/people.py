"""The people and organisations of the demo zone: members, institutions, enterprises, and one person
for each role to sign in as.
"""

from __future__ import annotations

from datetime import datetime
from random import Random

from service_portal.access.actor import Role
from service_portal.demo import names
from service_portal.demo.enterprises import make_enterprises
from service_portal.demo.members import make_members
from service_portal.demo.pool import make_pool
from service_portal.demo.register import Register
from service_portal.demo.zone import Zone
from service_portal.kernel.copying import copy_rows


def make_people(random: Random, *, now: datetime) -> Zone:
    """Make everybody and give them."""
    register = Register(random, now=now)
    made = [make_members(register), make_pool(register), make_enterprises(register)]
    for role in (Role.MANAGER, Role.AUDITOR, Role.ADMINISTRATOR):
        register.add(f"{role}@demo.example", names.person(random), role=role, demo=True)
    register.write()
    for part in made:
        for model, rows in part:
            copy_rows(model, rows)
    register.write_roles()
    return register.zone
