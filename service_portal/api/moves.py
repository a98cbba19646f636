"""Every move a person can make on a ticket, each with what it needs to be told; the stages' own
services make it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from marshmallow import fields
from werkzeug.wrappers import Response

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.api import repeating, shapes
from service_portal.api.door import answer, fit, of_ticket, read_json, v1
from service_portal.api.problems import Invalid
from service_portal.api.reading import PERMISSION_OF, moves_open_to
from service_portal.api.schemas import AnswersField, Body, Flag, Number, OneOf, Phone, Text
from service_portal.api.tickets import request_of
from service_portal.api.verdicts import solved_field, verdict_field, verdict_in
from service_portal.assigning import handing, offering
from service_portal.assigning import services as assigning
from service_portal.catalogue.forms import LONG_LENGTH, TITLE_LENGTH
from service_portal.catalogue.queries import definition
from service_portal.filing import services as filing
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.resolving import services as resolving
from service_portal.tickets.choices import DECLINES, HOLDS, OUTCOMES, REFUSALS
from service_portal.tickets.delivery_rules import CHANNELS
from service_portal.tickets.models import Offer, Ticket, TimelineEntry
from service_portal.tickets.queries import Seen, facts_of, id_of_reference
from service_portal.tickets.rules import Move, Status, refusal
from service_portal.tickets.services import in_words
from service_portal.web.guards import current_actor, requires
from service_portal.working import services as working

Make = Callable[[Actor, Ticket, dict[str, Any], datetime], Ticket]
REASON = 500


@dataclass(frozen=True, slots=True)
class Act:
    """How a move is made: its input, and the service that makes it."""

    body: Body
    make: Make


def _act(move: Move, make: Make, **needs: fields.Field[Any]) -> Act:
    said = fields.String(required=True, metadata={"enum": [str(move)]})
    body = Body.from_dict({"move": said, **needs}, name=f"Move{move.title().replace('_', '')}")
    return Act(body(), make)  # type: ignore[arg-type]


def _simple(service: Callable[..., Ticket], *names: str) -> Make:
    """Make a move whose service takes what is said as it is said."""
    return lambda actor, ticket, said, at: service(
        actor=actor, ticket_id=ticket.id, now=at, **{name: said[name] for name in names}
    )


def _offer_of(ticket: Ticket, actor: Actor) -> int:
    """Find the open offer of a ticket to the actor's institution."""
    offer = sa.select(Offer.id).where(
        Offer.ticket_id == ticket.id,
        Offer.institution_id == actor.institution_id,
        Offer.state == "offered",
    )
    offer_id = db.session.scalar(offer)
    if offer_id is None:
        raise Conflict(_("Your institution has no open offer of this ticket."), code="offer_closed")
    return offer_id


def _resubmit(actor: Actor, ticket: Ticket, said: dict[str, Any], at: datetime) -> Ticket:
    if ticket.status != Status.RETURNED:
        raise Conflict(in_words(refusal(Status(ticket.status), Move.RESUBMIT)), code="illegal_move")
    asked = request_of(
        {**said, "consent": ticket.consent if said["consent"] is None else said["consent"]},
        definition(ticket.service_version_id),
    )
    return filing.resubmit_ticket(actor=actor, ticket_id=ticket.id, request=asked, now=at)


def _reopen(actor: Actor, ticket: Ticket, said: dict[str, Any], at: datetime) -> Ticket:
    return resolving.reopen_ticket(
        actor=actor,
        ticket_id=ticket.id,
        reason=said["reason"],
        window_days=current_app.config["REOPEN_WINDOW_DAYS"],
        now=at,
    )


def _answers(actor: Actor, ticket: Ticket, said: dict[str, Any], at: datetime) -> Ticket:
    told = {name: said[name] for name in ("body", "outcome", "channel", "minutes", "evidence_note")}
    return resolving.answer_ticket(actor=actor, ticket_id=ticket.id, now=at, **told)


def _confirms(actor: Actor, ticket: Ticket, said: dict[str, Any], at: datetime) -> Ticket:
    return resolving.confirm_ticket(
        actor=actor,
        ticket_id=ticket.id,
        level=said["level"],
        verdict=verdict_in(said),
        comment=said["comment"],
        now=at,
    )


def _reason(about: str, *, required: bool = True) -> Text:
    return Text(REASON, about, required=required)


