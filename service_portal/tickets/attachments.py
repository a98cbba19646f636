"""Files on tickets and drafts: how many there may be, and whose they are."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask import current_app

from service_portal.access.actor import Actor, Side
from service_portal.accounts.models import Membership
from service_portal.files.room import TAKEN, refuse_full
from service_portal.files.storing import MOST_FILES, Stored
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.tickets.codes import Audience, Purpose
from service_portal.tickets.models import Attachment, Ticket
from service_portal.web.translations import gettext as _


def attach(
    stored: Stored,
    *,
    actor: Actor,
    enterprise_id: int,
    now: datetime,
    purpose: str = Purpose.REQUEST,
    ticket_id: int | None = None,
    draft_id: int | None = None,
    audience: str = Audience.SHARED,
) -> Attachment:
    """Write the row of a stored file, on a ticket or on a draft,
    as long as there is room for it.
    """
    place = (
        Attachment.ticket_id == ticket_id
        if ticket_id is not None
        else Attachment.draft_id == draft_id
    )
    if (
        purpose == Purpose.REQUEST
        and (
            db.session.scalar(
                sa.select(sa.func.count())
                .select_from(Attachment)
                .where(place, Attachment.purpose == Purpose.REQUEST, Attachment.side == actor.side)
            )
            or 0
        )
        >= MOST_FILES
    ):
        raise Refused(_("At most %(n)d files can be attached.", n=MOST_FILES), field="files")
    row = Attachment(
        ticket_id=ticket_id,
        enterprise_id=enterprise_id,
        draft_id=draft_id,
        purpose=purpose,
        audience=audience,
        side=actor.side,
        file_name=stored.file_name,
        content_type=stored.content_type,
        size=stored.size,
        sha256=stored.sha256,
        storage_name=stored.storage_name,
        uploaded_by_id=actor.person_id,
        uploaded_by_name=actor.name,
        at=now,
    )
    db.session.add(row)
    db.session.flush()
    _check_room(ticket_id=ticket_id, enterprise_id=enterprise_id, actor=actor)
    return row


_FILES = (
    sa.select(sa.func.count())
    .select_from(Attachment)
    .where(Attachment.ticket_id == sa.bindparam("ticket"), Attachment.side == sa.bindparam("side"))
)
# Institutions follow each other on a ticket, and are each other's competitors.
_OF_INSTITUTION = Attachment.uploaded_by_id.in_(
    sa.select(Membership.person_id).where(Membership.institution_id == sa.bindparam("institution"))
)
_BY_NOW = sa.select(_FILES.scalar_subquery(), TAKEN)
_BY_INSTITUTION = sa.select(_FILES.where(_OF_INSTITUTION).scalar_subquery(), TAKEN)


def _check_room(*, ticket_id: int | None, enterprise_id: int, actor: Actor) -> None:
    """Refuse a file that is one too many of its side for its ticket, or more than its enterprise
    may have.

    Each side, and each institution, has room of its own on a ticket, and what staff put in takes
    none of the enterprise's: nobody can keep out another one's files. It is asked after the row is
    written, so that two at once can't both pass.
    """
    side = actor.side
    about = {"ticket": ticket_id, "enterprise": enterprise_id, "side": side}
    if side is Side.INSTITUTION:
        about["institution"] = actor.institution_id
    wanted = _BY_INSTITUTION if side is Side.INSTITUTION else _BY_NOW
    files, taken = db.session.execute(wanted, about).one()
    most = current_app.config["FILES_PER_TICKET"]
    if files > most:
        raise Refused(
            _(
                "This ticket has %(n)d files of yours, as many as it may have. Put more into one"
                " file.",
                n=most,
            ),
            field="files",
        )
    refuse_full(taken, side=side)


def attach_all(
    kept: list[Stored], ticket: Ticket, *, actor: Actor, purpose: str, now: datetime
) -> list[int]:
    """Put kept files on a ticket, in the act's own transaction, and give their ids."""
    return [
        attach(
            one,
            actor=actor,
            enterprise_id=ticket.enterprise_id,
            purpose=purpose,
            now=now,
            ticket_id=ticket.id,
        ).id
        for one in kept
    ]
