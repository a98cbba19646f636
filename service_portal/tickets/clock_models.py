"""The clocks of a ticket's promises."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.sla.codes import ClockKind, LimitUnit, Rung
from service_portal.tickets.codes import ClockOutcome, PauseReason


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
    kind: Mapped[str] = coded(ClockKind)
    cycle: Mapped[int] = mapped_column(sa.SmallInteger, server_default="1")
    limit_amount: Mapped[int]
    limit_unit: Mapped[str] = coded(LimitUnit)
    calendar_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("calendar.id"))
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    due_when_paused_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = coded(ClockOutcome)
    last_rung: Mapped[str | None] = coded(Rung)
    next_rung: Mapped[str | None] = coded(Rung)
    next_alarm_at: Mapped[datetime | None]
    estimated: Mapped[bool] = mapped_column(server_default=sa.false())

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        sa.UniqueConstraint("id", "enterprise_id"),
        sa.UniqueConstraint("ticket_id", "kind", "cycle"),
        holds("kind", ClockKind),
        holds("limit_unit", LimitUnit, name="unit"),
        holds("outcome", ClockOutcome),
        holds("last_rung", Rung),
        holds("next_rung", Rung),
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
    reason: Mapped[str] = coded(PauseReason)

    __table_args__ = (
        sa.ForeignKeyConstraint(["clock_id", "enterprise_id"], ["clock.id", "clock.enterprise_id"]),
        holds("reason", PauseReason),
        sa.Index("ix_clock_pause_clock", "clock_id", "id"),
    )
