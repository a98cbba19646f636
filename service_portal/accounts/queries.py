"""Reads people and the roles they play."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import g
from sqlalchemy.dialects.postgresql import JSONB

from service_portal.access.actor import Actor, Role
from service_portal.accounts.inviters import inviter_may, made_by
from service_portal.accounts.models import Invitation, Membership, PersonSession
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.errors import Missing
from service_portal.people.models import Locale, Person

_MEMBERSHIPS = """
    SELECT jsonb_agg(jsonb_build_array(m.id, m.role, m.enterprise_id, m.station_id,
        m.institution_id,
        coalesce(e.name_en, s.name_en, i.name_en, ''), coalesce(e.name_zh, s.name_zh, i.name_zh,
            ''), coalesce(s.is_headquarters, false), member.id) ORDER BY m.id) AS memberships
    FROM membership AS m
    LEFT JOIN enterprise AS e ON e.id = m.enterprise_id
    LEFT JOIN station AS s ON s.id = m.station_id
    LEFT JOIN institution AS i ON i.id = m.institution_id
    LEFT JOIN member ON member.person_id = m.person_id AND member.station_id = m.station_id
        AND member.active
    WHERE m.person_id = {person} AND m.ended_at IS NULL
"""
_MEMBERSHIPS_OF = sa.text(_MEMBERSHIPS.format(person=":person_id"))
_SIGNED_IN = (
    sa.select(
        Person,
        sa.literal_column(f"({_MEMBERSHIPS.format(person='person.id')})", JSONB),
        PersonSession.last_used_at,
    )
    .join(PersonSession, PersonSession.person_id == Person.id)
    .where(
        Person.fs_uniquifier == sa.bindparam("uniquifier"),
        PersonSession.key == sa.bindparam("key"),
        PersonSession.ended_at.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class HeldMembership:
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


def memberships_of(person_id: int) -> Sequence[HeldMembership]:
    """List the roles a person can act in, oldest first."""
    return _memberships(db.session.scalar(_MEMBERSHIPS_OF, {"person_id": person_id}))


def _memberships(rows: list[list[Any]] | None) -> list[HeldMembership]:
    return [HeldMembership(*row) for row in rows or ()]


def signed_in(uniquifier: str, *, key: str) -> Person | None:
    """Give the person of a session that has not ended.

    Their memberships and the session's last use come along: every page asks for them next.
    """
    values = {"uniquifier": uniquifier, "key": key}
    row = db.session.execute(_SIGNED_IN, values).one_or_none()
    if row is None:
        return None
    person: Person = row[0]
    _person, memberships, g.session_used_at = row
    g.read_with = (person.id, _memberships(memberships))
    return person


def actor_from(person: Person, membership: HeldMembership) -> Actor:
    """Make the actor that a person is under one of their memberships."""
    return Actor(
        role=Role(membership.role),
        person_id=person.id,
        membership_id=membership.id,
        enterprise_id=membership.enterprise_id,
        station_id=membership.station_id,
        institution_id=membership.institution_id,
        member_id=membership.member_id,
        headquarters=membership.headquarters,
        name=(
            person.name_zh
            if person.locale == Locale.ZH and person.name_zh
            else person.name_en or person.email
        ),
        locale=person.locale,
    )


def acting_as(person: Person) -> Actor | None:
    """Give the actor a person has chosen to be; by the oldest membership if the choice is gone,
    None if they have none.

    The memberships are kept on the request, so the menu that offers to switch needs no second read.
    """
    person_id, memberships = g.get("read_with", (None, []))
    g.memberships = memberships if person_id == person.id else memberships_of(person.id)
    if not g.memberships:
        return None
    membership = next(
        (
            membership
            for membership in g.memberships
            if membership.id == person.acting_membership_id
        ),
        g.memberships[0],
    )
    return actor_from(person, membership)


def has_account(email: str) -> bool:
    """Say whether somebody has an account with this address."""
    return db.session.scalar(sa.select(Person.id).where(Person.email == email)) is not None


def demo_player(role: str) -> tuple[Person, int | None]:
    """Give the demo's person of a role and their oldest membership in it, or raise Missing."""
    played = sa.and_(
        Membership.person_id == Person.id,
        Membership.role == role,
        Membership.ended_at.is_(None),
    )
    row = db.session.execute(
        sa.select(Person, sa.func.min(Membership.id))
        .outerjoin(Membership, played)
        .where(Person.email == f"{role}@demo.example", Person.demo, Person.active)
        .group_by(Person.id)
    ).one_or_none()
    if row is None:
        raise Missing()
    return row[0], row[1]


