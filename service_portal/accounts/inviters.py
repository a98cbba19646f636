"""Who may invite to which roles, and that an invitation lasts no longer
than its inviter's right.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import aliased

from service_portal.access.actor import ENTERPRISE_ROLES, INSTITUTION_ROLES, Actor, Role
from service_portal.accounts.models import Invitation, Membership
from service_portal.kernel.db import db
from service_portal.people.models import Person

# Nobody grants a role above their own: who may invite to which roles of their own organisation.
MAY_INVITE: dict[Role, frozenset[Role]] = {
    Role.ENTERPRISE_OWNER: ENTERPRISE_ROLES,
    Role.INSTITUTION_LEAD: INSTITUTION_ROLES,
    Role.STATION_LEAD: frozenset({Role.STATION_MEMBER}),
    Role.ADMINISTRATOR: frozenset(Role) - {Role.SYSTEM},
}
_PLACES = ("enterprise_id", "station_id", "institution_id")


def inviter_may() -> sa.ColumnElement[bool]:
    """Hold of invitations whose inviter still has a role that may invite to theirs."""
    held, inviter = aliased(Membership), aliased(Person)
    may = (
        sa.and_(
            held.role == role,
            Invitation.role.in_(sorted(granted)),
            *(() if role is Role.ADMINISTRATOR else _same_place(held)),
        )
        for role, granted in MAY_INVITE.items()
    )
    return sa.exists().where(
        inviter.id == Invitation.invited_by_id,
        inviter.active,
        *(() if current_app.config["DEMO"] else (~inviter.demo,)),
        held.person_id == inviter.id,
        held.ended_at.is_(None),
        sa.or_(*may),
    )


def _same_place(held: type[Membership]) -> list[sa.ColumnElement[bool]]:
    return [
        getattr(held, place).is_not_distinct_from(getattr(Invitation, place)) for place in _PLACES
    ]


def made_by(actor: Actor) -> sa.ColumnElement[bool]:
    """Hold of the invitations that somebody made in the role and organisation they act in."""
    by_person = Invitation.invited_by_id == actor.person_id
    if actor.role is Role.ADMINISTRATOR:
        return by_person
    granted = sorted(MAY_INVITE.get(actor.role, frozenset()))
    place = [
        getattr(Invitation, name).is_not_distinct_from(getattr(actor, name)) for name in _PLACES
    ]
    return sa.and_(by_person, Invitation.role.in_(granted), *place)


def may_still(invitation: Invitation) -> bool:
    """Say whether the inviter of an invitation may make it at this moment."""
    found = sa.select(Invitation.id).where(Invitation.id == invitation.id, inviter_may())
    return db.session.scalar(found) is not None


def revoke_unsupported(person_id: int, *, now: datetime) -> None:
    """Revoke the open invitations that somebody made and may make no longer."""
    revoked = sa.update(Invitation).where(
        Invitation.invited_by_id == person_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        ~inviter_may(),
    )
    db.session.execute(
        revoked.values(revoked_at=now), execution_options={"synchronize_session": "fetch"}
    )
