"""Drafts of requests, and the files of drafts and tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.files.models import StoredFile, checks
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


class Attachment(StoredFile, Model):
    """A file on a ticket, or on a draft while `ticket_id` is null."""

    __tablename__ = "attachment"

    id: Mapped[BigId]
    ticket_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    enterprise_id: Mapped[BigRef]
    message_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    draft_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    service_event_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    purpose: Mapped[str] = coded(Purpose)
    audience: Mapped[str] = coded(Audience, server_default=Audience.SHARED)
    # The one of several institutions in whose own conversation it was sent.
    institution_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("institution.id")
    )

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
        *checks(),
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
