"""Alarms that have fired. The next one due stands on its clock; a fired one is here, once."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.sla.codes import ClockKind, Rung


class Alarm(Model):
    """One rung of one clock that was reached. Unique, so that each rung speaks at most once."""

    __tablename__ = "alarm"

    id: Mapped[BigId]
    clock_id: Mapped[BigRef]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    kind: Mapped[str] = coded(ClockKind)
    rung: Mapped[str] = coded(Rung)
    due_at: Mapped[datetime]
    fired_at: Mapped[datetime]
    skipped: Mapped[bool] = mapped_column(server_default=sa.false())

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        sa.ForeignKeyConstraint(["clock_id", "enterprise_id"], ["clock.id", "clock.enterprise_id"]),
        sa.UniqueConstraint("clock_id", "rung"),
        holds("kind", ClockKind),
        holds("rung", Rung),
        sa.Index("ix_alarm_ticket", "ticket_id", "id"),
    )
