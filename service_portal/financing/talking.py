"""Words between an enterprise and one of the institutions it has asked."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.events.catalog import MessagePosted
from service_portal.events.outbox import record
from service_portal.financing.ending import locked_answer
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing, Refused
from service_portal.tickets.codes import Audience
from service_portal.tickets.models import Message
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.services import spoke


def write_to(
    *, actor: Actor, ticket_id: int, body: str, now: datetime, institution_id: int | None = None
) -> int:
    """Write in the conversation with one institution and give the message's id.

    An institution writes in its own, whatever it names.
    """
    if not body:
        raise Refused(_("Write something first."), field="body")
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.LOAN_TALK).ticket
    of = actor.institution_id or institution_id
    if of is None:
        raise Missing()
    locked_answer(ticket, of)
    message_id: int = db.session.execute(
        sa.insert(Message).returning(Message.id),
        {
            "ticket_id": ticket.id,
            "enterprise_id": ticket.enterprise_id,
            "at": now,
            "author_id": actor.person_id,
            "author_role": str(actor.role),
            "author_name": actor.name,
            "audience": Audience.SHARED,
            "institution_id": of,
            "body": body,
        },
    ).scalar_one()
    spoke(ticket, actor=actor, now=now)
    db.session.flush()
    event = MessagePosted(ticket.id, ticket.enterprise_id, message_id=message_id)
    record(event, actor=actor, now=now)
    return message_id
