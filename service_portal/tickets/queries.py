"""Reads tickets: who may see which, one by id or reference, locked or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.access.policy import TicketFacts, can
from service_portal.kernel.db import AnyRow, constants, db
from service_portal.kernel.errors import Forbidden, Missing
from service_portal.sla.codes import ClockKind
from service_portal.tickets.clock_models import Clock, ClockPause
from service_portal.tickets.codes import LIVE_OFFERS, OfferState
from service_portal.tickets.models import Assignment, Offer, Ticket
from service_portal.tickets.rules import DESK_CHANNELS
from service_portal.tickets.visibility import visible_to
from service_portal.web.pacing import keep_pace

# One of several institutions that are asked side by side never has the ticket for itself.
_SHARE = sa.case((Offer.in_parallel, sa.literal_column("'parallel'", sa.Text)), else_=Offer.state)
_LIVE_OFFER = sa.select(Offer.id, Offer.in_parallel).where(
    Offer.ticket_id == sa.bindparam("ticket"),
    Offer.institution_id == sa.bindparam("institution"),
    Offer.state.in_(constants(LIVE_OFFERS)),
)
_SHARES = (
    sa.select(sa.func.jsonb_object_agg(Offer.institution_id, _SHARE))
    .where(Offer.ticket_id == Ticket.id, Offer.state.in_(constants(LIVE_OFFERS)))
    .correlate(Ticket)
    .scalar_subquery()
)
_FORMER_OWNERS = (
    sa.select(sa.func.array_agg(Assignment.member_id))
    .where(Assignment.ticket_id == Ticket.id, Assignment.to_at.is_not(None))
    .correlate(Ticket)
    .scalar_subquery()
)
_SEEN = sa.select(Ticket, _SHARES, _FORMER_OWNERS).where(Ticket.id == sa.bindparam("ticket"))
_PARTS = sa.select(_SHARES, _FORMER_OWNERS).where(Ticket.id == sa.bindparam("ticket"))
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


def facts_of(ticket: Ticket) -> TicketFacts:
    """Read the facts the policy needs of a ticket, its live shares and former owners included."""
    shares, owners = db.session.execute(_PARTS, {"ticket": ticket.id}).one()
    return facts_with(ticket, shares or {}, owners or ())


def facts_with(
    ticket: Any, shares: Mapping[str, str], former_owners: Iterable[int] = ()
) -> TicketFacts:
    """Make the facts of a ticket, or of a row with its columns, of its live shares by institution,
    and of those who had it before.
    """
    return TicketFacts(
        enterprise_id=ticket.enterprise_id,
        filed_by_id=ticket.filed_by_id,
        station_id=ticket.station_id,
        owner_id=ticket.owner_id,
        institution_ids=frozenset(map(int, shares)),
        working_institution_id=next(
            (
                int(institution_id)
                for institution_id, state in shares.items()
                if state == OfferState.ACCEPTED
            ),
            None,
        ),
        on_behalf=ticket.channel in DESK_CHANNELS,
        former_station_ids=frozenset(ticket.former_station_ids),
        former_owner_ids=frozenset(former_owners),
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
    ticket, shares, owners = row
    return _judge(ticket, facts_with(ticket, shares or {}, owners or ()), actor, permission)


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


_NAMED = sa.select(Ticket.id, Ticket.reference, Ticket.title, Ticket.status, Ticket.split_from_id)


def linked_and_readable(
    lines: Sequence[Any], *, actor: Actor, besides: Iterable[int | None] = ()
) -> dict[tuple[str, int], AnyRow]:
    """Give the tickets that some timeline lines name, and those named `besides`, as far as the
    actor may open them.
    """
    named = ("into_id", "from_id", "other_id")
    ids = {line.data[name] for line in lines for name in named if name in line.data}
    ids |= {one for line in lines for one in line.data.get("part_ids", ())}
    ids |= {*besides} - {None}
    if not ids:
        return {}
    readable = _NAMED.where(Ticket.id.in_(ids), visible_to(actor, Permission.TICKET_VIEW))
    return {("ticket", row.id): row for row in db.session.execute(readable)}


def linked_with(ticket: Ticket, readable: Mapping[tuple[str, int], AnyRow]) -> list[AnyRow]:
    """Give the tickets that go with one, of those that a reader may open; the newest first."""
    ids = sorted(ticket.linked_ids, reverse=True)
    return [readable["ticket", one] for one in ids if ("ticket", one) in readable]


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
