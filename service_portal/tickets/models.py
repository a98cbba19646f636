"""The ticket and what hangs on it. Every table here carries `enterprise_id`, and every foreign key
to a ticket includes it, so that row level security can stand behind the permission policy.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.access.actor import Role
from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.tickets import predicates as p
from service_portal.tickets.assignment_models import Assignment, Offer
from service_portal.tickets.clock_models import Clock, ClockPause
from service_portal.tickets.codes import (
    Audience,
    Channel,
    DeliveredBy,
    Outcome,
    Side,
    WaitingReason,
)
from service_portal.tickets.decision_models import Decision
from service_portal.tickets.file_models import Attachment, Draft
from service_portal.tickets.result_models import Rating, ServiceEvent, of_ticket
from service_portal.tickets.rules import Status
from service_portal.tickets.timeline_models import TimelineEntry

__all__ = [
    "Assignment",
    "Attachment",
    "Clock",
    "ClockPause",
    "Decision",
    "Draft",
    "IdempotencyKey",
    "Message",
    "Offer",
    "Rating",
    "ServiceEvent",
    "Ticket",
    "TicketWords",
    "TimelineEntry",
]


class Ticket(Model):
    """One request from filing to archive. `status` is written by `tickets.services` only."""

    __tablename__ = "ticket"

    id: Mapped[BigId]
    reference: Mapped[str] = mapped_column(unique=True)
    enterprise_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("enterprise.id"))
    park_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("park.id"))
    service_code: Mapped[str] = mapped_column(sa.ForeignKey("service.code"))
    category_code: Mapped[str]
    service_version_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("service_version.id"))
    filed_by_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    channel: Mapped[str] = coded(Channel)
    contact_name: Mapped[str] = mapped_column(server_default="")
    contact_phone: Mapped[str] = mapped_column(server_default="")
    title: Mapped[str]
    description: Mapped[str]
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    amount: Mapped[Decimal | None] = mapped_column(sa.Numeric(18, 2))
    urgent: Mapped[bool] = mapped_column(server_default=sa.false())
    consent: Mapped[bool] = mapped_column(server_default=sa.true())
    delivered_by: Mapped[str] = coded(DeliveredBy)
    auto_accept: Mapped[bool] = mapped_column(server_default=sa.false())
    effort_points: Mapped[int] = mapped_column(sa.SmallInteger, server_default="1")

    status: Mapped[str] = coded(Status, server_default=Status.SUBMITTED)
    version: Mapped[int] = mapped_column(server_default="1")
    cycle: Mapped[int] = mapped_column(sa.SmallInteger, server_default="1")
    station_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("station.id"))
    # The stations that had it before: they go on reading it.
    former_station_ids: Mapped[list[int]] = mapped_column(ARRAY(sa.BigInteger), server_default="{}")
    owner_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("member.id"))
    institution_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("institution.id")
    )
    waiting_reason: Mapped[str | None] = coded(WaitingReason)
    bounces: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    # How often its station took it out of an institution's hands; and whether people choose the
    # next one, so that no round does.
    turns: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    by_hand: Mapped[bool] = mapped_column(server_default=sa.false())
    redos: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    light: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    supervision_level: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    next_due_at: Mapped[datetime | None]
    resolve_due_at: Mapped[datetime | None]
    # Until when its lead calls an enterprise back that is not content; null when no call is owed.
    call_back_due_at: Mapped[datetime | None]
    # The later day for which its handler has asked, and who asked; null when nothing is asked for.
    extension_due_at: Mapped[datetime | None]
    extension_asked_by_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("person.id")
    )
    close_outcome: Mapped[str | None] = coded(Outcome)
    merged_into_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    split_from_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    # The tickets that go with it; each of them names this one, too.
    linked_ids: Mapped[list[int]] = mapped_column(ARRAY(sa.BigInteger), server_default="{}")

    filed_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    first_contact_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    last_word_at: Mapped[datetime]
    last_word_by: Mapped[str] = coded(Side, server_default=Side.ENTERPRISE)
    demo: Mapped[bool] = mapped_column(server_default=sa.false())

    __table_args__ = (
        sa.UniqueConstraint("id", "enterprise_id"),
        sa.ForeignKeyConstraint(
            ["merged_into_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        sa.ForeignKeyConstraint(
            ["split_from_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        holds("status", Status),
        holds("channel", Channel),
        holds("delivered_by", DeliveredBy),
        holds("waiting_reason", WaitingReason),
        holds("close_outcome", Outcome),
        holds("last_word_by", Side),
        sa.CheckConstraint("light BETWEEN 0 AND 2", name="light"),
        sa.CheckConstraint("owner_id IS NULL OR station_id IS NOT NULL", name="owner_has_station"),
        sa.Index("ix_ticket_enterprise", "enterprise_id", sa.text("id DESC")),
        sa.Index(
            "ix_ticket_filed_on_behalf",
            "filed_by_id",
            sa.text("id DESC"),
            postgresql_where=sa.text(str(p.IS_ON_BEHALF)),
        ),
        sa.Index(
            "ix_ticket_station_risk",
            "station_id",
            "next_due_at",
            "id",
            postgresql_where=sa.text(str(p.IS_OPEN)),
        ),
        sa.Index(
            "ix_ticket_owner_risk",
            "owner_id",
            "next_due_at",
            "id",
            postgresql_include=["effort_points"],
            postgresql_where=sa.text(f"owner_id IS NOT NULL AND {p.IS_OPEN}"),
        ),
        sa.Index(
            "ix_ticket_unrouted",
            "id",
            postgresql_where=sa.text(str(p.IS_UNROUTED)),
        ),
        sa.Index(
            "ix_ticket_unowned",
            "station_id",
            sa.text("urgent DESC"),
            "id",
            postgresql_where=sa.text(str(p.IS_UNOWNED)),
        ),
        sa.Index(
            "ix_ticket_new_unowned",
            sa.text("urgent DESC"),
            "id",
            postgresql_where=sa.text(str(p.IS_NEW_UNOWNED)),
        ),
        sa.Index(
            "ix_ticket_no_member_kind",
            "station_id",
            "category_code",
            "effort_points",
            sa.text("urgent DESC"),
            "id",
            postgresql_where=sa.text(str(p.IS_STUCK_UNOWNED)),
        ),
        sa.Index(
            "ix_ticket_unoffered",
            sa.text("urgent DESC"),
            "id",
            postgresql_where=sa.text(str(p.IS_NEW_FOR_POOL)),
        ),
        sa.Index(
            "ix_ticket_no_institution_kind",
            "service_code",
            "park_id",
            "effort_points",
            sa.text("urgent DESC"),
            "id",
            postgresql_include=["enterprise_id", "bounces", "turns"],
            postgresql_where=sa.text(str(p.IS_STUCK_FOR_POOL)),
        ),
        sa.Index(
            "ix_ticket_with_institution",
            "institution_id",
            postgresql_where=sa.text(f"institution_id IS NOT NULL AND {p.IS_WITH_INSTITUTION}"),
        ),
        sa.Index(
            "ix_ticket_to_call_back",
            "call_back_due_at",
            "id",
            postgresql_where=sa.text("call_back_due_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_ticket_to_extend",
            "resolve_due_at",
            "id",
            postgresql_where=sa.text("extension_due_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_ticket_answered", "answered_at", postgresql_where=sa.text("status = 'answered'")
        ),
        sa.Index("ix_ticket_closed", "closed_at", postgresql_where=sa.text("status = 'closed'")),
        sa.Index("ix_ticket_duplicates", "enterprise_id", "service_code", "filed_at"),
        sa.Index(
            "ix_ticket_station_waiting",
            "station_id",
            "status",
            "next_due_at",
            "id",
            postgresql_where=sa.text(str(p.WAITS_FOR_SOMEBODY)),
        ),
    )


class TicketWords(Model):
    """The words a ticket is found by.

    Beside the ticket, because every move of a ticket would index all of them anew.
    """

    __tablename__ = "ticket_words"

    ticket_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    enterprise_id: Mapped[BigRef]
    words: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))

    __table_args__ = (of_ticket(), sa.Index("ix_ticket_words", "words", postgresql_using="gin"))


class Message(Model):
    """A written word on a ticket: `shared` with the enterprise, or an `internal` note."""

    __tablename__ = "message"

    id: Mapped[BigId]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    author_role: Mapped[str] = coded(Role)
    author_name: Mapped[str]
    audience: Mapped[str] = coded(Audience)
    # The one of several institutions whose own conversation it belongs to.
    institution_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("institution.id")
    )
    body: Mapped[str]

    __table_args__ = (
        of_ticket(),
        holds("author_role", Role),
        holds("audience", Audience),
        sa.UniqueConstraint("id", "enterprise_id"),
        sa.Index("ix_message_ticket", "ticket_id", "at", "id"),
    )


class IdempotencyKey(Model):
    """The first answer to a request with an `Idempotency-Key`, so that a repetition gets the same
    one.
    """

    __tablename__ = "idempotency_key"

    membership_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("membership.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    created_at: Mapped[datetime]

    __table_args__ = (
        of_ticket(),
        sa.CheckConstraint("length(key) BETWEEN 8 AND 128", name="key_length"),
    )
