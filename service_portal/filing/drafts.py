"""Requests not yet filed: kept while one types, with the files already uploaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from werkzeug.datastructures import FileStorage, MultiDict

from service_portal.access.actor import Actor
from service_portal.catalogue.rules import ServiceDefinition
from service_portal.files.storing import Stored, forget_with_rows
from service_portal.filing.queries import THIS_DRAFT
from service_portal.filing.uploads import put_each
from service_portal.folders import chosen_beside
from service_portal.kernel.db import at_once, db
from service_portal.tickets.asked import NAMES
from service_portal.tickets.attachments import attach
from service_portal.tickets.models import Attachment, Draft, Ticket

LONGEST = 20_000
DRAFT_DAYS = 90
NOT_KEPT = {
    "csrf_token",
    "once",
    "anyway",
    "later",
    "switch",
    "drop",
    "next",
    "files",
    "enterprise_id",
    "channel",
}


# Whoever changes a draft or its files holds the draft first, then files, then the sum of what the
# enterprise's files take (0031): a file that is being uploaded is waited for, and then seen.
_LOCK = sa.select(Draft.id).where(*THIS_DRAFT).with_for_update()
_DISCARD = sa.delete(Draft).where(Draft.id == sa.bindparam("draft"))
_DROP_FILES = (
    sa.delete(Attachment)
    .where(Attachment.draft_id == sa.bindparam("draft"), Attachment.ticket_id.is_(None))
    .returning(Attachment.storage_name)
)
_DROP_FILE = _DROP_FILES.where(Attachment.id == sa.bindparam("attachment"))
_GONE = _DISCARD.returning(Draft.id).cte("gone")
_HAND_OVER = (
    sa.update(Attachment)
    .where(Attachment.draft_id.in_(sa.select(_GONE.c.id)), Attachment.ticket_id.is_(None))
    .values(ticket_id=sa.bindparam("ticket"), draft_id=None)
)


def lock_draft(*, actor: Actor, enterprise_id: int, service_code: str) -> int | None:
    """Hold a draft until the end of the unit of work and give its id; None when there is none."""
    which = {"person": actor.person_id, "enterprise": enterprise_id, "service": service_code}
    return at_once(_LOCK, which).scalar()


def first_values(actor: Actor, *, phone: str) -> dict[str, Any]:
    """Fill a new form with what is known of the person,
    unless it is filled in for somebody else.
    """
    if actor.enterprise_id is None:
        return {}
    return {"contact_name": actor.name, "contact_phone": phone}


def keep(
    *, actor: Actor, enterprise_id: int, service_code: str, form: MultiDict[str, str], now: datetime
) -> int:
    """Keep what has been typed and give the draft's id; only known names of a form, each cut at a
    generous length.
    """
    beside = chosen_beside(form)
    values = {
        name: [value.replace("\x00", "")[:LONGEST] for value in form.getlist(name)[:50]]
        for name in list(form)[:200]
        if name not in NOT_KEPT and (name.startswith("answer_") or name in NAMES or name in beside)
    }
    query = insert(Draft).values(
        person_id=actor.person_id,
        enterprise_id=enterprise_id,
        service_code=service_code,
        values=values,
        updated_at=now,
    )
    query = query.on_conflict_do_update(
        index_elements=["person_id", "enterprise_id", "service_code"],
        set_={"values": query.excluded["values"], "updated_at": query.excluded.updated_at},
    )
    return int(db.session.scalar(query.returning(Draft.id)) or 0)


def discard(*, actor: Actor, enterprise_id: int, service_code: str) -> None:
    """Throw a draft away, and its files."""
    draft = lock_draft(actor=actor, enterprise_id=enterprise_id, service_code=service_code)
    if draft is not None:
        forget_with_rows(at_once(_DROP_FILES, {"draft": draft}).scalars())
        at_once(_DISCARD, {"draft": draft})


def hand_over(ticket_id: int, *, actor: Actor, enterprise_id: int, service_code: str) -> None:
    """Put the files of a draft on the ticket that was made of it, and throw the rest away.

    Most tickets had no draft.
    """
    draft = lock_draft(actor=actor, enterprise_id=enterprise_id, service_code=service_code)
    if draft is not None:
        at_once(_HAND_OVER, {"draft": draft, "ticket": ticket_id})


def take_files(
    uploads: Iterable[FileStorage],
    *,
    actor: Actor,
    enterprise_id: int,
    service_code: str,
    form: MultiDict[str, str],
    now: datetime,
) -> list[str]:
    """Put uploaded files on the draft, so that they survive a form with mistakes; gives a sentence
    for each that was refused.
    """

    def put(stored: Stored) -> None:
        draft_id = keep(
            actor=actor,
            enterprise_id=enterprise_id,
            service_code=service_code,
            form=form,
            now=now,
        )
        attach(
            stored,
            actor=actor,
            enterprise_id=enterprise_id,
            now=now,
            draft_id=draft_id,
        )

    return put_each(uploads, put)


_OLD = (
    sa.select(Draft.id)
    .where(Draft.updated_at < sa.bindparam("before"))
    .order_by(Draft.id)
    .with_for_update(skip_locked=True)
)
_THESE: sa.BindParameter[Any] = sa.bindparam("drafts", expanding=True)
_FORGET_FILES = (
    sa.delete(Attachment)
    .where(
        Attachment.ticket_id.is_(None),
        Attachment.at < sa.bindparam("before_files"),
        sa.or_(Attachment.draft_id.is_(None), Attachment.draft_id.in_(_THESE)),
    )
    .returning(Attachment.storage_name)
    .execution_options(synchronize_session=False)
)
_FORGET = sa.delete(Draft).where(Draft.id.in_(_THESE)).execution_options(synchronize_session=False)


def forget_old(*, now: datetime) -> None:
    """Throw away drafts that nobody has touched for three months, and files that hang on no draft
    and no ticket.
    """
    old = list(db.session.scalars(_OLD, {"before": now - timedelta(days=DRAFT_DAYS)}))
    files = db.session.execute(
        _FORGET_FILES, {"drafts": old, "before_files": now - timedelta(days=1)}
    )
    forget_with_rows(files.scalars().all())
    db.session.execute(_FORGET, {"drafts": old})


def drop_file(attachment_id: int, *, actor: Actor, enterprise_id: int, service_code: str) -> None:
    """Take one file off the actor's own draft."""
    draft = lock_draft(actor=actor, enterprise_id=enterprise_id, service_code=service_code)
    if draft is not None:
        about = {"attachment": attachment_id, "draft": draft}
        forget_with_rows(at_once(_DROP_FILE, about).scalars())


def values_of(ticket: Ticket, definition: ServiceDefinition) -> dict[str, Any]:
    """Give a ticket's request as a form shows it."""
    return {name: getattr(ticket, name) for name in NAMES} | shown_answers(
        ticket.answers, definition
    )


def shown_answers(answers: Mapping[str, Any], definition: ServiceDefinition) -> dict[str, Any]:
    """Give answers as a form with a service's questions shows them."""
    values: dict[str, Any] = {}
    for field in definition.fields:
        value = answers.get(field.key)
        values[f"answer_{field.key}"] = (
            date.fromisoformat(value) if field.type == "date" and value else value
        )
    return values
