"""Promised messages, one row each, and their deliveries, one row for each channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.events.catalog import SubjectKind
from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.notifications.rules import Channel
from service_portal.web.transmission import ON_ITS_WAY, SET_ASIDE, UNTRIED, Transmission, checks


class Notification(Transmission, Model):
    """One message to one person because of one event: who is told, of what, and the facts of its
    words.

    It stands in the bell where its channel is `app`; without a channel it is only delivered. One
    that names no subject is about its ticket. A row of channel `mail` is of the release before,
    which kept message and delivery in one, with the columns of `Transmission` (decision 0033).
    """

    __tablename__ = "notification"

    id: Mapped[BigId]
    source: Mapped[str]
    person_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("person.id"))
    membership_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("membership.id"))
    channel: Mapped[str | None] = coded(Channel)
    kind: Mapped[str]
    ticket_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    enterprise_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    subject_kind: Mapped[str | None] = coded(SubjectKind)
    subject_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    message_id: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        sa.UniqueConstraint("source", "channel", "person_id"),
        sa.Index(
            "uq_notification_not_in_bell",
            "source",
            "person_id",
            unique=True,
            postgresql_where=sa.text("channel IS NULL"),
        ),
        sa.CheckConstraint(
            "(ticket_id IS NULL) = (enterprise_id IS NULL)", name="ticket_enterprise"
        ),
        holds("channel", Channel),
        holds("subject_kind", SubjectKind),
        sa.CheckConstraint("(subject_kind IS NULL) = (subject_id IS NULL)", name="subject"),
        *checks(),
        sa.Index(
            "ix_notification_bell",
            "person_id",
            sa.text("id DESC"),
            postgresql_where=sa.text("channel = 'app'"),
        ),
        sa.Index(
            "ix_notification_unread",
            "person_id",
            postgresql_where=sa.text("channel = 'app' AND read_at IS NULL"),
        ),
        sa.Index("ix_notification_failed", "id", postgresql_where=sa.text("state = 'failed'")),
        sa.Index("ix_notification_not_sent", "id", postgresql_where=sa.text(SET_ASIDE)),
        sa.Index(
            "ix_notification_queue",
            "available_at",
            "id",
            postgresql_where=sa.text(f"{ON_ITS_WAY} AND channel = 'mail'"),
        ),
    )


class NotificationDelivery(Transmission, Model):
    """A message on its way to its reader over one channel: attempts, lease, and how it ended.

    The row exists exactly once; a mail may, after a crash, be transmitted twice under the same
    `message_id`.
    """

    __tablename__ = "notification_delivery"

    id: Mapped[BigId]
    notification_id: Mapped[BigRef] = mapped_column(
        sa.ForeignKey("notification.id", ondelete="CASCADE")
    )
    channel: Mapped[str] = coded(Channel)
    message_id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]

    __table_args__ = (
        sa.UniqueConstraint("notification_id", "channel"),
        holds("channel", Channel),
        *checks(),
        sa.Index("ix_notification_delivery_not_sent", "id", postgresql_where=sa.text(SET_ASIDE)),
        sa.Index(
            "ix_notification_delivery_queue",
            "available_at",
            "id",
            postgresql_where=sa.text(ON_ITS_WAY),
        ),
        sa.Index(
            "ix_notification_delivery_untried",
            "available_at",
            "id",
            postgresql_where=sa.text(UNTRIED),
        ),
    )
