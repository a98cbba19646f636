"""People."""

from __future__ import annotations

from itertools import count
from uuid import uuid4

from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person

_numbers = count(1)


def create_person(
    *,
    email: str | None = None,
    locale: str = "en",
    name_en: str = "Lin Wei",
    name_zh: str = "林伟",
    active: bool = True,
    verified: bool = True,
) -> Person:
    """Make a person with a password nobody knows."""
    number = next(_numbers)
    person = Person(
        email=email or f"person{number}-{uuid4().hex[:6]}@example.org",
        fs_uniquifier=uuid4().hex,
        active=active,
        locale=locale,
        name_en=name_en,
        name_zh=name_zh,
        confirmed_at=now() if verified else None,
    )
    db.session.add(person)
    db.session.flush()
    return person
