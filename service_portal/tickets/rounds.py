"""The set-based twins of `services.advance`: many tickets, one statement each for status, timeline
and decisions.

Each gives back the tickets it really changed: one that somebody else moved in the meantime is left
out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

import sqlalchemy as sa

from service_portal.access.actor import SYSTEM, Actor
from service_portal.kernel.copying import insert_rows
from service_portal.kernel.db import db
from service_portal.kernel.reasons import Reason
from service_portal.kernel.words import Words
from service_portal.tickets.codes import (
    DecisionKind,
    DecisionOutcome,
    DecisionReason,
    EntryAudience,
    EntryKind,
)
from service_portal.tickets.decisions import NO_NAMES, Names, say_in_both
from service_portal.tickets.models import Decision, Ticket, TimelineEntry
from service_portal.tickets.projection import NOTHING, projections_of
from service_portal.tickets.rules import TABLE, Move, Status


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided for one ticket: whom, why, and the names that the reason speaks of."""

    ticket_id: int
    enterprise_id: int
    chosen_id: int | None
    reason: Reason
    names: Names = NO_NAMES
    outcome: str = DecisionOutcome.CHOSEN


class Named(Protocol):
    """A member or an institution that can be chosen."""

    id: int
    name: Words


def _from(move: Move) -> list[str]:
    return [str(status) for status, other in TABLE if other is move]


_ROUTE = sa.text("""
    UPDATE ticket AS t SET station_id = c.station_id, version = version + 1, waiting_reason = NULL
    FROM unnest(CAST(:ids AS bigint[]), CAST(:chosen AS bigint[])) AS c(id, station_id)
    WHERE t.id = c.id AND t.station_id IS NULL AND t.status = ANY(:legal) RETURNING t.id
""")

_ASSIGN = sa.text("""
    UPDATE ticket AS t SET owner_id = c.member_id, version = version + 1, waiting_reason = NULL
    FROM unnest(CAST(:ids AS bigint[]), CAST(:chosen AS bigint[])) AS c(id, member_id)
    WHERE t.id = c.id AND t.owner_id IS NULL AND t.status = ANY(:legal) RETURNING t.id
""")

_ASSIGN_AND_ACCEPT = sa.text("""
    UPDATE ticket AS t SET owner_id = c.member_id, version = version + 1, waiting_reason = NULL,
        status = :accepted, accepted_at = coalesce(t.accepted_at, :now), next_due_at = c.due_at,
            light = c.light
    FROM unnest(CAST(:ids AS bigint[]), CAST(:chosen AS bigint[]), CAST(:dues AS timestamptz[]),
        CAST(:lights AS int[])) AS c(id, member_id, due_at, light)
    WHERE t.id = c.id AND t.owner_id IS NULL AND t.status = ANY(:legal) RETURNING t.id
""")

_MOVE = sa.text(
    "UPDATE ticket AS t SET status = :target, version = version + 1 WHERE t.id = ANY(:ids) AND"
    " t.status = ANY(:legal) RETURNING t.id"
)


def route_many(choices: Sequence[Choice], *, now: datetime) -> set[int]:
    """Give each ticket its station."""
    return _give(_ROUTE, choices, Move.ROUTE, "station_id", kind=Move.ROUTE, now=now)


def assign_many(choices: Sequence[Choice], *, now: datetime) -> set[int]:
    """Give each ticket its owner."""
    return _give(_ASSIGN, choices, Move.ASSIGN, "member_id", kind=Move.ASSIGN, now=now)


def assign_and_accept_many(choices: Sequence[Choice], *, now: datetime) -> set[int]:
    """Give each submitted ticket its owner and accept it in the same update.

    Its clocks stand already as they will after it.
    """
    ids, target = [choice.ticket_id for choice in choices], _target(Move.ACCEPT)
    shown = projections_of(ids)
    more = {
        "accepted": target,
        "now": now,
        "dues": [shown.get(i, NOTHING).next_due_at for i in ids],
        "lights": [shown.get(i, NOTHING).light for i in ids],
    }
    done = _give(
        _ASSIGN_AND_ACCEPT, choices, Move.ACCEPT, "member_id", kind=Move.ASSIGN, now=now, more=more
    )
    accepted = [choice for choice in choices if choice.ticket_id in done]
    _entries(
        [(choice.ticket_id, choice.enterprise_id) for choice in accepted],
        kind=str(Move.ACCEPT),
        now=now,
        data=[{}] * len(accepted),
        from_status=str(Status.SUBMITTED),
        to_status=target,
    )
    return done


_RELEASE = sa.text(
    "UPDATE ticket SET owner_id = NULL, version = version + 1, waiting_reason = NULL WHERE id ="
    " ANY(:ids)"
)


def release_many(tickets: Sequence[tuple[int, int, int]], *, now: datetime) -> None:
    """Take locked tickets (id, enterprise, member) from an owner who has left; staff read it in the
    timeline, and the next round gives them away.
    """
    if tickets:
        db.session.execute(_RELEASE, {"ids": [ticket_id for ticket_id, _, _ in tickets]})
        _entries(
            [(ticket_id, enterprise_id) for ticket_id, enterprise_id, _ in tickets],
            kind=EntryKind.RELEASE,
            now=now,
            data=[{"member_id": member_id} for _, _, member_id in tickets],
            audience=EntryAudience.STAFF,
        )


