"""Reads people and the roles they play."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import g

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Person
from service_portal.kernel.db import db

_HATS = sa.text("""
    SELECT m.id, m.role, m.enterprise_id, m.station_id, m.institution_id,
           coalesce(e.name_en, s.name_en, i.name_en, '') AS name_en,
           coalesce(e.name_zh, s.name_zh, i.name_zh, '') AS name_zh,
           coalesce(s.is_headquarters, false) AS headquarters,
           member.id AS member_id
    FROM membership AS m
    LEFT JOIN enterprise AS e ON e.id = m.enterprise_id
    LEFT JOIN station AS s ON s.id = m.station_id
    LEFT JOIN institution AS i ON i.id = m.institution_id
    LEFT JOIN member ON member.person_id = m.person_id AND member.station_id = m.station_id AND member.active
    WHERE m.person_id = :person_id AND m.ended_at IS NULL
    ORDER BY m.id
""")


@dataclass(frozen=True, slots=True)
class Hat:
    """A role a person can act in, with the organisation's name in both languages."""

    id: int
    role: str
    enterprise_id: int | None
    station_id: int | None
    institution_id: int | None
    name_en: str
    name_zh: str
    headquarters: bool
    member_id: int | None


def hats_of(person_id: int) -> Sequence[Hat]:
    """List the roles a person can act in, oldest first."""
    return [Hat(*row) for row in db.session.execute(_HATS, {"person_id": person_id})]


def actor_from(person: Person, hat: Hat) -> Actor:
    """Make the actor that a person is under one of their hats."""
    return Actor(
        role=Role(hat.role), person_id=person.id, membership_id=hat.id, enterprise_id=hat.enterprise_id,
        station_id=hat.station_id, institution_id=hat.institution_id, member_id=hat.member_id,
        headquarters=hat.headquarters, name=person.name_zh if person.locale == "zh" and person.name_zh else person.name_en or person.email,
        locale=person.locale,
    )  # fmt: skip


def acting_as(person: Person) -> Actor | None:
    """Give the actor a person has chosen to be; the oldest hat if the choice is gone, None if they have none.

    The hats are kept on the request, so the menu that offers to switch needs no second read.
    """
    g.hats = hats_of(person.id)
    if not g.hats:
        return None
    hat = next((hat for hat in g.hats if hat.id == person.acting_membership_id), g.hats[0])
    return actor_from(person, hat)
