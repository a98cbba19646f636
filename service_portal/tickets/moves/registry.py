"""Every act of every stage; filled when the stages' pages are registered, so that this floor
knows the acts without knowing the stages.
"""

from __future__ import annotations

from collections.abc import Mapping

from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Sentence
from service_portal.tickets.queries import Seen
from service_portal.tickets.rules import Move, Status

_ACTS: dict[str, Act] = {}
_OPEN_IN: dict[Status, list[Act]] = {status: [] for status in Status}
_BY_KIND: dict[str, Act] = {}
_MOVES: dict[Move, Act] = {}
_NOTICES: dict[str, Sentence] = {}


def register(act: Act) -> None:
    """Make an act known; doing so again changes nothing."""
    if act.rule in _ACTS:
        assert _ACTS[act.rule] is act, f"two acts at {act.rule}"
        return
    _ACTS[act.rule] = act
    _BY_KIND[act.kind or str(act.move or act.name)] = act
    if act.move is not None:
        _MOVES[act.move] = act
    if act.event is not None:
        _NOTICES[act.event.name] = act.notice
    for status in act.statuses:
        _OPEN_IN[status].append(act)
        _OPEN_IN[status].sort(key=lambda one: one.position)


def acts() -> list[Act]:
    """Give all acts."""
    return list(_ACTS.values())


def moves() -> Mapping[Move, Act]:
    """Give the acts that are moves of the lifecycle."""
    return _MOVES


def open_acts(seen: Seen) -> list[Act]:
    """List what the reader may do to a ticket now, in the order of its page."""
    return [
        act
        for act in _OPEN_IN[Status(seen.ticket.status)]
        if seen.can(act.permission) and (act.applies is None or act.applies(seen.ticket))
    ]


def open_moves(seen: Seen) -> list[Move]:
    """List the moves that the reader may make now, in the order of the journey."""
    found = {act.move for act in open_acts(seen)}
    return [move for move in Move if move in found]


def act_of(kind: str) -> Act | None:
    """Find the act that a line of the timeline is about."""
    return _BY_KIND.get(kind)


def notice_of(event: str) -> Sentence | None:
    """Give the sentence for those who hear of an event, None when no act causes it."""
    return _NOTICES.get(event)


def row_act(status: Status) -> Act | None:
    """Give the act that a list offers beside a ticket in this status."""
    return next((act for act in _OPEN_IN[status] if status in act.in_row), None)