_PEOPLE = """
    SELECT m.id AS membership_id, m.role, p.id, p.email, p.name_en, p.name_zh, p.active,
        p.confirmed_at, p.tf_primary_method,
           coalesce(e.name_en, s.name_en, i.name_en, '') AS organisation_en,
           coalesce(e.name_zh, s.name_zh, i.name_zh, '') AS organisation_zh
    FROM person AS p
    LEFT JOIN membership AS m ON m.person_id = p.id AND m.ended_at IS NULL
    LEFT JOIN enterprise AS e ON e.id = m.enterprise_id
    LEFT JOIN station AS s ON s.id = m.station_id
    LEFT JOIN institution AS i ON i.id = m.institution_id
"""

_OF_ORGANISATION = sa.text(
    _PEOPLE
    + """ WHERE m.enterprise_id IS NOT DISTINCT FROM CAST(:enterprise_id AS bigint)
      AND m.station_id IS NOT DISTINCT FROM CAST(:station_id AS bigint)
      AND m.institution_id IS NOT DISTINCT FROM CAST(:institution_id AS bigint)
    AND m.id IS NOT NULL ORDER BY m.id"""
)

_BY_TEXT = sa.text(
    _PEOPLE
    + " WHERE lower(p.email) LIKE :part OR lower(p.name_en) LIKE :part OR p.name_zh LIKE :part"
    " ORDER BY p.id, m.id LIMIT 100"
)


_INVITED_TO = sa.text("""
    SELECT coalesce(e.name_en, s.name_en, i.name_en, '') AS name_en,
        coalesce(e.name_zh, s.name_zh, i.name_zh, '') AS name_zh
    FROM invitation AS v LEFT JOIN enterprise AS e ON e.id = v.enterprise_id
    LEFT JOIN station AS s ON s.id = v.station_id
    LEFT JOIN institution AS i ON i.id = v.institution_id WHERE v.id = :id
""")


# The tables of organisations, each with the code that people know it by.
_CODES = (("enterprise", "uscc"), ("station", "code"), ("institution", "code"))


def place_of(role: str, *, code: str) -> dict[str, int | None]:
    """Find the organisation of a code or USCC for a role; its id is None when there is none."""
    where: dict[str, int | None] = {f"{table}_id": None for table, _column in _CODES}
    for table, column in _CODES:
        if code and role.startswith(table):
            where[f"{table}_id"] = db.session.scalar(
                sa.select(sa.column("id"))
                .select_from(sa.table(table))
                .where(sa.column(column) == code)
            )
    return where


def organisation_of(invitation: Invitation) -> AnyRow:
    """Name the organisation an invitation leads to in both languages; both empty for a role of the
    zone.
    """
    return db.session.execute(_INVITED_TO, {"id": invitation.id}).one()


def invitations_of(actor: Actor, *, now: datetime) -> Sequence[Invitation]:
    """List the open invitations that somebody made in the role they act in, newest first."""
    wanted = sa.select(Invitation).where(
        made_by(actor),
        inviter_may(),
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now,
    )
    return db.session.scalars(wanted.order_by(Invitation.id.desc()).limit(100)).all()


def people_of(actor: Actor) -> Sequence[AnyRow]:
    """List the people of the actor's organisation with their roles."""
    where = {
        "enterprise_id": actor.enterprise_id,
        "station_id": actor.station_id,
        "institution_id": actor.institution_id,
    }
    return db.session.execute(_OF_ORGANISATION, where).all()


def search_people(text: str) -> Sequence[AnyRow]:
    """Find up to a hundred people by a part of their address or name."""
    return db.session.execute(_BY_TEXT, {"part": f"%{text.lower()}%"}).all()


_TOKENS = sa.text("""
    SELECT t.id, t.name, t.prefix, t.scopes, t.created_at, t.last_used_on, t.expires_at, m.role,
           coalesce(e.name_en, s.name_en, i.name_en, '') AS organisation_en,
               coalesce(e.name_zh, s.name_zh, i.name_zh, '') AS organisation_zh
    FROM api_token AS t JOIN membership AS m ON m.id = t.membership_id
    LEFT JOIN enterprise AS e ON e.id = m.enterprise_id
    LEFT JOIN station AS s ON s.id = m.station_id
    LEFT JOIN institution AS i ON i.id = m.institution_id
    WHERE t.person_id = :person_id AND t.revoked_at IS NULL ORDER BY t.id DESC
""")


def tokens_of(actor: Actor) -> Sequence[AnyRow]:
    """List a person's tokens, newest first, each with the role and organisation it acts for."""
    return db.session.execute(_TOKENS, {"person_id": actor.person_id}).all()