MOVES: Mapping[Move, Act] = {
    Move.ASSIGN: _act(
        Move.ASSIGN,
        _simple(assigning.assign_to, "member_id", "reason"),
        member_id=Number(1, required=True),
        reason=_reason("why this member", required=False),
    ),
    Move.ACCEPT: _act(Move.ACCEPT, _simple(working.accept_ticket)),
    Move.REFUSE: _act(
        Move.REFUSE,
        _simple(working.refuse_ticket, "reason_code", "words"),
        reason_code=OneOf(REFUSALS, required=True),
        words=Text(LONG_LENGTH, "the reason, as the enterprise reads it", required=True),
    ),
    Move.RETURN: _act(
        Move.RETURN,
        _simple(working.return_ticket, "words"),
        words=Text(LONG_LENGTH, "everything that is missing", required=True),
    ),
    Move.RESUBMIT: _act(
        Move.RESUBMIT,
        _resubmit,
        title=Text(TITLE_LENGTH, required=True),
        description=Text(LONG_LENGTH, required=True),
        contact_name=Text(100, required=True),
        contact_phone=Phone(40, required=True),
        urgent=Flag(load_default=False),
        consent=Flag(load_default=None, allow_none=True),
        answers=AnswersField(load_default=dict),
    ),
    Move.DISPATCH: _act(
        Move.DISPATCH,
        _simple(offering.offer_to, "institution_id", "reason", "agreed"),
        institution_id=Number(1, required=True),
        reason=_reason("why this institution", required=False),
        agreed=Flag(
            load_default=False,
            metadata={
                "description": (
                    "the enterprise, which had not consented when it filed, has agreed since that"
                    " an institution reads its request"
                )
            },
        ),
    ),
    Move.PICK_UP: _act(
        Move.PICK_UP,
        lambda actor, ticket, _said, at: offering.accept_offer(
            actor=actor, offer_id=_offer_of(ticket, actor), now=at
        ),
    ),
    Move.BOUNCE: _act(
        Move.BOUNCE,
        lambda actor, ticket, said, at: offering.decline_offer(
            actor=actor,
            offer_id=_offer_of(ticket, actor),
            reason_code=said["reason_code"],
            comment=said["comment"],
            now=at,
        ),
        reason_code=OneOf(DECLINES, required=True),
        comment=_reason("a word on it", required=False),
    ),
    Move.START: _act(Move.START, _simple(working.start_work)),
    Move.HOLD: _act(
        Move.HOLD,
        _simple(working.hold_ticket, "reason_code", "words"),
        reason_code=OneOf(HOLDS, required=True),
        words=Text(LONG_LENGTH, "what is waited for", required=True),
    ),
    Move.RESUME: _act(Move.RESUME, _simple(working.resume_ticket)),
    Move.HAND_OVER: _act(
        Move.HAND_OVER,
        _simple(handing.hand_over_to_station, "station_id", "reason", "words"),
        station_id=Number(1, required=True),
        reason=Text(LONG_LENGTH, "why, for staff", required=True),
        words=_reason("a word to the enterprise, which does not read the reason", required=False),
    ),
    Move.ANSWER: _act(
        Move.ANSWER,
        _answers,
        body=Text(LONG_LENGTH, "the answer, as the enterprise reads it", required=True),
        outcome=OneOf(OUTCOMES, required=True),
        evidence_note=Text(LONG_LENGTH, "what proves the result", required=True),
        channel=OneOf(CHANNELS, load_default="message"),
        minutes=Number(0, 1440, load_default=0),
    ),
    Move.CONFIRM: _act(
        Move.CONFIRM,
        _confirms,
        level=Number(1, 5, "5 is very satisfied", load_default=None, allow_none=True),
        verdict=verdict_field(),
        solved=solved_field(),
        comment=Text(LONG_LENGTH),
    ),
    Move.REDO: _act(
        Move.REDO,
        _simple(resolving.ask_redo, "reason"),
        reason=Text(LONG_LENGTH, "what is still missing", required=True),
    ),
    Move.REOPEN: _act(
        Move.REOPEN, _reopen, reason=Text(LONG_LENGTH, "why it must be opened again", required=True)
    ),
    Move.MERGE: _act(
        Move.MERGE,
        _simple(working.merge_ticket, "into"),
        into=Text(
            60,
            "reference of another open ticket of the same enterprise, in which this one goes on",
            required=True,
        ),
    ),
    Move.WITHDRAW: _act(
        Move.WITHDRAW,
        _simple(filing.withdraw_ticket, "reason"),
        reason=_reason("why, if you like to say", required=False),
    ),
}
assert MOVES.keys() == PERMISSION_OF.keys()

# Without the mapping a discriminator's values are the names of the shapes.
_SHAPE_OF = {
    str(move): f"#/components/schemas/{type(act.body).__name__}" for move, act in MOVES.items()
}
_SAID = {
    "oneOf": [act.body for act in MOVES.values()],
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
        # A hand-over or a bounce takes the ticket out of its maker's reach; a lost answer can be
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
    act = MOVES[move]
    needs = fit(act.body, said)
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
            ticket = act.make(seen.actor, ticket, needs, at)
    after = Seen(ticket, facts_of(ticket), seen.actor)
    headers = repeating.REPLAYED if done_at else repeating.FIRST
    return answer(
        {
            "reference": ticket.reference,
            "move": move,
            "status": ticket.status,
            "moves": moves_open_to(after),
        },
        headers=headers,
    )


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
