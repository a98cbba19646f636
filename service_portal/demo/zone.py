"""Everybody of the demo zone, as its history needs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from service_portal.access.actor import Role
from service_portal.kernel.words import Words

DEMO_PARK, DEMO_STATION = "NH", "ST03"


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
    # The lead of each station.
    leads: dict[int, Somebody] = field(default_factory=dict)
    workers: dict[int, Somebody] = field(default_factory=dict)
    absences: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)
    controllers: dict[int, tuple[str, str]] = field(default_factory=dict)
    roles: dict[Role, int] = field(default_factory=dict)
    demo_company: int = 0
    demo_institution: int = 0
    demo_member: int = 0
