"""Files of a request that goes to several institutions: those that came with it, and those of the
conversation with each.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from service_portal.access.actor import INSTITUTION_ROLES
from service_portal.access.permissions import Permission
from service_portal.financing.queries import consent_stands
from service_portal.kernel.db import db
from service_portal.tickets.codes import Audience, Purpose
from service_portal.tickets.models import Attachment
from service_portal.tickets.queries import Seen


def may_open(seen: Seen, file: Attachment) -> bool:
    """Say whether a file may be opened by an institution that is asked, or by who compares.

    An institution opens what came with the request and what is of its own conversation, while its
    offer lives and the consent stands. Who compares opens what is of the conversations.
    """
    if seen.actor.role not in INSTITUTION_ROLES:
        return file.institution_id is not None and seen.can(Permission.LOAN_COMPARE)
    mine = seen.actor.institution_id or 0
    own = _came_with_it(file) if file.institution_id is None else file.institution_id == mine
    return own and seen.can(Permission.LOAN_TALK) and consent_stands(seen.ticket.id, mine)


def _came_with_it(file: Attachment) -> bool:
    return file.purpose == Purpose.REQUEST and file.audience == Audience.SHARED


def files_of_request(ticket_id: int) -> Sequence[Attachment]:
    """List the files that came with a request, as every institution reads them that is asked."""
    return db.session.scalars(
        sa.select(Attachment)
        .where(
            Attachment.ticket_id == ticket_id,
            Attachment.institution_id.is_(None),
            Attachment.purpose == Purpose.REQUEST,
            Attachment.audience == Audience.SHARED,
        )
        .order_by(Attachment.id)
    ).all()


def files_of_talks(
    ticket_id: int, institution_id: int | None = None
) -> dict[int, list[Attachment]]:
    """Give the files of the conversations with institutions, or with one, by their message."""
    query = sa.select(Attachment).where(
        Attachment.ticket_id == ticket_id,
        Attachment.message_id.is_not(None),
        Attachment.institution_id.is_not(None)
        if institution_id is None
        else Attachment.institution_id == institution_id,
    )
    found: dict[int, list[Attachment]] = {}
    for file in db.session.scalars(query.order_by(Attachment.id)):
        found.setdefault(file.message_id or 0, []).append(file)
    return found
