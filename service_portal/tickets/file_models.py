"""Drafts of requests, and the files of drafts and tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.access.actor import Side
from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.tickets.codes import Audience, Purpose
from service_portal.tickets.result_models import of_ticket


class Draft(Model):
    """A request not yet filed. One for each person, enterprise and service."""

    __tablename__ = "draft"

    id: Mapped[BigId]
    person_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("person.id"))
    enterprise_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("enterprise.id"))
    service_code: Mapped[str] = mapped_column(sa.ForeignKey("service.code"))
    values: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    updated_at: Mapped[datetime]

    __table_args__ = (
        sa.UniqueConstraint("id", "enterprise_id"),
        sa.UniqueConstraint("person_id", "enterprise_id", "service_code"),
    )


class Attachment(Model):
    """A file on a ticket, or on a draft while `ticket_id` is null.

    Stored under a random name outside the web root. `side` is who put it there.
    """

    __tablename__ = "attachment"

    id: Mapped[BigId]
    ticket_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    enterprise_id: Mapped[BigRef]
    message_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    draft_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    service_event_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    purpose: Mapped[str] = coded(Purpose)
    audience: Mapped[str] = coded(Audience, server_default=Audience.SHARED)
    side: Mapped[str] = coded(Side, server_default=Side.ENTERPRISE)
    file_name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str]
    storage_name: Mapped[str] = mapped_column(unique=True)
    uploaded_by_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    uploaded_by_name: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]

    __table_args__ = (
        of_ticket(),
        sa.ForeignKeyConstraint(
            ["message_id", "enterprise_id"], ["message.id", "message.enterprise_id"]
        ),
        sa.ForeignKeyConstraint(
            ["draft_id", "enterprise_id"],
            ["draft.id", "draft.enterprise_id"],
            ondelete="SET NULL (draft_id)",
        ),
        sa.ForeignKeyConstraint(
            ["service_event_id", "enterprise_id"],
            ["service_event.id", "service_event.enterprise_id"],
        ),
        holds("purpose", Purpose),
        holds("audience", Audience),
        holds("side", Side),
        sa.CheckConstraint("storage_name ~ '^[0-9a-f]{32,64}$'", name="storage_name"),
        sa.Index("ix_attachment_ticket", "ticket_id"),
        sa.Index(
            "ix_attachment_draft", "draft_id", postgresql_where=sa.text("draft_id IS NOT NULL")
        ),
        sa.Index(
            "ix_attachment_service_event",
            "service_event_id",
            postgresql_where=sa.text("service_event_id IS NOT NULL"),
        ),
    )


class EnterpriseStorage(Model):
    """What the files take that an enterprise has put in itself.

    Kept by the database as rows of `attachment` come and go.
    """

    __tablename__ = "enterprise_storage"

    enterprise_id: Mapped[int] = mapped_column(
        sa.BigInteger,
        sa.ForeignKey("enterprise.id"),
        primary_key=True,
        autoincrement=False,
    )
    bytes: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    files: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
