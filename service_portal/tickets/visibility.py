"""Which tickets somebody may see, as a condition: the table of the policy, read for rows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import PEOPLE_ROLES, Actor
from service_portal.access.permissions import Permission
from service_portal.access.policy import KEPT_BY_FILER, KEPT_BY_HOLDERS, Scope, scope_of
from service_portal.accounts.models import Membership
from service_portal.directory.models import Member, Station
from service_portal.kernel.db import constants
from service_portal.people.models import Person
from service_portal.tickets.codes import LIVE_OFFERS
from service_portal.tickets.models import Assignment, Offer, Ticket
from service_portal.tickets.rules import DESK_CHANNELS


def visible_to(
    actor: Actor, permission: Permission = Permission.TICKET_LIST
) -> sa.ColumnElement[bool]:
    """Give the condition on `Ticket` that keeps to what the actor may list.

    Nobody's scope gives no rows.
    """
    return _within(scope_of(actor, permission), actor, permission)


def _within(scope: Scope, holder: Any, permission: Permission) -> sa.ColumnElement[bool]:
    """Give the condition on `Ticket` that a scope means for whoever holds it: an actor, or a row of
    `roles_of`.
    """
    if scope is Scope.ZONE:
        return sa.true()
    if scope is Scope.ENTERPRISE:
        return _is(Ticket.enterprise_id, holder.enterprise_id)
    if scope is Scope.FILED:
        enterprise = _is(Ticket.enterprise_id, holder.enterprise_id)
        return sa.and_(enterprise, _is(Ticket.filed_by_id, holder.person_id))
    if scope is Scope.OWN:
        return _is(Ticket.owner_id, holder.member_id)
    if scope is Scope.STATION:
        mine = [_is(Ticket.station_id, holder.station_id), _is(Ticket.owner_id, holder.member_id)]
        if permission in KEPT_BY_FILER:
            by_holder = _is(Ticket.filed_by_id, holder.person_id)
            mine.append(sa.and_(by_holder, Ticket.channel.in_(constants(DESK_CHANNELS))))
        if permission in KEPT_BY_HOLDERS:
            mine += _had_by(holder)
        return sa.or_(*mine)
    if scope is Scope.SHARE:
        shared = sa.select(Offer.ticket_id).where(
            Offer.ticket_id == Ticket.id,
            _is(Offer.institution_id, holder.institution_id),
            Offer.state.in_(constants(LIVE_OFFERS)),
        )
        return shared.correlate_except(Offer).exists()
    return sa.false()


def _had_by(holder: Any) -> list[sa.ColumnElement[bool]]:
    """Give the conditions on `Ticket` that it was at the holder's station, or the holder's own."""
    owned = sa.select(Assignment.ticket_id).where(
        Assignment.ticket_id == Ticket.id, _is(Assignment.member_id, holder.member_id)
    )
    station = sa.false()
    if holder.station_id is not None:
        station = holder.station_id == sa.any_(Ticket.former_station_ids)
    return [station, owned.correlate_except(Assignment).exists()]


def _is(column: Any, value: Any) -> sa.ColumnElement[bool]:
    """Give the condition that a column is this; of what the holder lacks nothing is theirs."""
    return sa.false() if value is None else column == value


def roles_of(person_id: sa.ColumnElement[int]) -> sa.CTE:
    """Give the roles in which a person who may sign in may act, as rows that `visible_in` reads."""
    at_station = sa.and_(
        Member.person_id == Membership.person_id,
        Member.station_id == Membership.station_id,
        Member.active,
    )
    rows = (
        sa.select(
            Membership.person_id,
            Membership.role,
            Membership.enterprise_id,
            Membership.station_id,
            Membership.institution_id,
            Member.id.label("member_id"),
            sa.func.coalesce(Station.is_headquarters, sa.false()).label("headquarters"),
        )
        .join(Person, Person.id == Membership.person_id)
        .outerjoin(Station, Station.id == Membership.station_id)
        .outerjoin(Member, at_station)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None), Person.active)
    )
    return rows.cte("roles").prefix_with("MATERIALIZED")


def visible_in(
    roles: sa.CTE, permission: Permission = Permission.TICKET_VIEW
) -> sa.ColumnElement[bool]:
    """Give the condition on `Ticket` that one of the roles may see it: the table of the policy,
    read for rows.
    """
    holders: dict[tuple[Scope, bool | None], list[str]] = {}
    for role in sorted(PEOPLE_ROLES):
        usual, at_headquarters = (
            scope_of(Actor(role=role, headquarters=there), permission) for there in (False, True)
        )
        if usual is at_headquarters:
            holders.setdefault((usual, None), []).append(role)
        else:
            holders.setdefault((usual, False), []).append(role)
            holders.setdefault((at_headquarters, True), []).append(role)
    allowed = [
        sa.and_(
            roles.c.role.in_(constants(names)),
            sa.true() if there is None else roles.c.headquarters.is_(there),
            _within(scope, roles.c, permission),
        )
        for (scope, there), names in holders.items()
        if scope is not Scope.NONE
    ]
    return sa.exists(
        sa.select(sa.literal_column("1"))
        .select_from(roles)
        .where(sa.or_(*allowed))
        .correlate_except(roles)
    )
