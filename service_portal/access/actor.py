"""Who acts: a person in one of their roles, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The part a person plays in one organisation."""

    ENTERPRISE_OWNER = "enterprise_owner"
    ENTERPRISE_STAFF = "enterprise_staff"
    STATION_MEMBER = "station_member"
    STATION_LEAD = "station_lead"
    INSTITUTION_LEAD = "institution_lead"
    INSTITUTION_WORKER = "institution_worker"
    MANAGER = "manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


ENTERPRISE_ROLES = frozenset({Role.ENTERPRISE_OWNER, Role.ENTERPRISE_STAFF})
STATION_ROLES = frozenset({Role.STATION_MEMBER, Role.STATION_LEAD})
INSTITUTION_ROLES = frozenset({Role.INSTITUTION_LEAD, Role.INSTITUTION_WORKER})
ZONE_ROLES = frozenset({Role.MANAGER, Role.AUDITOR, Role.ADMINISTRATOR})
PEOPLE_ROLES = frozenset(Role) - {Role.SYSTEM}


class Side(StrEnum):
    """Who does something, seen from a ticket. What one side does uses up no measure of another."""

    ENTERPRISE = "enterprise"
    INSTITUTION = "institution"
    ZONE = "zone"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person acting for one organisation.

    Every yes and no is decided from this and the facts of the object.
    """

    role: Role
    person_id: int | None = None
    membership_id: int | None = None
    enterprise_id: int | None = None
    station_id: int | None = None
    institution_id: int | None = None
    member_id: int | None = None
    headquarters: bool = False
    name: str = ""
    locale: str = "en"

    @property
    def is_staff(self) -> bool:
        """Say whether the actor works for the zone: station, manager, auditor or the system."""
        return self.role in STATION_ROLES or self.role in {Role.MANAGER, Role.AUDITOR, Role.SYSTEM}

    @property
    def side(self) -> Side:
        """Say for which side the actor acts."""
        if self.role in ENTERPRISE_ROLES:
            return Side.ENTERPRISE
        return Side.INSTITUTION if self.role in INSTITUTION_ROLES else Side.ZONE


SYSTEM = Actor(role=Role.SYSTEM, name="system")
