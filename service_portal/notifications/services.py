"""Turns events into promised messages, one row for each person and channel, and sends the mails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from service_portal.access.actor import Actor
from service_portal.events.catalog import SubjectKind
from service_portal.events.inbox import Delivery
from service_portal.kernel.db import AnyRow, db
from service_portal.notifications.models import Notification
from service_portal.notifications.queries import Audience, Recipient, Told, promised, told_of
from service_portal.notifications.rules import APP, MAIL, telling_for
from service_portal.notifications.wording import mail_text
from service_portal.web.language import speaking
from service_portal.web.mail import Mail
from service_portal.web.transmission import DropReason, Lease, MailQueue, MailState


def tell(deliveries: Sequence[Delivery], *, now: datetime, host: str) -> int:
    """Promise a message to everybody concerned by these events and count the rows made.

    A row is unique by event, channel and person, so a repeated event promises nothing twice.
    """
    if not deliveries:
        return 0
    stories = told_of(deliveries)
    audience = Audience(stories)
    rows: dict[tuple[str, str, int], dict[str, Any]] = {}
    for story in stories:
        telling = telling_for(
            story.event,
            by_enterprise=story.by_enterprise,
            clock=story.clock,
            rung=story.rung,
            reason=story.data.get("reason", ""),
        )
        for recipient in audience.of(story, telling.parties):
            for channel in telling.channels:
                if channel == MAIL and not recipient.mail_enabled:
                    continue
                row = _row(story, recipient, channel, now=now, host=host)
                rows[row["source"], channel, recipient.person_id] = row
    for row in _about_accounts(deliveries, now=now):
        rows[row["source"], row["channel"], row["person_id"]] = row
    if rows:
        db.session.execute(insert(Notification).on_conflict_do_nothing(), list(rows.values()))
    return len(rows)


def _about_accounts(deliveries: Sequence[Delivery], *, now: datetime) -> list[dict[str, Any]]:
    """Give the bell's rows of what happened to accounts; a letter of the account
    says it by mail.
    """
    return [
        {
            "source": f"event-{delivery.id}",
            "person_id": delivery.subject.id,
            "membership_id": None,
            "channel": channel,
            "kind": delivery.event,
            "ticket_id": None,
            "enterprise_id": None,
            "subject_kind": SubjectKind.PERSON,
            "subject_id": delivery.subject.id,
            "data": {},
            "message_id": None,
            "state": MailState.SENT,
            "created_at": now,
            "sent_at": now,
        }
        for delivery in deliveries
        if delivery.subject is not None and delivery.subject.kind is SubjectKind.PERSON
        for channel in telling_for(delivery.event).channels
    ]


def _row(
    story: Told, recipient: Recipient, channel: str, *, now: datetime, host: str
) -> dict[str, Any]:
    return {
        "source": story.source,
        "person_id": recipient.person_id,
        "membership_id": recipient.membership_id,
        "channel": channel,
        "kind": story.kind,
        "ticket_id": story.ticket_id,
        "enterprise_id": story.enterprise_id,
        "subject_kind": None,
        "subject_id": None,
        "data": {**story.data, "party": recipient.party},
        "message_id": f"<{story.source}.{recipient.person_id}@{host}>" if channel == MAIL else None,
        "state": MailState.QUEUED if channel == MAIL else MailState.SENT,
        "created_at": now,
        "sent_at": None if channel == MAIL else now,
    }


MAILS = MailQueue(Notification, Notification.channel == MAIL)


def mail_of(lease: Lease, *, base_url: str) -> Mail | None:
    """Give a leased mail in its reader's language; drop it, and give None, when they may no longer
    be told.
    """
    row = promised(lease.id)
    reason = _must_not_know(row)
    if reason is not None:
        MAILS.drop(lease, reason)
        return None
    with speaking(row.locale):
        subject, body = mail_text(row, base_url=base_url)
    return Mail(to=row.email, subject=subject, body=body, message_id=row.message_id or "")


def _must_not_know(row: AnyRow) -> DropReason | None:
    """Say why the reader of a mail may no longer be told what it says; None when they may."""
    if not row.active:
        return DropReason.INACTIVE
    if not row.has_role:
        return DropReason.ROLE_ENDED
    return None if row.is_visible else DropReason.NOT_VISIBLE


def read_all(*, actor: Actor, now: datetime) -> None:
    """Mark every message of the actor's bell as read."""
    db.session.execute(
        sa.update(Notification)
        .where(
            Notification.person_id == actor.person_id,
            Notification.channel == APP,
            Notification.read_at.is_(None),
        )
        .values(read_at=now)
    )


def read_about(ticket_id: int, *, actor: Actor, now: datetime) -> None:
    """Mark what the bell said about a ticket as read, because the actor has opened it."""
    db.session.execute(
        sa.update(Notification)
        .where(
            Notification.person_id == actor.person_id,
            Notification.ticket_id == ticket_id,
            Notification.channel == APP,
            Notification.read_at.is_(None),
        )
        .values(read_at=now)
    )
