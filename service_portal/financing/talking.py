"""Words between an enterprise and one of the institutions it has asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.events.catalog import MessagePosted
from service_portal.events.outbox import record
from service_portal.financing.answering import offer_of
from service_portal.financing.ending import locked_answer
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.tickets.codes import LIVE_OFFERS, Audience
from service_portal.tickets.models import Attachment, Message
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.services import spoke


def write_to(
    *,
    actor: Actor,
    ticket_id: int,
    body: str,
    now: datetime,
    institution_id: int | None = None,
    attachment_ids: Sequence[int] = (),
) -> int:
    """Write in the conversation with one institution and give the message's id.

    An institution writes in its own, whatever it names. Files that were sent with the words are of
    that conversation, too.
    """
    if not body and attachment_ids:
        body = _("See the attached files.")
    if not body:
        raise Refused(_("Write something first."), field="body")
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.LOAN_TALK).ticket
    of = actor.institution_id or institution_id
    if of is None:
        raise Missing()
    answer = locked_answer(ticket, of)
    if answer.offer_id is not None and offer_of(answer).state not in LIVE_OFFERS:
        raise Conflict(
            _("The institution reads nothing more of this request; a message would not reach it.")
        )
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
    if attachment_ids:
        db.session.execute(
            sa.update(Attachment)
            .where(
                Attachment.id.in_(attachment_ids),
                Attachment.ticket_id == ticket.id,
                Attachment.uploaded_by_id == actor.person_id,
            )
            .values(message_id=message_id, institution_id=of)
            .execution_options(synchronize_session=False)
        )
    spoke(ticket, actor=actor, now=now)
    db.session.flush()
    event = MessagePosted(ticket.id, ticket.enterprise_id, message_id=message_id)
    record(event, actor=actor, now=now)
    return message_id
