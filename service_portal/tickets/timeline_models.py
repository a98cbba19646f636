"""What happened to a ticket, line by line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.access.actor import Role
from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.tickets.codes import EntryAudience, EntryKind
from service_portal.tickets.result_models import of_ticket
from service_portal.tickets.rules import Move, Status

# What a line can be about.
ENTRY_KINDS = (*Move, *EntryKind)


class TimelineEntry(Model):
    """One thing that happened, as people read it. `audience` is `all` or `staff`."""

    __tablename__ = "timeline_entry"

    id: Mapped[BigId]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    at: Mapped[datetime]
    kind: Mapped[str] = coded(ENTRY_KINDS)
    actor_person_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    actor_role: Mapped[str] = coded(Role)
    actor_name: Mapped[str] = mapped_column(server_default="")
    from_status: Mapped[str | None] = coded(Status)
    to_status: Mapped[str | None] = coded(Status)
    audience: Mapped[str] = coded(EntryAudience, server_default=EntryAudience.ALL)
    data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")

    __table_args__ = (
        of_ticket(),
        holds("kind", ENTRY_KINDS),
        holds("actor_role", Role),
        holds("from_status", Status),
        holds("to_status", Status),
        holds("audience", EntryAudience),
        sa.Index("ix_timeline_entry_ticket", "ticket_id", "at", "id"),
        sa.Index(
            "ix_timeline_entry_service",
            "ticket_id",
            "at",
            postgresql_where=sa.text(f"kind = '{Move.CHANGE_SERVICE}'"),
        ),
    )
