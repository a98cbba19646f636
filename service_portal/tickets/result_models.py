"""What was delivered on a ticket, and what the enterprise says of it."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.tickets.codes import ContactChannel, NotCountable, RatingSource
from service_portal.tickets.rules import Verdict


def of_ticket() -> sa.ForeignKeyConstraint:
    """Give the key that ties a row to its ticket, the enterprise included."""
    ours, theirs = ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
    return sa.ForeignKeyConstraint(ours, theirs)


class ServiceEvent(Model):
    """One substantive contact with the enterprise (domain.md 2.6), countable or not, with the
    reason when not.
    """

    __tablename__ = "service_event"

    id: Mapped[BigId]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    station_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("station.id"))
    institution_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("institution.id")
    )
    person_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    person_name: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str] = coded(ContactChannel)
    started_at: Mapped[datetime]
    day: Mapped[date]
    minutes: Mapped[int]
    attendees: Mapped[int] = mapped_column(server_default="1")
    summary: Mapped[str]
    evidence_note: Mapped[str] = mapped_column(server_default="")
    recorded_at: Mapped[datetime]
    countable: Mapped[bool]
    not_countable_reason: Mapped[str | None] = coded(NotCountable)
    count_rule_version: Mapped[int] = mapped_column(sa.SmallInteger)

    __table_args__ = (
        of_ticket(),
        sa.UniqueConstraint("id", "enterprise_id"),
        holds("channel", ContactChannel),
        holds("not_countable_reason", NotCountable),
        sa.CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes"),
        sa.CheckConstraint("countable = (not_countable_reason IS NULL)", name="reason"),
        sa.Index("ix_service_event_ticket", "ticket_id", "id"),
        sa.Index(
            "ix_service_event_excluded",
            "day",
            postgresql_include=["station_id", "institution_id"],
            postgresql_where=sa.text("NOT countable"),
        ),
    )


class Rating(Model):
    """What the enterprise says of a cycle: whether it is solved, and how the service was.

    It holds what was said last; what was said before stands in the timeline. Source `none` means
    that it said nothing; that is never taken for satisfied. `solved` is what the first release kept
    instead of `verdict`; nothing writes or reads it any more.
    """

    __tablename__ = "rating"

    ticket_id: Mapped[BigRef] = mapped_column(primary_key=True)
    cycle: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    enterprise_id: Mapped[BigRef]
    level: Mapped[int | None] = mapped_column(sa.SmallInteger)
    solved: Mapped[bool | None]
    verdict: Mapped[str | None] = coded(Verdict)
    comment: Mapped[str] = mapped_column(server_default="")
    source: Mapped[str] = coded(RatingSource)
    person_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    # When it was said first; `at` is when it was said last.
    first_at: Mapped[datetime | None]

    __table_args__ = (
        of_ticket(),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name="level"),
        holds("source", RatingSource),
        holds("verdict", Verdict),
        sa.CheckConstraint(
            "(source = 'none') = (level IS NULL AND verdict IS NULL AND comment = '')",
            name="nothing_said",
        ),
    )
