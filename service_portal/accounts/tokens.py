"""API tokens: made once, stored as a digest, read in one statement, ended at once."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from service_portal.access.actor import Actor, Role
from service_portal.access.scopes import TokenScope
from service_portal.accounts.limit_rules import MOST_TOKENS
from service_portal.accounts.models import ApiToken
from service_portal.kernel.db import AnyRow, at_once, db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.people.models import Locale, Person

PREFIX = "sp_"
# So many characters of a token are kept readable: its owner tells one from the other by them.
PREFIX_LENGTH = 8
LONGEST_DAYS = 366
EVERYTHING = tuple(TokenScope)

# Its columns named, in their order, the library keeps what it knows of the answer instead of
# finding it out each time.
_ACTOR = sa.text("""
    SELECT t.id, t.last_used_on, t.scopes, m.id AS membership_id, m.role, m.enterprise_id,
           m.station_id, m.institution_id, p.id AS person_id, p.name_en, p.name_zh, p.email,
           p.locale, coalesce(s.is_headquarters, false) AS headquarters, member.id AS member_id
    FROM api_token AS t
    JOIN membership AS m ON m.id = t.membership_id AND m.ended_at IS NULL
    JOIN person AS p ON p.id = t.person_id AND p.active AND (:demo OR NOT p.demo)
    LEFT JOIN station AS s ON s.id = m.station_id
    LEFT JOIN member
      ON member.person_id = p.id AND member.station_id = m.station_id AND member.active
    WHERE t.token_hash = :digest AND t.revoked_at IS NULL AND t.expires_at > :now
""").columns(
    *map(
        sa.column,
        (
            "id",
            "last_used_on",
            "scopes",
            "membership_id",
            "role",
            "enterprise_id",
            "station_id",
            "institution_id",
            "person_id",
            "name_en",
            "name_zh",
            "email",
            "locale",
            "headquarters",
            "member_id",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class TokenUse:
    """What a token that is shown opens: for whom, by which token, and how far."""

    token_id: int
    actor: Actor
    scopes: frozenset[str]


def digest_of(token: str) -> str:
    """Give what is stored of a token or invitation secret."""
    return sha256(token.encode()).hexdigest()


def make_token(
    *,
    actor: Actor,
    name: str,
    days: int,
    now: datetime,
    scopes: Collection[str] = EVERYTHING,
    token: str | None = None,
) -> str:
    """Make a token for the actor's present role and give it; it is never shown again."""
    if not name:
        raise Refused(_("Name the token, so that you know it again."), field="name")
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused(_("A token lives from 1 to %(days)d days.", days=LONGEST_DAYS), field="days")
    if not scopes or not set(scopes) <= set(TokenScope):
        raise Refused(_("Choose at least one thing that the token may do."), field="scopes")
    _leave_room(actor, now=now)
    token = token or PREFIX + secrets.token_urlsafe(32)
    db.session.add(
        ApiToken(
            person_id=actor.person_id,
            membership_id=actor.membership_id,
            name=name[:100],
            token_hash=digest_of(token),
            prefix=token[:PREFIX_LENGTH],
            scopes=[scope for scope in EVERYTHING if scope in scopes],
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
    )
    db.session.flush()
    return token


def _leave_room(actor: Actor, *, now: datetime) -> None:
    """Refuse one more token than a person may have; of two made at once the second one waits."""
    person = sa.select(Person.id).where(Person.id == actor.person_id)
    db.session.execute(person.with_for_update(key_share=True))
    alive = sa.select(sa.func.count()).where(
        ApiToken.person_id == actor.person_id,
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > now,
    )
    if (db.session.scalar(alive) or 0) >= MOST_TOKENS:
        sentence = _(
            "You have %(most)d tokens that work. Revoke one that you no longer need, then make the"
            " new one.",
            most=MOST_TOKENS,
        )
        raise Conflict(sentence)


def revoke_token(token_id: int, *, actor: Actor, now: datetime) -> None:
    """Make one of the actor's own tokens useless at once."""
    token = db.session.get(ApiToken, token_id)
    if token is None or token.person_id != actor.person_id:
        raise Missing()
    token.revoked_at = token.revoked_at or now


def revoke_tokens_of(person_id: int, *, now: datetime) -> int:
    """Make every token of a person useless at once, in whatever role it acts; give how many."""
    ended = (
        sa.update(ApiToken)
        .where(
            ApiToken.person_id == person_id,
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now,
        )
        .values(revoked_at=now)
    )
    return cast(sa.CursorResult[Any], db.session.execute(ended)).rowcount


def owner_by_prefix(token: str) -> AnyRow | None:
    """Give the id and address of who made a token that begins like this one, or None."""
    if not token.startswith(PREFIX) or len(token) < PREFIX_LENGTH:
        return None
    begins_alike = (
        sa.select(Person.id, Person.email)
        .join(ApiToken, ApiToken.person_id == Person.id)
        .where(ApiToken.prefix == token[:PREFIX_LENGTH])
        .order_by(ApiToken.id.desc())
        .limit(1)
    )
    return db.session.execute(begins_alike).first()


def use_of_token(token: str, *, now: datetime) -> TokenUse | None:
    """Give what a token opens, or None: unknown, expired, revoked, or its owner has left."""
    if not token.startswith(PREFIX) or len(token) > 200:
        return None
    values = {"digest": digest_of(token), "now": now, "demo": current_app.config["DEMO"]}
    row = at_once(_ACTOR, values).first()
    if row is None:
        return None
    if row.last_used_on is None or row.last_used_on.date() < now.date():
        with unit_of_work():
            used = sa.update(ApiToken).where(ApiToken.id == row.id).values(last_used_on=now)
            db.session.execute(used)
    in_chinese = row.locale == Locale.ZH and row.name_zh
    actor = Actor(
        role=Role(row.role),
        person_id=row.person_id,
        membership_id=row.membership_id,
        enterprise_id=row.enterprise_id,
        station_id=row.station_id,
        institution_id=row.institution_id,
        member_id=row.member_id,
        headquarters=row.headquarters,
        name=(row.name_zh if in_chinese else row.name_en) or row.email,
        locale=row.locale,
    )
    return TokenUse(token_id=row.id, actor=actor, scopes=frozenset(row.scopes))
