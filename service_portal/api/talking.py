"""Words on a ticket over the API: messages, notes, contacts, and what the enterprise thinks of the
result.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.api import repeating, shapes
from service_portal.api.addresses import of_ticket
from service_portal.api.answers import answer
from service_portal.api.blueprint import v1
from service_portal.api.bodies import body_of
from service_portal.api.fields import OneOf
from service_portal.api.tickets import rated
from service_portal.kernel.clock import now
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.resolving.moves.call_back import CALL_BACK
from service_portal.resolving.moves.rate import RATE
from service_portal.tickets.models import Message, Rating, ServiceEvent
from service_portal.tickets.queries import Seen
from service_portal.web.guards import requires
from service_portal.working.moves.contact import CONTACT
from service_portal.working.moves.post_message import POST_MESSAGE
from service_portal.working.services import add_note, post_message

MESSAGE = body_of(
    POST_MESSAGE,
    "Message",
    audience=OneOf(
        ("shared", "internal"),
        "`internal` is a note that neither enterprise nor institution sees",
        load_default="shared",
    ),
)
RATING = body_of(RATE, "Rating")
CALLED_BACK = body_of(CALL_BACK, "CallBack")
CONTACTED = body_of(CONTACT, "RecordedContact")


@v1.post("/tickets/<reference>/messages", tags=["tickets"])
@v1.response(201, shapes.Posted, headers=repeating.ANSWERED)
@v1.doc(**repeating.DESCRIBED)
@requires(Permission.TICKET_MESSAGE)
@of_ticket
@v1.arguments(MESSAGE)
def write(seen: Seen, said: dict[str, Any]) -> Response:
    """Write to the other side, or keep a note for the staff alone.

    With an `Idempotency-Key` it is written once.
    """
    service = add_note if said["audience"] == "internal" else post_message
    at, actor, ticket_id = now(), seen.actor, seen.ticket.id
    with unit_of_work():
        done_at = repeating.done_before(
            repeating.key_of(said),
            actor=actor,
            ticket_id=ticket_id,
            enterprise_id=seen.ticket.enterprise_id,
            now=at,
        )
        message_id = (
            _written(seen, done_at)
            if done_at
            else service(actor=actor, ticket_id=ticket_id, body=said["body"], now=at)
        )
    headers = repeating.REPLAYED if done_at else repeating.FIRST
    return answer(
        {"id": message_id, "reference": seen.ticket.reference, "audience": said["audience"]},
        201,
        headers=headers,
    )


def _written(seen: Seen, at: datetime) -> int | None:
    """Find the message that was written by the actor at a moment."""
    return db.session.scalar(
        sa.select(Message.id).where(
            Message.ticket_id == seen.ticket.id,
            Message.at == at,
            Message.author_id == seen.actor.person_id,
        )
    )


@v1.post("/tickets/<reference>/contacts", tags=["tickets"])
@v1.response(201, shapes.ContactRecorded, headers=repeating.ANSWERED)
@v1.doc(**repeating.DESCRIBED)
@requires(Permission.TICKET_DELIVER)
@of_ticket
@v1.arguments(CONTACTED)
def record_contact(seen: Seen, said: dict[str, Any]) -> Response:
    """Record a contact with the enterprise.

    It counts, once a day for each ticket and provider, when there is evidence; the first one stops
    the promise of the first contact. With an `Idempotency-Key` it is recorded once.
    """
    at, actor, ticket = now(), seen.actor, seen.ticket
    with unit_of_work():
        done_at = repeating.done_before(
            repeating.key_of(said),
            actor=actor,
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            now=at,
        )
        if done_at is None:
            CONTACT.service(actor=actor, ticket_id=ticket.id, now=at, **said)
        done = _recorded(seen, done_at or at)
    return answer(
        {
            "id": done.id,
            "reference": ticket.reference,
            "countable": done.countable,
            "not_counted": done.not_countable_reason,
        },
        201,
        headers=repeating.REPLAYED if done_at else repeating.FIRST,
    )


def _recorded(seen: Seen, at: datetime) -> AnyRow:
    """Find the contact that was recorded by the actor at a moment."""
    query = sa.select(
        ServiceEvent.id, ServiceEvent.countable, ServiceEvent.not_countable_reason
    ).where(
        ServiceEvent.ticket_id == seen.ticket.id,
        ServiceEvent.recorded_at == at,
        ServiceEvent.person_id == seen.actor.person_id,
    )
    return db.session.execute(query).one()


@v1.post("/tickets/<reference>/rating", tags=["tickets"])
@v1.response(200, shapes.RatingGiven)
@requires(Permission.TICKET_RATE)
@of_ticket
@v1.arguments(RATING)
def rate(seen: Seen, said: dict[str, Any]) -> Response:
    """Rate the result; an answered ticket is confirmed and closed by it.

    Rating again within seven days changes one's mind; the first rating stays in the timeline.
    """
    with unit_of_work():
        ticket = RATE.service(actor=seen.actor, ticket_id=seen.ticket.id, now=now(), **said)
    rating = db.session.get_one(Rating, (ticket.id, ticket.cycle), populate_existing=True)
    return answer({"reference": ticket.reference, "status": ticket.status, "rating": rated(rating)})


@v1.post("/tickets/<reference>/call-back", tags=["tickets"])
@v1.response(200, shapes.CalledBack)
@requires(Permission.TICKET_CALL_BACK)
@of_ticket
@v1.arguments(CALLED_BACK)
def call_back(seen: Seen, said: dict[str, Any]) -> Response:
    """Note that an enterprise that is not content was called, and what came of it.

    Such a call is owed while a clock of the kind `call_back` runs.
    """
    with unit_of_work():
        ticket = CALL_BACK.service(
            actor=seen.actor, ticket_id=seen.ticket.id, now=now(), note=said["note"]
        )
    return answer({"reference": ticket.reference, "status": ticket.status})
