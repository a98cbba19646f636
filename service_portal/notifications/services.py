"""Turns events into promised messages, one for each person, and writes their mails."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.events.catalog import SubjectKind
from service_portal.events.inbox import Delivery
from service_portal.kernel.db import AnyRow, db
from service_portal.notifications.figures import about_figures
from service_portal.notifications.mail_queries import promised, promised_before
from service_portal.notifications.models import Notification, NotificationDelivery
from service_portal.notifications.queries import Audience, EventFacts, Recipient, facts_of
from service_portal.notifications.rules import (
    APP,
    INSTITUTION,
    MAIL,
    OF_THE_OFFER,
    Telling,
    telling_for,
)
from service_portal.notifications.wording import mail_text
from service_portal.web.language import speaking
from service_portal.web.mail import Mail
from service_portal.web.transmission import DropReason, Lease, MailQueue


def tell(deliveries: Sequence[Delivery], *, now: datetime, host: str) -> int:
    """Promise a message to everybody concerned by these events and count the messages.

    A message is unique by event and person, so a repeated event promises nothing twice.
    """
    if not deliveries:
        return 0
    stories = facts_of(deliveries)
    audience = Audience(stories)
    messages: dict[tuple[str, int], dict[str, Any]] = {}
    for story in stories:
        telling = telling_for(
            story.event,
            by_enterprise=story.by_enterprise,
            clock=story.clock,
            rung=story.rung,
            reason=story.data.get("reason", ""),
        )
        for recipient in audience.of(story, telling.parties):
            message = _message(story, recipient, telling)
            if message["in_bell"] or message["by_mail"]:
                messages[story.source, recipient.person_id] = message
    for message in [*_about_accounts(deliveries), *about_figures(deliveries, now=now)]:
        messages[message["source"], message["person_id"]] = message
    if messages:
        said = json.dumps(list(messages.values()), ensure_ascii=False)
        db.session.execute(_PROMISE, {"messages": said, "now": now, "host": host})
    return len(messages)


_PROMISE = sa.text("""
    WITH said AS (
        SELECT * FROM jsonb_to_recordset(CAST(:messages AS jsonb)) AS m(
            source text, person_id bigint, membership_id bigint, in_bell boolean, by_mail boolean,
            kind text, ticket_id bigint, enterprise_id bigint, subject_kind text,
            subject_id bigint, data jsonb)
    ), told AS (
        INSERT INTO notification (source, person_id, membership_id, channel, kind, ticket_id,
            enterprise_id, subject_kind, subject_id, data, state, created_at, sent_at)
        SELECT source, person_id, membership_id, CASE WHEN in_bell THEN 'app' END, kind, ticket_id,
            enterprise_id, subject_kind, subject_id, data, 'sent', :now, :now
        FROM said
        ON CONFLICT DO NOTHING
        RETURNING id, source, person_id
    )
    INSERT INTO notification_delivery (notification_id, channel, message_id, created_at)
    SELECT told.id, 'mail', concat('<', source, '.', person_id, '@', CAST(:host AS text), '>'), :now
    FROM told JOIN said USING (source, person_id)
    WHERE said.by_mail
    ORDER BY told.id
""")


def _message(story: EventFacts, recipient: Recipient, telling: Telling) -> dict[str, Any]:
    return {
        "source": story.source,
        "person_id": recipient.person_id,
        "membership_id": recipient.membership_id,
        "in_bell": APP in telling.channels,
        "by_mail": MAIL in telling.channels and recipient.mail_enabled,
        "kind": story.kind,
        "ticket_id": story.ticket_id,
        "enterprise_id": story.enterprise_id,
        "data": {**story.data, "party": recipient.party},
        **_of_offer(story, recipient),
    }


def _of_offer(story: EventFacts, recipient: Recipient) -> dict[str, Any]:
    lost = story.event in OF_THE_OFFER and story.offer_id is not None
    if lost and recipient.party == INSTITUTION:
        return {"subject_kind": SubjectKind.OFFER, "subject_id": story.offer_id}
    return {}


def _about_accounts(deliveries: Sequence[Delivery]) -> list[dict[str, Any]]:
    """Give the bell's messages of what happened to accounts; a letter of the account
    says it by mail.
    """
    return [
        {
            "source": f"event-{delivery.id}",
            "person_id": delivery.subject.id,
            "in_bell": True,
            "by_mail": False,
            "kind": delivery.event,
            "subject_kind": SubjectKind.PERSON,
            "subject_id": delivery.subject.id,
            "data": {},
        }
        for delivery in deliveries
        if delivery.subject is not None
        and delivery.subject.kind is SubjectKind.PERSON
        and telling_for(delivery.event).parties
    ]


MAILS = MailQueue(NotificationDelivery, NotificationDelivery.channel == MAIL)
# Of the release before, which kept message and delivery in one row.
FORMER_MAILS = MailQueue(Notification, Notification.channel == MAIL)


def mail_of(lease: Lease, *, base_url: str) -> Mail | None:
    """Give a leased mail in its reader's language; drop it, and give None, when they may no longer
    be told.
    """
    return _written(promised(lease.id), MAILS, lease, base_url)


def former_mail_of(lease: Lease, *, base_url: str) -> Mail | None:
    """Give a leased mail of the release before, by the same rules."""
    return _written(promised_before(lease.id), FORMER_MAILS, lease, base_url)


def _written(row: AnyRow, queue: MailQueue, lease: Lease, base_url: str) -> Mail | None:
    reason = _must_not_know(row)
    if reason is not None:
        queue.drop(lease, reason)
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
