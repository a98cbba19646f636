"""Sessions: a row for each sign-in, read with the person, listed to its owner and ended there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.accounts.models import PersonSession
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing

# A last use is written at most this often, so that reading stays reading.
USE_NOTED_EVERY = timedelta(minutes=5)
LONGEST_AGENT = 300


def begin_session(key: str, *, person_id: int, address: str, agent: str, now: datetime) -> None:
    """Open a session under the key that its cookie carries."""
    db.session.add(
        PersonSession(
            key=key,
            person_id=person_id,
            address=address,
            agent=agent[:LONGEST_AGENT],
            created_at=now,
            last_used_at=now,
        )
    )
    db.session.flush()


def note_use(key: str, *, now: datetime) -> None:
    """Note that a session is in use."""
    db.session.execute(
        sa.update(PersonSession)
        .where(PersonSession.key == key, PersonSession.last_used_at < now)
        .values(last_used_at=now)
    )


def end_session(key: str, *, now: datetime) -> None:
    """End the session of a cookie, wherever copies of it are."""
    _end(PersonSession.key == key, now=now)


def end_own_session(session_id: int, *, actor: Actor, now: datetime) -> None:
    """End one of the actor's own sessions; one of somebody else's is Missing."""
    own = PersonSession.person_id == actor.person_id
    if _end(PersonSession.id == session_id, own, now=now) == 0:
        raise Missing()


def end_sessions_of(person_id: int, *, now: datetime, but: str | None = None) -> int:
    """End every session of a person and count them; the one with the key `but` stays."""
    where = [PersonSession.person_id == person_id]
    if but is not None:
        where.append(PersonSession.key != but)
    return _end(*where, now=now)


def _end(*where: sa.ColumnElement[bool], now: datetime) -> int:
    ended = db.session.execute(
        sa.update(PersonSession)
        .where(PersonSession.ended_at.is_(None), *where)
        .values(ended_at=now)
        .returning(PersonSession.id)
    )
    return len(ended.all())


def sessions_of(
    actor: Actor,
    *,
    now: datetime,
    idle: timedelta,
    longest: timedelta,
) -> Sequence[PersonSession]:
    """List the sessions with which somebody may act as this person, the last used first."""
    return db.session.scalars(
        sa.select(PersonSession)
        .where(
            PersonSession.person_id == actor.person_id,
            PersonSession.ended_at.is_(None),
            PersonSession.created_at > now - longest,
            PersonSession.last_used_at > now - idle - USE_NOTED_EVERY,
        )
        .order_by(PersonSession.last_used_at.desc(), PersonSession.id.desc())
        .limit(100)
    ).all()
