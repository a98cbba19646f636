"""The clocks of a ticket's promises."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.sla.codes import ClockKind, LimitUnit, Rung
from service_portal.tickets.codes import ClockOutcome, Party, PauseReason


class Clock(Model):
    """One promise on one ticket; made again, it is another row and this one stays.

    `run` numbers the promises of a kind on a ticket. What was promised never changes: start, limit,
    calendar and ladder, each in the version of the day it was made. The deadline is null while it
    is paused, and what is left then is measured by the calendar of the day it runs on;
    `next_alarm_at` is what the sweep looks for.
    """

    __tablename__ = "clock"

    id: Mapped[BigId]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    # Of an offer side by side with others, which has promises of its own.
    offer_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    kind: Mapped[str] = coded(ClockKind)
    # The column is called so until the release that knew no runs serves nowhere any more.
    run: Mapped[int] = mapped_column("cycle", sa.SmallInteger, server_default="1")
    limit_amount: Mapped[int]
    limit_unit: Mapped[str] = coded(LimitUnit)
    calendar_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("calendar.id"))
    # The calendar's version by which it runs; unknown for what the first release started.
    calendar_version: Mapped[int | None]
    ladder_version: Mapped[int] = mapped_column(sa.SmallInteger, server_default="1")
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    # Of an answer whose promise was extended: when it was due before, moved on as `due_at` is.
    first_due_at: Mapped[datetime | None]
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
        sa.ForeignKeyConstraint(["offer_id", "enterprise_id"], ["offer.id", "offer.enterprise_id"]),
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

    @property
    def cycle(self) -> int:
        """Give the cycle of the ticket it belongs to, of an offer's answer the number of the offer.

        Acceptance and first contact are promised in the first cycle only, whatever their run.
        """
        return 1 if self.kind in {ClockKind.ACCEPT, ClockKind.CONTACT} else self.run


class ClockPause(Model):
    """A segment in which a clock stood still: why, and who was waited for.

    It is added with the pause and ended once, when the clock runs on or stops; the database refuses
    every other change. Between its pauses a clock runs; `calendar_version` is the one by which it
    ran until this one.
    """

    __tablename__ = "clock_pause"

    id: Mapped[BigId]
    clock_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    reason: Mapped[str] = coded(PauseReason)
    # The database fills it for the release that knew no parties.
    party: Mapped[str] = coded(Party, nullable=True)
    calendar_version: Mapped[int | None]

    __table_args__ = (
        sa.ForeignKeyConstraint(["clock_id", "enterprise_id"], ["clock.id", "clock.enterprise_id"]),
        holds("reason", PauseReason),
        holds("party", Party),
        sa.Index("ix_clock_pause_clock", "clock_id", "id"),
    )
