"""The clocks of a ticket's promises."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, BigRef, Model


class Clock(Model):
    """One promise on one ticket.

    Its deadline is null while it is paused; `next_alarm_at` is what the sweep looks for.

    `cycle` counts how often the enterprise had the work done; for the answer to an offer it is the
    number of the offer.
    """

    __tablename__ = "clock"

    id: Mapped[BigId]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    kind: Mapped[str]
    cycle: Mapped[int] = mapped_column(sa.SmallInteger, server_default="1")
    limit_amount: Mapped[int]
    limit_unit: Mapped[str]
    calendar_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("calendar.id"))
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    due_when_paused_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    last_rung: Mapped[str | None]
    next_rung: Mapped[str | None]
    next_alarm_at: Mapped[datetime | None]
    estimated: Mapped[bool] = mapped_column(server_default=sa.false())

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        sa.UniqueConstraint("id", "enterprise_id"),
        sa.UniqueConstraint("ticket_id", "kind", "cycle"),
        sa.CheckConstraint("kind IN ('accept', 'contact', 'resolve', 'offer')", name="kind"),
        sa.CheckConstraint("limit_unit IN ('wh', 'wd', 'h', 'd')", name="unit"),
        sa.CheckConstraint("outcome IN ('met', 'late', 'cancelled')", name="outcome"),
        sa.Index(
            "ix_clock_alarm",
            "next_alarm_at",
            "id",
            postgresql_where=sa.text("stopped_at IS NULL AND next_alarm_at IS NOT NULL"),
        ),
    )


class ClockPause(Model):
    """A stretch in which a clock stood still, with its reason. Append-only but for its end."""

    __tablename__ = "clock_pause"

    id: Mapped[BigId]
    clock_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    reason: Mapped[str]

    __table_args__ = (
        sa.ForeignKeyConstraint(["clock_id", "enterprise_id"], ["clock.id", "clock.enterprise_id"]),
        sa.Index("ix_clock_pause_clock", "clock_id", "id"),
    )
