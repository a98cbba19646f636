"""No case is ever stuck: in every state it can be in, whose turn it is has a way on, and where they
are silent, a supervisor has one or the portal goes on by itself.

Computed from the declarations of the acts. That an enterprise can withdraw its request, or that
somebody can let it wait, is no way on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from service_portal.access.actor import Actor, Role
from service_portal.access.policy import TicketFacts
from service_portal.catalogue.queries import get_service
from service_portal.tickets.codes import DeliveredBy, Party
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.registry import open_moves
from service_portal.tickets.queries import Seen
from service_portal.tickets.rules import (
    ENDED,
    TABLE,
    WAITING_FOR_ENTERPRISE,
    WITH_INSTITUTION,
    Move,
    Status,
)

NO_WAY_ON = {Move.WITHDRAW, Move.HOLD}
# What the portal does by itself when its time comes.
BY_ITSELF = {(Status.ANSWERED, Move.AUTO_CLOSE)}
ASKER = Actor(role=Role.ENTERPRISE_OWNER, person_id=1, enterprise_id=7)
MEMBER = Actor(role=Role.STATION_MEMBER, person_id=2, station_id=7, member_id=70)
LEAD = Actor(role=Role.STATION_LEAD, person_id=3, station_id=7, member_id=71)
INSTITUTION = Actor(role=Role.INSTITUTION_LEAD, person_id=4, institution_id=7)
PEOPLE = {Party.ENTERPRISE: ASKER, Party.STATION: MEMBER, Party.INSTITUTION: INSTITUTION}


def states() -> Iterator[Ticket]:
    """Give a case in every state in which it is open."""
    for status, delivered_by, auto_accept, consent in product(
        [one for one in Status if one not in ENDED], DeliveredBy, (True, False), (True, False)
    ):
        holders: list[int | None] = [None]
        if delivered_by != DeliveredBy.STATION and status in WITH_INSTITUTION:
            holders = [7] if status is Status.DISPATCHED else [None, 7]
        for institution_id in holders:
            yield Ticket(
                id=1,
                enterprise_id=7,
                filed_by_id=1,
                station_id=7,
                owner_id=70,
                former_station_ids=[],
                channel="web",
                status=str(status),
                delivered_by=str(delivered_by),
                auto_accept=auto_accept,
                consent=consent,
                bounces=0,
                by_hand=False,
                institution_id=None if status is Status.DISPATCHED else institution_id,
            )


def name_of(ticket: Ticket) -> str:
    """Name a state."""
    parts: list[Any] = [ticket.status, ticket.delivered_by]
    parts += ["auto"] if ticket.auto_accept else []
    parts += ["shared"] if ticket.consent else []
    parts += ["taken"] if ticket.institution_id else []
    return "-".join(parts)


def turn(ticket: Ticket) -> Party:
    """Say whose turn it is."""
    if ticket.status in WAITING_FOR_ENTERPRISE:
        return Party.ENTERPRISE
    offered = ticket.status == Status.DISPATCHED
    return Party.INSTITUTION if offered or ticket.institution_id else Party.STATION


def ways_on(ticket: Ticket, actor: Actor) -> set[Move]:
    """Give the moves by which somebody brings a case on."""
    service = get_service("LEG-02")
    assert service is not None
    ticket.service_version_id = service.version_id
    shared = frozenset({7}) if turn(ticket) is Party.INSTITUTION or ticket.institution_id else None
    facts = TicketFacts(
        enterprise_id=7,
        filed_by_id=1,
        station_id=7,
        owner_id=70,
        institution_ids=shared or frozenset(),
        working_institution_id=ticket.institution_id,
    )
    status = Status(ticket.status)
    return {
        move
        for move in open_moves(Seen(ticket, facts, actor))
        if move not in NO_WAY_ON and TABLE[status, move] is not status
    }


STATES = list(states())


@pytest.mark.parametrize("ticket", STATES, ids=[name_of(one) for one in STATES])
def test_whose_turn_it_is_has_a_way_on(db_session: None, ticket: Ticket) -> None:
    assert ways_on(ticket, PEOPLE[turn(ticket)])


@pytest.mark.parametrize("ticket", STATES, ids=[name_of(one) for one in STATES])
def test_where_they_are_silent_a_supervisor_has_one(db_session: None, ticket: Ticket) -> None:
    found = ways_on(ticket, LEAD)
    assert found or any(status == ticket.status for status, _move in BY_ITSELF)


def test_what_the_portal_does_by_itself_is_legal() -> None:
    assert TABLE.keys() >= BY_ITSELF
