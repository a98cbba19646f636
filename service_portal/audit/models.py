"""The security log. It only grows: the product's role may neither change nor delete an entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.audit.rules import Kind
from service_portal.kernel.db import BigId, Model, coded, holds


class SecurityEntry(Model):
    """One thing that happened.

    It keeps the names of that moment and outlives what it is about, so no key leads away.

    Changes of data are written by the database itself, in the transaction that makes them.
    """

    __tablename__ = "security_log"

    id: Mapped[BigId]
    at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    kind: Mapped[str] = coded(Kind)
    person_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    person_name: Mapped[str] = mapped_column(server_default="")
    role: Mapped[str | None]
    object_table: Mapped[str | None]
    object_id: Mapped[str | None]
    object_name: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")
    agent: Mapped[str] = mapped_column(server_default="")
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")

    __table_args__ = (
        holds("kind", Kind),
        sa.Index("ix_security_log_at", "at", "id"),
        sa.Index("ix_security_log_kind", "kind", "at", "id"),
        sa.Index(
            "ix_security_log_person",
            "person_id",
            "at",
            "id",
            postgresql_where=sa.text("person_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_security_log_object",
            "object_table",
            "object_id",
            "at",
            "id",
            postgresql_where=sa.text("object_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_security_log_name",
            sa.text("lower(object_name)"),
            "at",
            "id",
            postgresql_where=sa.text("object_name <> ''"),
        ),
    )
