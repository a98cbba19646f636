"""Whom a ticket was given to: members who have or had it, and institutions asked to take it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.tickets import predicates as p
from service_portal.tickets.codes import AssignedBy, EndReason, OfferState, Party
from service_portal.tickets.result_models import of_ticket


class Assignment(Model):
    """A member's time as owner of a ticket. At most one is open for each ticket."""

    __tablename__ = "assignment"

    id: Mapped[BigId]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    member_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("member.id"))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    how: Mapped[str] = coded(AssignedBy)
    reason: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        of_ticket(),
        holds("how", AssignedBy),
        sa.Index(
            "uq_assignment_open",
            "ticket_id",
            unique=True,
            postgresql_where=sa.text("to_at IS NULL"),
        ),
        sa.Index("ix_assignment_ticket", "ticket_id", "id"),
    )


class Offer(Model):
    """A ticket offered to an institution.

    A live one (offered, accepted) is also the share that lets it read the ticket. A ticket has one,
    or, where several institutions are asked at once, one `in_parallel` for each of them.
    """

    __tablename__ = "offer"

    id: Mapped[BigId]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    institution_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("institution.id"))
    state: Mapped[str] = coded(OfferState)
    in_parallel: Mapped[bool] = mapped_column(server_default="false")
    offered_at: Mapped[datetime]
    answer_due_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    # Of a case that was taken and came back: until when the institution had it, and with whom the
    # cause lay.
    ended_at: Mapped[datetime | None]
    party: Mapped[str | None] = coded(Party)
    reason_code: Mapped[str | None] = coded(EndReason)
    comment: Mapped[str] = mapped_column(server_default="")
    effort_points: Mapped[int] = mapped_column(sa.SmallInteger, server_default="1")

    __table_args__ = (
        of_ticket(),
        sa.UniqueConstraint("id", "enterprise_id"),
        holds("state", OfferState),
        holds("reason_code", EndReason),
        holds("party", Party),
        sa.Index(
            "uq_offer_live_of_ticket",
            "ticket_id",
            unique=True,
            postgresql_where=sa.text(str(p.IS_ONLY_LIVE_OFFER)),
        ),
        sa.Index(
            "uq_offer_live_of_institution",
            "ticket_id",
            "institution_id",
            unique=True,
            postgresql_where=sa.text(str(p.IS_LIVE_OFFER)),
        ),
        sa.Index("ix_offer_ticket", "ticket_id", "id"),
        sa.Index("ix_offer_institution", "institution_id", "state", "id"),
        sa.Index("ix_offer_institution_day", "institution_id", "offered_at"),
        sa.Index("ix_offer_due", "answer_due_at", postgresql_where=sa.text("state = 'offered'")),
    )
