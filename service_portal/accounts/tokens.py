"""API tokens: made once, stored as a digest, read in one statement."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import ApiToken
from service_portal.kernel.db import at_once, db
from service_portal.kernel.errors import Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work

PREFIX = "sp_"
LONGEST_DAYS = 366

# Its columns named, in their order, the library keeps what it knows of the answer instead of finding it out each time.
_ACTOR = sa.text("""
    SELECT t.id, t.last_used_on, m.id AS membership_id, m.role, m.enterprise_id, m.station_id, m.institution_id,
           p.id AS person_id, p.name_en, p.name_zh, p.email, p.locale, coalesce(s.is_headquarters, false) AS headquarters,
           member.id AS member_id
    FROM api_token AS t
    JOIN membership AS m ON m.id = t.membership_id AND m.ended_at IS NULL
    JOIN person AS p ON p.id = t.person_id AND p.active
    LEFT JOIN station AS s ON s.id = m.station_id
    LEFT JOIN member ON member.person_id = p.id AND member.station_id = m.station_id AND member.active
    WHERE t.token_hash = :digest AND t.revoked_at IS NULL AND t.expires_at > :now
""").columns(*map(sa.column, (
    "id", "last_used_on", "membership_id", "role", "enterprise_id", "station_id", "institution_id", "person_id", "name_en", "name_zh", "email", "locale", "headquarters", "member_id",
)))  # fmt: skip


def digest_of(token: str) -> str:
    """Give what is stored of a token or invitation secret."""
    return sha256(token.encode()).hexdigest()


def make_token(*, actor: Actor, name: str, days: int, now: datetime) -> str:
    """Make a token for the actor's present role and give it; it is never shown again."""
    if not name:
        raise Refused(_("Name the token, so that you know it again."), field="name")
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused(_("A token lives from 1 to %(days)d days.", days=LONGEST_DAYS), field="days")
    token = PREFIX + secrets.token_urlsafe(32)
    db.session.add(
        ApiToken(
            person_id=actor.person_id, membership_id=actor.membership_id, name=name[:100], token_hash=digest_of(token),
            prefix=token[:8], created_at=now, expires_at=now + timedelta(days=days),
        )
    )  # fmt: skip
    db.session.flush()
    return token


def revoke_token(token_id: int, *, actor: Actor, now: datetime) -> None:
    """Make one of the actor's own tokens useless at once."""
    token = db.session.get(ApiToken, token_id)
    if token is None or token.person_id != actor.person_id:
        raise Missing()
    token.revoked_at = token.revoked_at or now


def actor_of_token(token: str, *, now: datetime) -> Actor | None:
    """Give who a token acts for, or None when it is unknown, expired, revoked, or its owner has left."""
    if not token.startswith(PREFIX) or len(token) > 200:
        return None
    row = at_once(_ACTOR, {"digest": digest_of(token), "now": now}).first()
    if row is None:
        return None
    if row.last_used_on is None or row.last_used_on.date() < now.date():
        with unit_of_work():
            db.session.execute(sa.update(ApiToken).where(ApiToken.id == row.id).values(last_used_on=now))
    return Actor(
        role=Role(row.role), person_id=row.person_id, membership_id=row.membership_id, enterprise_id=row.enterprise_id,
        station_id=row.station_id, institution_id=row.institution_id, member_id=row.member_id, headquarters=row.headquarters,
        name=(row.name_zh if row.locale == "zh" and row.name_zh else row.name_en) or row.email, locale=row.locale,
    )  # fmt: skip
