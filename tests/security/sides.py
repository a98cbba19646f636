"""The people of a test's world, and its two sides."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask.testing import FlaskClient

from service_portal.access.actor import Actor, Role


@dataclass
class Somebody:
    """A person in a role, with a browser and a token."""

    actor: Actor
    client: FlaskClient
    token: str = ""

    @property
    def role(self) -> Role:
        """Give the role."""
        return self.actor.role


@dataclass
class Side:
    """One of the two halves of the world."""

    enterprise_id: int
    station_id: int
    institution_id: int
    people: dict[str, Somebody] = field(default_factory=dict)
    tickets: dict[str, int] = field(default_factory=dict)
