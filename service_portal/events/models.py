"""The outbox: one row for each listener of each event; and the signs of life of the processes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.events.catalog import SubjectKind
from service_portal.kernel.db import BigId, Model, coded, holds

READY = "done_at IS NULL AND dead_at IS NULL"


class OutboxRow(Model):
    """Work that must be done by one task because of one event. Ids only, never content.

    A row that names no subject is about its ticket.

    It is inserted in the transaction of the event, claimed by a lease, and marked done in the
    transaction of the work. A broker message is only a hint that such rows exist.
    """

    __tablename__ = "outbox"

    id: Mapped[BigId]
    event: Mapped[str]
    task: Mapped[str]
    ticket_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    enterprise_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    subject_kind: Mapped[str | None] = coded(SubjectKind)
    subject_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    available_at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_token: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None]

    __table_args__ = (
        holds("subject_kind", SubjectKind),
        sa.CheckConstraint("(subject_kind IS NULL) = (subject_id IS NULL)", name="subject"),
        sa.Index("ix_outbox_ready", "task", "id", postgresql_where=sa.text(READY)),
        sa.Index("ix_outbox_done", "done_at", postgresql_where=sa.text("done_at IS NOT NULL")),
        sa.Index("ix_outbox_dead", "dead_at", postgresql_where=sa.text("dead_at IS NOT NULL")),
    )


class Heartbeat(Model):
    """The last sign of life of one process, for the status page."""

    __tablename__ = "heartbeat"

    part: Mapped[str] = mapped_column(primary_key=True)
    process: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
