"""People and the roles they play."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_security.utils import hash_password

from service_portal.access.actor import Actor, Role
from service_portal.accounts import sessions
from service_portal.accounts.inviters import MAY_INVITE, revoke_unsupported
from service_portal.accounts.models import Membership
from service_portal.accounts.tokens import revoke_tokens_of
from service_portal.kernel.db import constraint_of, db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.people.models import Person


def new_person(
    *,
    email: str,
    name_en: str,
    name_zh: str,
    password: str | None,
    locale: str,
    now: datetime,
    demo: bool = False,
) -> Person:
    """Make a person who can sign in."""
    person = Person(
        email=email.strip().lower(),
        name_en=name_en,
        name_zh=name_zh,
        password=hash_password(password) if password else None,
        fs_uniquifier=uuid4().hex,
        active=True,
        confirmed_at=now,
        locale=locale,
        demo=demo,
    )
    db.session.add(person)
    db.session.flush()
    return person


_LEAVE_STATION = sa.text("""
    UPDATE member AS m SET active = false
    WHERE m.person_id = :person_id AND m.station_id = :station_id
      AND NOT EXISTS (SELECT 1 FROM membership AS h
          WHERE h.person_id = :person_id AND h.station_id = :station_id AND h.ended_at IS NULL)
""")


def end_membership(membership_id: int, *, actor: Actor, now: datetime) -> None:
    """Take a role away, at once; leads only in their own organisation, nobody their own.

    Whoever had it signs in again for the roles that are left. Their open invitations end that no
    other role of theirs may make.
    With the last role in a station its member is out of use, so that open cases find another owner.
    """
    membership = db.session.get(Membership, membership_id)
    if membership is None or membership.ended_at is not None:
        raise Missing()
    same = (membership.enterprise_id, membership.station_id, membership.institution_id) == (
        actor.enterprise_id,
        actor.station_id,
        actor.institution_id,
    )
    if actor.role is not Role.ADMINISTRATOR and (
        not same or Role(membership.role) not in MAY_INVITE.get(actor.role, frozenset())
    ):
        raise Missing()
    if membership.id == actor.membership_id:
        raise Refused(_("You can't take your own role away; ask somebody else to do it."))
    with _an_administrator_stays():
        membership.ended_at = now
    revoke_unsupported(membership.person_id, now=now)
    sessions.end_sessions_of(membership.person_id, now=now)
    if membership.station_id is not None:
        db.session.execute(
            _LEAVE_STATION, {"person_id": membership.person_id, "station_id": membership.station_id}
        )


def set_active(person_id: int, *, active: bool, now: datetime) -> None:
    """Let a person in or out. Keeping out ends sessions, tokens and open invitations."""
    person = db.session.get(Person, person_id)
    if person is None:
        raise Missing()
    with _an_administrator_stays():
        person.active = active
        person.fs_uniquifier = uuid4().hex
    sessions.end_sessions_of(person_id, now=now)
    if not active:
        revoke_tokens_of(person_id, now=now)
        revoke_unsupported(person_id, now=now)


@contextmanager
def _an_administrator_stays() -> Iterator[None]:
    """Refuse a change that would leave nobody to administer the zone; the database holds that."""
    try:
        yield
        db.session.flush()
    except sa.exc.IntegrityError as error:
        if constraint_of(error) != "last_administrator":
            raise
        raise Conflict(
            _("This is the last administrator. Give the role to somebody else first."),
            code="last_administrator",
        ) from error
