"""Gives every waiting ticket an owner, in rounds over everything that waits.

A claim holds the members' rows, so nobody is given a ticket twice or more than they can carry.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor, Role
from service_portal.access.permissions import Permission
from service_portal.assigning import queries, waiting
from service_portal.assigning.deciding import as_round, nobody
from service_portal.assigning.rules import Chosen, by_station, choose_members
from service_portal.assigning.waiting_rules import member_places, open_skills
from service_portal.catalogue.queries import definition
from service_portal.events.catalog import TicketAccepted, TicketAssigned, TicketUnassignable
from service_portal.events.outbox import record, record_many
from service_portal.kernel.copying import insert_rows
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.errors import Conflict, Refused
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ClockKind
from service_portal.tickets import rounds
from service_portal.tickets.clocks import start_clocks, stop_clocks
from service_portal.tickets.codes import (
    AssignedBy,
    DecisionKind,
    WaitingReason,
)
from service_portal.tickets.models import Assignment, Ticket
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import HANDLED, Move, Status
from service_portal.tickets.services import add_entry, end_assignment
from service_portal.tickets.words import refusal

ROUND = 1000

_LAST_ASSIGNED = sa.text("UPDATE member SET last_assigned_at = :now WHERE id = ANY(:ids)")


def assign_waiting(
    *,
    now: datetime,
    limit: int = ROUND,
    concerned: Collection[int] | None = None,
) -> int:
    """Assign up to `limit` new and as many waiting tickets in one transaction and count them.

    Of those that waited before, only such are touched as somebody can take now; with `concerned`,
    the tickets of the events that woke the round, only stations are looked at that these tickets
    are or were in. Whoever cannot be served keeps a visible reason, and the lead is alerted once.
    Tickets of services that need no acceptance are accepted at once. Finding none costs three
    statements.
    """
    release_left(now=now, limit=limit)
    new = queries.lock_unowned(limit)
    stations = {row.station_id for row in new}
    where = None if concerned is None else stations | waiting.stations_of(concerned)
    # A round full of new ones leaves those that waited before to the next.
    crowded = waiting.stations_with_waiting(where) if len(new) < limit else set()
    stations |= _with_places(crowded - stations, now)
    if not stations:
        return 0
    members = queries.lock_candidates(stations, now)
    candidates = by_station(members)
    able = open_skills(one for one in members if one.station_id in crowded)
    places = member_places(waiting.member_kinds(able), candidates)
    rows = [*waiting.lock_stuck(places, limit), *new]
    chosen = choose_members([queries.work_of(row) for row in rows], candidates, now)
    given = {choice.work.ticket_id: as_round(choice) for choice in chosen if choice.id is not None}
    accepting = {
        row.id: row
        for row in rows
        if row.id in given and row.auto_accept and row.status == Status.SUBMITTED
    }
    turn_clocks(list(accepting.values()), now=now)
    accepted = rounds.assign_and_accept_many([given[ticket_id] for ticket_id in accepting], now=now)
    others = [choice for ticket_id, choice in given.items() if ticket_id not in accepting]
    done = accepted | rounds.assign_many(others, now=now)
    _store([choice for ticket_id, choice in given.items() if ticket_id in done], now=now)
    record_many(
        TicketAccepted(ticket_id=row.id, enterprise_id=row.enterprise_id)
        for row in accepting.values()
        if row.id in accepted
    )
    _alert([choice for choice in chosen if choice.id is None], now=now)
    return len(done)


def _with_places(stations: set[int], now: datetime) -> set[int]:
    """Give the stations in which somebody could take one of those that wait, without a lock."""
    if not stations:
        return set()
    members = queries.read_candidates(stations, now)
    kinds = waiting.member_kinds(open_skills(members))
    return {kind.station_id for kind in member_places(kinds, by_station(members))}


def release_left(*, now: datetime, limit: int = ROUND) -> int:
    """Give the open cases of members who have left back to their stations, with a line in each
    timeline, and count them.
    """
    left = queries.lock_left(limit)
    rounds.release_many([(row.id, row.enterprise_id, row.owner_id) for row in left], now=now)
    if left:
        ended = (
            sa.update(Assignment)
            .where(Assignment.ticket_id.in_([row.id for row in left]), Assignment.to_at.is_(None))
            .values(to_at=now)
        )
        db.session.execute(ended.execution_options(synchronize_session=False))
    return len(left)


def _store(assigned: Sequence[rounds.Choice], *, now: datetime) -> None:
    if not assigned:
        return
    rounds.decide_many(assigned, kind=DecisionKind.ASSIGN, now=now)
    insert_rows(
        Assignment,
        [
            {"ticket_id": c.ticket_id, "enterprise_id": c.enterprise_id, "member_id": c.chosen_id}
            for c in assigned
        ],
        same={"from_at": now, "how": AssignedBy.ROUND},
    )
    db.session.execute(
        _LAST_ASSIGNED,
        {"now": now, "ids": sorted({c.chosen_id for c in assigned if c.chosen_id is not None})},
    )
    record_many(
        TicketAssigned(
            ticket_id=c.ticket_id, enterprise_id=c.enterprise_id, member_id=c.chosen_id or 0
        )
        for c in assigned
    )


def _alert(unserved: Sequence[Chosen], *, now: datetime) -> None:
    new = rounds.wait_many(
        [(choice.work.ticket_id, WaitingReason.NO_MEMBER) for choice in unserved]
    )
    alerted = [choice for choice in unserved if choice.work.ticket_id in new]
    rounds.decide_many(
        [nobody(choice) for choice in alerted],
        kind=DecisionKind.ASSIGN,
        now=now,
    )
    record_many(
        TicketUnassignable(
            ticket_id=c.work.ticket_id,
            enterprise_id=c.work.enterprise_id,
            reason=WaitingReason.NO_MEMBER,
        )
        for c in alerted
    )


def turn_clocks(rows: Sequence[AnyRow], *, now: datetime) -> None:
    """Stop the acceptance clocks of locked tickets whose service needs no look first, and start
    those of the first contact.
    """
    if not rows:
        return
    stop_clocks([row.id for row in rows], ClockKind.ACCEPT, now=now)
    limits = [(row, definition(row.service_version_id).limits["contact"]) for row in rows]
    start_clocks(
        [(row.id, row.enterprise_id, Limit(p.amount, p.unit)) for row, p in limits],
        kind=ClockKind.CONTACT,
        now=now,
    )


def assign_to(
    *, actor: Actor, ticket_id: int, member_id: int, reason: str, now: datetime
) -> Ticket:
    """Give a ticket to a member by a person's decision; the machine respects it.

    A lead gives any case of the station and may go over capacity, and the decision says so; a
    member gives their own, with a reason, to a colleague who has room. Whoever gets it must belong
    to the ticket's station and be active. Refused while the ticket is ended.
    """
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ASSIGN).ticket
    if ticket.station_id is None:
        raise Conflict(_("The ticket has no station yet. Try again in a moment."))
    if Status(ticket.status) not in HANDLED:
        raise Conflict(refusal(Status(ticket.status)), code="illegal_move")
    is_own = ticket.owner_id is not None and ticket.owner_id == actor.member_id
    if is_own and not reason:
        raise Refused(_("Say why you hand it over; the next one reads it."), field="reason")
    candidate = next(
        (c for c in queries.lock_candidates({ticket.station_id}, now) if c.id == member_id), None
    )
    if candidate is None:
        raise Refused(_("Choose a member of the station that has the case."), field="member_id")
    if candidate.id == ticket.owner_id:
        raise Refused(_("This member has the case already."), field="member_id")
    if candidate.absent:
        raise Refused(_("This member is absent now. Choose somebody else."), field="member_id")
    over = candidate.load + ticket.effort_points > candidate.capacity
    if over and actor.role is Role.STATION_MEMBER:
        raise Refused(
            _("This member has no room for another case. Choose somebody else, or ask your lead."),
            field="member_id",
        )
    take_over(ticket, member_id=member_id, actor=actor, reason=reason, now=now)
    rounds.decide_by(
        actor,
        ticket,
        kind=DecisionKind.ASSIGN,
        chosen=candidate,
        reason=reason,
        over=over,
        now=now,
    )
    return ticket


def take_over(
    ticket: Ticket,
    *,
    member_id: int,
    actor: Actor,
    reason: str,
    now: datetime,
    said: bool = False,
) -> None:
    """End the present owner's assignment and begin the next one's, on a locked ticket.

    With `said` the timeline has the reason already.
    """
    end_assignment(ticket, now=now)
    ticket.owner_id, ticket.waiting_reason = member_id, None
    ticket.version += 1
    db.session.add(
        Assignment(
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            member_id=member_id,
            from_at=now,
            how=AssignedBy.PERSON,
            reason=reason,
        )
    )
    db.session.execute(_LAST_ASSIGNED, {"now": now, "ids": [member_id]})
    db.session.flush()
    add_entry(
        ticket,
        kind=Move.ASSIGN,
        actor=actor,
        now=now,
        data={"member_id": member_id, "reason": "" if said else reason},
    )
    record(
        TicketAssigned(
            ticket_id=ticket.id, enterprise_id=ticket.enterprise_id, member_id=member_id
        ),
        actor=actor,
        now=now,
    )
