"""Reads tickets: who may see which, one by id or reference, locked or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from service_portal.access.actor import PEOPLE_ROLES, Actor
from service_portal.access.permissions import Permission
from service_portal.access.policy import KEPT_BY_FILER, Scope, TicketFacts, can, scope_of
from service_portal.accounts.models import Membership
from service_portal.directory.models import Member, Station
from service_portal.kernel.db import db
from service_portal.kernel.errors import Forbidden, Missing
from service_portal.people.models import Person
from service_portal.sla.codes import ClockKind
from service_portal.tickets.clock_models import Clock, ClockPause
from service_portal.tickets.codes import OfferState
from service_portal.tickets.models import Offer, Ticket
from service_portal.tickets.rules import DESK_CHANNELS
from service_portal.web.pacing import keep_pace

LIVE_OFFERS = ("offered", "accepted")
# One of several institutions that are asked side by side never has the ticket for itself.
_SHARE = sa.case((Offer.in_parallel, sa.literal_column("'parallel'", sa.Text)), else_=Offer.state)
_LIVE = sa.select(Offer.institution_id, _SHARE.label("state")).where(
    Offer.ticket_id == sa.bindparam("ticket"), Offer.state.in_(LIVE_OFFERS)
)
_LIVE_OFFER = sa.select(Offer.id, Offer.in_parallel).where(
    Offer.ticket_id == sa.bindparam("ticket"),
    Offer.institution_id == sa.bindparam("institution"),
    Offer.state.in_(LIVE_OFFERS),
)
_SHARES = (
    sa.select(sa.func.jsonb_object_agg(Offer.institution_id, _SHARE))
    .where(Offer.ticket_id == Ticket.id, Offer.state.in_(LIVE_OFFERS))
    .correlate(Ticket)
    .scalar_subquery()
)
_SEEN = sa.select(Ticket, _SHARES).where(Ticket.id == sa.bindparam("ticket"))
_LOCKED = (
    sa.select(Ticket)
    .where(Ticket.id == sa.bindparam("ticket"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket a person may see, with the facts the policy judged by."""

    ticket: Ticket
    facts: TicketFacts
    actor: Actor

    def can(self, permission: Permission) -> bool:
        """Say whether the actor may also do this to the ticket."""
        return can(self.actor, permission, self.facts)

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless the actor may also do this to the ticket."""
        if not self.can(permission):
            raise Forbidden(
                _l("Your role can't do this to the ticket. Ask its owner or your lead.")
            )


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
            mine.append(sa.and_(by_holder, Ticket.channel.in_(_constants(DESK_CHANNELS))))
        return sa.or_(*mine)
    if scope is Scope.SHARE:
        shared = sa.select(Offer.ticket_id).where(
            Offer.ticket_id == Ticket.id,
            _is(Offer.institution_id, holder.institution_id),
            Offer.state.in_(_constants(LIVE_OFFERS)),
        )
        return shared.correlate_except(Offer).exists()
    return sa.false()


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
            roles.c.role.in_(_constants(names)),
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


def _constants(words: Iterable[str]) -> list[sa.ColumnElement[str]]:
    """Write words of our own into a statement, so that its plan may count on them."""
    return [sa.literal_column(f"'{word}'", sa.Text) for word in words]


def facts_of(ticket: Ticket) -> TicketFacts:
    """Read the facts the policy needs of a ticket, its live share included."""
    return facts_with(
        ticket,
        {row.institution_id: row.state for row in db.session.execute(_LIVE, {"ticket": ticket.id})},
    )


def facts_with(ticket: Any, shares: Mapping[int, str]) -> TicketFacts:
    """Make the facts of a ticket, or of a row with its columns, and of its live shares."""
    return TicketFacts(
        enterprise_id=ticket.enterprise_id,
        filed_by_id=ticket.filed_by_id,
        station_id=ticket.station_id,
        owner_id=ticket.owner_id,
        institution_ids=frozenset(shares),
        working_institution_id=next(
            (
                institution_id
                for institution_id, state in shares.items()
                if state == OfferState.ACCEPTED
            ),
            None,
        ),
        on_behalf=ticket.channel in DESK_CHANNELS,
    )


def _judge(ticket: Ticket, facts: TicketFacts, actor: Actor, permission: Permission) -> Seen:
    if not can(actor, Permission.TICKET_VIEW, facts):
        raise Missing()
    seen = Seen(ticket, facts, actor)
    seen.require(permission)
    return seen


def see_ticket(
    ticket_id: int, *, actor: Actor, permission: Permission = Permission.TICKET_VIEW
) -> Seen:
    """Give a ticket the actor may see and do this to.

    Missing and foreign both raise Missing; seen but not allowed raises Forbidden.
    """
    row = db.session.execute(_SEEN, {"ticket": ticket_id}).one_or_none()
    if row is None:
        raise Missing()
    ticket, shares = row
    return _judge(
        ticket,
        facts_with(
            ticket, {int(institution_id): state for institution_id, state in (shares or {}).items()}
        ),
        actor,
        permission,
    )


def lock_ticket(ticket_id: int, *, actor: Actor, permission: Permission) -> Seen:
    """Lock a ticket for a change and give it as `see_ticket` does, freshly read.

    Its shares are read after the lock is held: read with it, they would be those of before the
    wait.
    """
    ticket = db.session.execute(_LOCKED, {"ticket": ticket_id}).scalar_one_or_none()
    if ticket is None:
        raise Missing()
    seen = _judge(ticket, facts_of(ticket), actor, permission)
    keep_pace(ticket_id, actor=actor, permission=permission)
    return seen


def linked_and_readable(
    lines: Iterable[Any], *, actor: Actor, merged_into_id: int | None = None
) -> dict[tuple[str, int], str]:
    """Give the references of the tickets a page or some timeline lines name, as far as the actor
    may open them.
    """
    named = ("into_id", "from_id")
    ids = {line.data[name] for line in lines for name in named if name in line.data}
    ids |= {merged_into_id} - {None}
    if not ids:
        return {}
    readable = sa.select(Ticket.id, Ticket.reference).where(Ticket.id.in_(ids), visible_to(actor))
    return {("ticket", row.id): row.reference for row in db.session.execute(readable)}


def live_offer(ticket_id: int, *, actor: Actor) -> dict[str, int]:
    """Name the offer by which the actor's institution sees a ticket now, as its page is asked for,
    or raise Missing.
    """
    values = {"ticket": ticket_id, "institution": actor.institution_id}
    offer = db.session.execute(_LIVE_OFFER, values).first()
    if offer is None:
        raise Missing()
    return {"loan_offer_id" if offer.in_parallel else "offer_id": offer.id}


HELD_FOR = (
    sa.select(ClockPause.party)
    .join(Clock, Clock.id == ClockPause.clock_id)
    .where(
        Clock.ticket_id == Ticket.id,
        Clock.kind == ClockKind.RESOLVE,
        ClockPause.to_at.is_(None),
    )
    .correlate(Ticket)
    .scalar_subquery()
)
_HELD_FOR = sa.select(HELD_FOR).select_from(Ticket).where(Ticket.id == sa.bindparam("ticket"))


def held_for(ticket_id: int) -> str | None:
    """Say who is waited for while the promise of a ticket's answer stands still; None while it
    runs.
    """
    return db.session.scalar(_HELD_FOR, {"ticket": ticket_id})


def id_of_reference(reference: str) -> int:
    """Give the id behind a reference such as NH-2026-00412, or raise Missing."""
    ticket_id = db.session.scalar(sa.select(Ticket.id).where(Ticket.reference == reference.upper()))
    if ticket_id is None:
        raise Missing()
    return ticket_id
