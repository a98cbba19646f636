"""Turns events into promised messages, one row for each person and channel, and sends the mails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from sqlalchemy.dialects.postgresql import insert

from service_portal.access.actor import Actor
from service_portal.accounts.models import Person
from service_portal.events.inbox import Delivery
from service_portal.kernel.db import db
from service_portal.kernel.logs import log
from service_portal.notifications.models import Notification
from service_portal.notifications.queries import Audience, Recipient, Told, told_of
from service_portal.notifications.rules import MAIL, telling_for
from service_portal.notifications.wording import mail_text
from service_portal.web.mail import Mail, Post, is_final

LEASE = timedelta(seconds=20)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)
MOST_ATTEMPTS = 8


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
        telling = telling_for(story.event, by_enterprise=story.by_enterprise, clock=story.clock, rung=story.rung, reason=story.data.get("reason", ""))
        for recipient in audience.of(story, telling.parties):
            for channel in telling.channels:
                if channel == MAIL and not recipient.mail_enabled:
                    continue
                row = _row(story, recipient, channel, now=now, host=host)
                rows[row["source"], channel, recipient.person_id] = row
    if rows:
        db.session.execute(insert(Notification).on_conflict_do_nothing(), list(rows.values()))
    return len(rows)


def _row(story: Told, recipient: Recipient, channel: str, *, now: datetime, host: str) -> dict[str, Any]:
    return {
        "source": story.source,
        "person_id": recipient.person_id,
        "membership_id": recipient.membership_id,
        "channel": channel,
        "kind": story.kind,
        "ticket_id": story.ticket_id,
        "enterprise_id": story.enterprise_id,
        "data": {**story.data, "party": recipient.party},
        "message_id": f"<{story.source}.{recipient.person_id}@{host}>" if channel == MAIL else None,
        "state": "queued" if channel == MAIL else "sent",
        "created_at": now,
        "sent_at": None if channel == MAIL else now,
    }


_CLAIM = sa.text("""
    WITH picked AS MATERIALIZED (
        SELECT id FROM notification
        WHERE channel = 'mail' AND state IN ('queued', 'sending') AND available_at <= clock_timestamp()
          AND (lease_until IS NULL OR lease_until < clock_timestamp())
        ORDER BY available_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE notification AS n SET state = 'sending', attempts = attempts + 1, lease_until = clock_timestamp() + :lease
    FROM picked WHERE n.id = picked.id RETURNING n.id
""")


def claim_mail() -> int | None:
    """Lease the mail that is due for longest and give its id, None when none is. The caller commits before sending."""
    return db.session.scalar(_CLAIM, {"lease": LEASE})


def send_one(notification_id: int, *, base_url: str, now: datetime, post: Post) -> None:
    """Send a leased mail in its reader's language and note that it is sent. Raises what the mail server, or the mail itself, has against it."""
    row = db.session.get_one(Notification, notification_id)
    with force_locale(_locale_of(row)):
        to, subject, body = mail_text(row, base_url=base_url)
    post.send(Mail(to=to, subject=subject, body=body, message_id=row.message_id or ""))
    row.state, row.sent_at, row.lease_until, row.last_error = "sent", now, None, None
    db.session.flush()


def note_failure(notification_id: int, error: Exception) -> None:
    """Note why a mail was not sent, and when it is tried again: each time twice as late, up to a quarter of an hour.

    A server that is away or puts us off is asked for as long as it takes. A mail that it refuses for good
    has failed; so has one that broke eight times in our own hands.
    """
    row = db.session.get_one(Notification, notification_id)
    has_failed = is_final(error) or (not isinstance(error, OSError) and row.attempts >= MOST_ATTEMPTS)
    row.state = "failed" if has_failed else "queued"
    row.available_at = sa.func.clock_timestamp() + min(FIRST_PAUSE * 2 ** min(row.attempts - 1, 10), LONGEST_PAUSE)
    row.lease_until, row.last_error = None, repr(error)[:500]
    log.warning("mail not taken", notification_id=row.id, attempts=row.attempts, state=row.state, error=repr(error))
    db.session.flush()


def _locale_of(row: Notification) -> str:
    return db.session.get_one(Person, row.person_id).locale


def read_all(*, actor: Actor, now: datetime) -> None:
    """Mark every message of the actor's bell as read."""
    db.session.execute(
        sa.update(Notification)
        .where(Notification.person_id == actor.person_id, Notification.channel == "app", Notification.read_at.is_(None))
        .values(read_at=now)
    )


def read_about(ticket_id: int, *, actor: Actor, now: datetime) -> None:
    """Mark what the bell said about a ticket as read, because the actor has opened it."""
    db.session.execute(
        sa.update(Notification)
        .where(
            Notification.person_id == actor.person_id, Notification.ticket_id == ticket_id,
            Notification.channel == "app", Notification.read_at.is_(None),
        )
        .values(read_at=now)
    )  # fmt: skip
