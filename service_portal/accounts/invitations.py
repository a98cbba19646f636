"""Invitations: made, sent again, withdrawn, accepted.

The link goes by mail to the invited address and nowhere else.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import (
    ENTERPRISE_ROLES,
    INSTITUTION_ROLES,
    STATION_ROLES,
    Actor,
    Role,
)
from service_portal.accounts.inviters import MAY_INVITE, made_by, may_still
from service_portal.accounts.limit_rules import (
    INVITATIONS_OF_AN_ADMINISTRATOR,
    INVITATIONS_OF_AN_INVITER,
    INVITATIONS_OF_AN_ORGANISATION,
)
from service_portal.accounts.limits import spend, uses
from service_portal.accounts.models import Invitation, Membership
from service_portal.accounts.tokens import digest_of
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing, Refused, TooMany
from service_portal.people.models import Person

INVITATION_DAYS = 7

# Members stand above accounts, which know of them what sign-in needs: whose they are.
_JOIN_MEMBER = sa.text("""
    UPDATE member AS m SET person_id = :person_id, active = true
    WHERE m.station_id = :station_id AND m.email = :email AND NOT EXISTS (
        SELECT FROM member AS o
        WHERE o.person_id = :person_id AND o.station_id = :station_id AND o.id <> m.id
    )
""")


def _limit_inviting(actor: Actor, *, now: datetime) -> None:
    """Count one more letter of an inviter and of their organisation, or refuse it."""
    counted = uses(f"invite:person {actor.person_id}", INVITATIONS_OF_AN_ADMINISTRATOR)
    if actor.role is not Role.ADMINISTRATOR:
        place = f"{actor.enterprise_id}/{actor.station_id}/{actor.institution_id}"
        counted = uses(f"invite:person {actor.person_id}", INVITATIONS_OF_AN_INVITER)
        counted += uses(f"invite:organisation {place}", INVITATIONS_OF_AN_ORGANISATION)
    wait = spend(counted, now=now)
    if wait:
        message = _(
            "Too many invitations went out from here. Try again in %(minutes)d minutes.",
            minutes=-(-wait // 60),
        )
        raise TooMany(message, retry_after=wait)


def invite(
    *, actor: Actor, email: str, role: str, now: datetime, **organisation: int | None
) -> tuple[Invitation, str]:
    """Invite somebody to a role of the actor's organisation; the secret is for the letter alone."""
    wanted = Role(role) if role in set(Role) else None
    if wanted is None or wanted not in MAY_INVITE.get(actor.role, frozenset()):
        raise Refused(_("You can't give this role."), field="role")
    if "@" not in email or len(email) > 200:
        raise Refused(_("Give an e-mail address."), field="email")
    where = organisation
    if actor.role is not Role.ADMINISTRATOR:
        where = {
            "enterprise_id": actor.enterprise_id,
            "station_id": actor.station_id,
            "institution_id": actor.institution_id,
        }
    _check_organisation(wanted, where)
    _limit_inviting(actor, now=now)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation(
        email=email.strip().lower(),
        role=wanted,
        token_hash=digest_of(secret),
        invited_by_id=actor.person_id,
        created_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
        **where,
    )
    db.session.add(invitation)
    db.session.flush()
    return invitation, secret


def _check_organisation(role: Role, where: dict[str, int | None]) -> None:
    needs = {
        "enterprise_id": role in ENTERPRISE_ROLES,
        "station_id": role in STATION_ROLES,
        "institution_id": role in INSTITUTION_ROLES,
    }
    if any(bool(where.get(name)) != needed for name, needed in needs.items()):
        raise Refused(_("This role belongs to another kind of organisation."), field="role")


def renew_invitation(invitation_id: int, *, actor: Actor, now: datetime) -> tuple[Invitation, str]:
    """Give an open invitation of the actor's a new secret and seven days; the former link ends."""
    invitation = _own(invitation_id, actor=actor)
    if invitation.accepted_at or invitation.revoked_at:
        raise Conflict(_("This invitation is over. Make a new one."))
    _limit_inviting(actor, now=now)
    secret = secrets.token_urlsafe(32)
    invitation.token_hash = digest_of(secret)
    invitation.expires_at = now + timedelta(days=INVITATION_DAYS)
    db.session.flush()
    return invitation, secret


def withdraw_invitation(invitation_id: int, *, actor: Actor, now: datetime) -> Invitation:
    """Let an invitation of the actor's lead nowhere any more; one that was accepted stays so."""
    invitation = _own(invitation_id, actor=actor)
    if invitation.accepted_at:
        raise Conflict(
            _("This invitation was accepted already. Take the role away from the person instead.")
        )
    invitation.revoked_at = invitation.revoked_at or now
    db.session.flush()
    return invitation


def _own(invitation_id: int, *, actor: Actor) -> Invitation:
    wanted = sa.select(Invitation).where(Invitation.id == invitation_id, made_by(actor))
    invitation = db.session.scalar(wanted.with_for_update())
    # Asked after the lock, so that a role that was ended meanwhile counts no more.
    if invitation is None or not may_still(invitation):
        raise Missing()
    return invitation


def open_invitation(secret: str, *, now: datetime) -> Invitation:
    """Give an invitation that can be accepted, which nobody else does meanwhile, or raise Missing.

    It leads in only while its inviter holds a role that may make it.
    """
    wanted = sa.select(Invitation).where(Invitation.token_hash == digest_of(secret))
    invitation = db.session.scalar(
        wanted.with_for_update().execution_options(populate_existing=True)
    )
    if (
        invitation is None
        or invitation.accepted_at
        or invitation.revoked_at
        or invitation.expires_at <= now
        or not may_still(invitation)
    ):
        raise Missing()
    return invitation


def accept_invitation(secret: str, *, person: Person, now: datetime) -> Membership:
    """Give a person the role they were invited to, and in a station the member with their address.

    An invitation works once and only for its address, which counts as verified from now on: its
    link came by mail and nowhere else.
    """
    invitation = open_invitation(secret, now=now)
    if person.email != invitation.email:
        raise Refused(_("This invitation was sent to another address. Sign in with that one."))
    # Two invitations accepted at once give a person one role after the other.
    db.session.execute(sa.select(Person.id).where(Person.id == person.id).with_for_update())
    invitation.accepted_at = now
    person.confirmed_at = person.confirmed_at or now
    place = {
        "enterprise_id": invitation.enterprise_id,
        "station_id": invitation.station_id,
        "institution_id": invitation.institution_id,
    }
    held = sa.select(Membership).filter_by(
        person_id=person.id, role=invitation.role, ended_at=None, **place
    )
    membership = db.session.scalar(held)
    if membership is None:
        membership = Membership(person_id=person.id, role=invitation.role, created_at=now, **place)
        db.session.add(membership)
        db.session.flush()
    person.acting_membership_id = membership.id
    if membership.station_id is not None:
        values = {
            "person_id": person.id,
            "station_id": membership.station_id,
            "email": person.email,
        }
        db.session.execute(_JOIN_MEMBER, values)
    return membership
