"""People, invitations and memberships."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_security.utils import hash_password

from service_portal.access.actor import ENTERPRISE_ROLES, INSTITUTION_ROLES, STATION_ROLES, Actor, Role
from service_portal.accounts import sessions
from service_portal.accounts.models import Invitation, Membership, Person
from service_portal.accounts.tokens import digest_of
from service_portal.kernel.db import constraint_of, db
from service_portal.kernel.errors import Conflict, Missing, Refused

INVITATION_DAYS = 7

# Nobody grants a role above their own: who may invite to which roles of their own organisation.
MAY_INVITE: dict[Role, frozenset[Role]] = {
    Role.ENTERPRISE_OWNER: ENTERPRISE_ROLES,
    Role.INSTITUTION_LEAD: INSTITUTION_ROLES,
    Role.STATION_LEAD: frozenset({Role.STATION_MEMBER}),
    Role.ADMINISTRATOR: frozenset(Role) - {Role.SYSTEM},
}


def new_person(*, email: str, name_en: str, name_zh: str, password: str | None, locale: str, now: datetime, demo: bool = False) -> Person:
    """Make a person who can sign in."""
    person = Person(
        email=email.strip().lower(), name_en=name_en, name_zh=name_zh, password=hash_password(password) if password else None,
        fs_uniquifier=uuid4().hex, active=True, confirmed_at=now, locale=locale, demo=demo,
    )  # fmt: skip
    db.session.add(person)
    db.session.flush()
    return person


def invite(*, actor: Actor, email: str, role: str, now: datetime, **organisation: int | None) -> tuple[Invitation, str]:
    """Invite somebody to a role of the actor's organisation; gives the invitation and its secret, shown only now."""
    wanted = Role(role) if role in set(Role) else None
    if wanted is None or wanted not in MAY_INVITE.get(actor.role, frozenset()):
        raise Refused(_("You can't give this role."), field="role")
    if "@" not in email or len(email) > 200:
        raise Refused(_("Give an e-mail address."), field="email")
    if actor.role is Role.ADMINISTRATOR:
        where = organisation
    else:
        where = {"enterprise_id": actor.enterprise_id, "station_id": actor.station_id, "institution_id": actor.institution_id}
    _check_organisation(wanted, where)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation(
        email=email.strip().lower(), role=wanted, token_hash=digest_of(secret), invited_by_id=actor.person_id, created_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS), **where,
    )  # fmt: skip
    db.session.add(invitation)
    db.session.flush()
    return invitation, secret


def _check_organisation(role: Role, where: dict[str, int | None]) -> None:
    needs = {"enterprise_id": role in ENTERPRISE_ROLES, "station_id": role in STATION_ROLES, "institution_id": role in INSTITUTION_ROLES}
    if any(bool(where.get(name)) != needed for name, needed in needs.items()):
        raise Refused(_("This role belongs to another kind of organisation."), field="role")


def open_invitation(secret: str, *, now: datetime) -> Invitation:
    """Give an invitation that can still be accepted, or raise Missing."""
    invitation = db.session.scalar(sa.select(Invitation).where(Invitation.token_hash == digest_of(secret)).with_for_update())
    if invitation is None or invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= now:
        raise Missing()
    return invitation


# Members stand above accounts, which know of them what sign-in needs: whose they are.
_JOIN_MEMBER = sa.text("""
    UPDATE member AS m SET person_id = :person_id, active = true WHERE m.station_id = :station_id AND m.email = :email
      AND NOT EXISTS (SELECT 1 FROM member AS o WHERE o.person_id = :person_id AND o.station_id = :station_id AND o.id <> m.id)
""")
_LEAVE_STATION = sa.text("""
    UPDATE member AS m SET active = false WHERE m.person_id = :person_id AND m.station_id = :station_id
      AND NOT EXISTS (SELECT 1 FROM membership AS h WHERE h.person_id = :person_id AND h.station_id = :station_id AND h.ended_at IS NULL)
""")


def accept_invitation(secret: str, *, person: Person, now: datetime) -> Membership:
    """Give a person the role they were invited to, and in a station the member with their address. An invitation works once and only for its address."""
    invitation = open_invitation(secret, now=now)
    if person.email != invitation.email:
        raise Refused(_("This invitation was sent to another address. Sign in with that one."))
    invitation.accepted_at = now
    place = {"enterprise_id": invitation.enterprise_id, "station_id": invitation.station_id, "institution_id": invitation.institution_id}
    hat = db.session.scalar(sa.select(Membership).filter_by(person_id=person.id, role=invitation.role, ended_at=None, **place))
    if hat is None:
        hat = Membership(person_id=person.id, role=invitation.role, created_at=now, **place)
        db.session.add(hat)
        db.session.flush()
    person.acting_membership_id = hat.id
    if hat.station_id is not None:
        db.session.execute(_JOIN_MEMBER, {"person_id": person.id, "station_id": hat.station_id, "email": person.email})
    return hat


def end_membership(membership_id: int, *, actor: Actor, now: datetime) -> None:
    """Take a role away, at once; leads only in their own organisation, nobody their own.

    Whoever had it signs in again for the roles that are left.
    With the last role in a station its member is out of use, so that open cases find another owner.
    """
    hat = db.session.get(Membership, membership_id)
    if hat is None or hat.ended_at is not None:
        raise Missing()
    same = (hat.enterprise_id, hat.station_id, hat.institution_id) == (actor.enterprise_id, actor.station_id, actor.institution_id)
    if actor.role is not Role.ADMINISTRATOR and (not same or Role(hat.role) not in MAY_INVITE.get(actor.role, frozenset())):
        raise Missing()
    if hat.id == actor.membership_id:
        raise Refused(_("You can't take your own role away; ask somebody else to do it."))
    with _an_administrator_stays():
        hat.ended_at = now
    sessions.end_sessions_of(hat.person_id, now=now)
    if hat.station_id is not None:
        db.session.execute(_LEAVE_STATION, {"person_id": hat.person_id, "station_id": hat.station_id})


def set_active(person_id: int, *, active: bool, now: datetime) -> None:
    """Let a person in or out. Keeping out ends every open session at once."""
    person = db.session.get(Person, person_id)
    if person is None:
        raise Missing()
    with _an_administrator_stays():
        person.active = active
        person.fs_uniquifier = uuid4().hex
    sessions.end_sessions_of(person_id, now=now)


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
