"""Every move a person can make on a ticket, as the stages declare it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from marshmallow import fields
from werkzeug.wrappers import Response

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.api import repeating, shapes
from service_portal.api.addresses import of_ticket
from service_portal.api.answers import answer
from service_portal.api.blueprint import v1
from service_portal.api.bodies import body_of
from service_portal.api.input import fit, read_json
from service_portal.api.problems import Invalid
from service_portal.api.schemas import Body
from service_portal.api.tickets import answers_in
from service_portal.assigning.moves import ACTS as ASSIGNING
from service_portal.catalogue.queries import definition
from service_portal.filing.changing_service import chosen_service
from service_portal.filing.moves import ACTS as FILING
from service_portal.financing.moves import ACTS as FINANCING
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.resolving.moves import ACTS as RESOLVING
from service_portal.tickets.models import Ticket, TimelineEntry
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.registry import open_moves
from service_portal.tickets.queries import Seen, facts_of, id_of_reference
from service_portal.tickets.rules import Move, Status, next_status
from service_portal.tickets.words import refusal
from service_portal.web.guards import current_actor, requires
from service_portal.working.moves import ACTS as WORKING

ACTS: tuple[Act, ...] = (*FILING, *ASSIGNING, *WORKING, *RESOLVING, *FINANCING)
_DECLARED = {act.move: act for act in ACTS}
MOVES: Mapping[Move, Act] = {move: _DECLARED[move] for move in Move if move in _DECLARED}


def _body(act: Act) -> Body:
    move = fields.String(required=True, metadata={"enum": [str(act.move)]})
    return body_of(act, f"Move{str(act.move).title().replace('_', '')}", move=move)


BODIES: Mapping[Move, Body] = {move: _body(act) for move, act in MOVES.items()}

# Without the mapping a discriminator's values are the names of the shapes.
_SHAPE_OF = {
    str(move): f"#/components/schemas/{type(body).__name__}" for move, body in BODIES.items()
}
_SAID = {
    "oneOf": list(BODIES.values()),
    "discriminator": {"propertyName": "move", "mapping": _SHAPE_OF},
}
_BODY = {"content": {"application/json": {"schema": _SAID}}, "required": True}


@v1.post("/tickets/<reference>/moves", tags=["moves"])
@v1.response(200, shapes.Moved, headers=repeating.ANSWERED)
@v1.doc(requestBody=_BODY, **repeating.DESCRIBED)
@requires(Permission.TICKET_VIEW)
def make_move(reference: str) -> Response:
    """Make a move on a ticket.

    Which ones the token may make now is in the ticket's `moves`. A move that is not legal in the
    present status answers 409, one that this role may not make 403. With an `Idempotency-Key` a
    repetition makes nothing twice and answers how the ticket stands, or how the move left it if it
    has left the token's reach. Routing, closing after silence and archiving are the portal's own.
    """
    try:
        made: Response = _on_ticket(reference)
    except Missing:
        # Declining or giving back takes the ticket out of its maker's reach; a lost answer can be
        # had again all the same.
        before = _made_before(reference)
        if before is None:
            raise
        return before
    return made


@of_ticket
def _on_ticket(seen: Seen) -> Response:
    said = read_json()
    move = _move_in(said)
    values = fit(BODIES[move], said)
    at, ticket = now(), seen.ticket
    with unit_of_work():
        done_at = repeating.done_before(
            repeating.key_of(said),
            actor=seen.actor,
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            now=at,
        )
        if done_at is None:
            ticket = _make(MOVES[move], ticket, values, actor=seen.actor, now=at)
    after = Seen(ticket, facts_of(ticket), seen.actor)
    headers = repeating.REPLAYED if done_at else repeating.FIRST
    return answer(
        {
            "reference": ticket.reference,
            "move": move,
            "status": ticket.status,
            "moves": open_moves(after),
        },
        headers=headers,
    )


def _make(act: Act, ticket: Ticket, values: dict[str, Any], *, actor: Actor, now: datetime) -> Any:
    values.pop("move")
    if "answers" in values:
        # What does not fit the questions matters only where they are asked.
        status, move = Status(ticket.status), Move(act.move or "")
        if next_status(status, move) is None:
            raise Conflict(refusal(status), code="illegal_move")
        if "service" in values:
            asked = chosen_service(values["service"], instead_of=ticket).definition
        else:
            asked = definition(ticket.service_version_id)
        values["answers"] = answers_in(values, asked)
    return act.service(actor=actor, ticket_id=ticket.id, now=now, **values)


def _made_before(reference: str) -> Response | None:
    """Give the first answer to a move under this request's key, None when there was none."""
    try:
        said = read_json()
        move, ticket_id = _move_in(said), id_of_reference(reference)
        done_at = repeating.done_once(
            repeating.key_of(said), actor=current_actor(), ticket_id=ticket_id
        )
    except Refused:
        return None
    if done_at is None:
        return None
    led_to = sa.select(TimelineEntry.to_status).where(
        TimelineEntry.ticket_id == ticket_id,
        TimelineEntry.at == done_at,
        TimelineEntry.to_status.is_not(None),
    )
    status = db.session.scalar(led_to.order_by(TimelineEntry.id.desc()).limit(1))
    return answer(
        {"reference": reference.upper(), "move": move, "status": status, "moves": []},
        headers=repeating.REPLAYED,
    )


def _move_in(said: Any) -> Move:
    if not isinstance(said, dict):
        raise Invalid([("", _("Send a JSON object."))])
    named = said.get("move")
    if isinstance(named, str) and named in MOVES:
        return Move(named)
    if isinstance(named, str) and named in set(Move):
        raise Refused(
            _("The portal makes this move by itself when its time comes."),
            field="move",
            code="not_by_hand",
        )
    raise Invalid([("move", _("Choose from: %(choices)s.", choices=", ".join(MOVES)))])