def _give(
    statement: sa.TextClause,
    choices: Sequence[Choice],
    move: Move,
    name: str,
    *,
    kind: str,
    now: datetime,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> set[int]:
    chosen = [choice for choice in choices if choice.chosen_id is not None]
    if not chosen:
        return set()
    done = set(
        db.session.scalars(
            statement,
            {
                "ids": [c.ticket_id for c in chosen],
                "chosen": [c.chosen_id for c in chosen],
                "legal": _from(move),
                **more,
            },
        )
    )
    changed = [choice for choice in chosen if choice.ticket_id in done]
    _entries(
        [(choice.ticket_id, choice.enterprise_id) for choice in changed],
        kind=kind,
        now=now,
        data=[{name: choice.chosen_id} for choice in changed],
    )
    return done


def move_many(
    tickets: Sequence[tuple[int, int]],
    move: Move,
    *,
    now: datetime,
    data: Sequence[dict[str, Any]] | None = None,
    audience: str = "all",
) -> set[int]:
    """Make the same status move on many tickets (ticket id, enterprise id), with its line in each
    timeline.
    """
    if not tickets:
        return set()
    legal, target = _from(move), _target(move)
    done = set(
        db.session.scalars(
            _MOVE,
            {"ids": [ticket_id for ticket_id, _ in tickets], "target": target, "legal": legal},
        )
    )
    changed = [(n, pair) for n, pair in enumerate(tickets) if pair[0] in done]
    _entries(
        [pair for _, pair in changed],
        kind=str(move),
        now=now,
        data=[data[n] if data else {} for n, _ in changed],
        from_status=legal[0] if len(legal) == 1 else None,
        to_status=target,
        audience=audience,
    )
    return done


def _target(move: Move) -> str:
    targets = {TABLE[status, move] for status, other in TABLE if other is move}
    assert len(targets) == 1, f"{move} leads to several statuses"
    return str(targets.pop())


def _entries(
    tickets: Sequence[tuple[int, int]],
    *,
    kind: str,
    now: datetime,
    data: Sequence[dict[str, Any]],
    from_status: str | None = None,
    to_status: str | None = None,
    audience: str = "all",
) -> None:
    same = {
        "at": now,
        "kind": kind,
        "actor_role": str(SYSTEM.role),
        "actor_name": SYSTEM.name,
        "from_status": from_status,
        "to_status": to_status,
        "audience": audience,
    }
    insert_rows(
        TimelineEntry,
        [
            {"ticket_id": ticket_id, "enterprise_id": enterprise_id, "data": about}
            for (ticket_id, enterprise_id), about in zip(tickets, data, strict=True)
        ],
        same=same,
    )


def decide_many(choices: Sequence[Choice], *, kind: str, now: datetime) -> None:
    """Store why: who was chosen, the code of the reason and the facts that were considered.

    The sentences are written beside them as long as the release before this one may serve, which
    reads nothing else (docs/decisions/0042).
    """
    said = say_in_both(kind, [(choice.reason, choice.names) for choice in choices])
    rows = [
        {
            "ticket_id": choice.ticket_id,
            "enterprise_id": choice.enterprise_id,
            "outcome": choice.outcome,
            "chosen_id": choice.chosen_id,
            "reason_code": choice.reason.code,
            "considered": choice.reason.facts,
            "words_en": en,
            "words_zh": zh,
        }
        for choice, (en, zh) in zip(choices, said, strict=True)
    ]
    insert_rows(Decision, rows, same={"at": now, "kind": kind})


def decide_by(
    actor: Actor,
    ticket: Ticket,
    *,
    kind: DecisionKind,
    chosen: Named,
    reason: str,
    now: datetime,
    over: bool = False,
) -> None:
    """Store what a person decided, in whose words, and whether it was over somebody's capacity."""
    facts = {"by": "person", "person_id": actor.person_id, "over": over, "reason": reason}
    choice = Choice(
        ticket.id,
        ticket.enterprise_id,
        chosen.id,
        Reason(DecisionReason.PERSON, facts),
        Names(chosen=chosen.name, person=Words(actor.name, actor.name)),
        DecisionOutcome.PERSON,
    )
    decide_many([choice], kind=kind, now=now)


_WAITING = sa.text("""
    UPDATE ticket AS t SET waiting_reason = c.reason
    FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS c(id, reason)
    WHERE t.id = c.id AND t.waiting_reason IS DISTINCT FROM c.reason RETURNING t.id
""")


def wait_many(reasons: Sequence[tuple[int, str]]) -> set[int]:
    """Note on each ticket why nobody has it, and give those for which that is new."""
    if not reasons:
        return set()
    return set(
        db.session.scalars(
            _WAITING, {"ids": [i for i, _ in reasons], "reasons": [r for _, r in reasons]}
        )
    )
