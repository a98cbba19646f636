"""Banks' products, the consents of enterprises, and one answer for each bank that is asked."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.financing.rules import (
    LIVE,
    AnswerState,
    AnswersWith,
    EndedBy,
    Guarantee,
)
from service_portal.kernel.codes import listed
from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.money.codes import RefusalReason


class LoanProduct(Model):
    """What an institution offers through a loan service.

    Products of the same kind have the same `code` at every institution, so that sums can be told by
    it. The rate is the loan prime rate and so many basis points; `condition` is an expression over
    facts, empty when there is none.
    """

    __tablename__ = "loan_product"

    id: Mapped[BigId]
    institution_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("institution.id"))
    service_code: Mapped[str] = mapped_column(sa.ForeignKey("service.code"))
    code: Mapped[str]
    name_en: Mapped[str]
    name_zh: Mapped[str]
    purpose_en: Mapped[str] = mapped_column(server_default="")
    purpose_zh: Mapped[str] = mapped_column(server_default="")
    answers_with: Mapped[str] = coded(AnswersWith)
    least_fen: Mapped[BigRef]
    most_fen: Mapped[BigRef]
    longest_months: Mapped[int] = mapped_column(sa.SmallInteger)
    rate_from_bp: Mapped[int] = mapped_column(sa.SmallInteger)
    rate_to_bp: Mapped[int] = mapped_column(sa.SmallInteger)
    guarantees: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    condition: Mapped[str] = mapped_column(server_default="")
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    revolving: Mapped[bool] = mapped_column(server_default=sa.false())

    __table_args__ = (
        holds("answers_with", AnswersWith),
        sa.CheckConstraint(
            f"guarantees <@ ARRAY[{listed(Guarantee)}]::text[] AND cardinality(guarantees) > 0",
            name="guarantees",
        ),
        sa.CheckConstraint("0 < least_fen AND least_fen <= most_fen", name="amounts"),
        sa.CheckConstraint("longest_months BETWEEN 1 AND 360", name="longest_months"),
        sa.CheckConstraint("rate_from_bp <= rate_to_bp", name="rate"),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="valid"),
        sa.UniqueConstraint("institution_id", "code"),
        sa.Index("ix_loan_product_service", "service_code", "id"),
        sa.Index("ix_loan_product_institution", "institution_id", "id"),
    )


class CreditConsent(Model):
    """An enterprise lets one institution query its credit and read its facts and points, until it
    takes that back.
    """

    __tablename__ = "credit_consent"

    id: Mapped[BigId]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    institution_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("institution.id"))
    text_version: Mapped[int] = mapped_column(sa.SmallInteger)
    person_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    person_name: Mapped[str]
    signed_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        sa.Index(
            "uq_credit_consent_standing",
            "ticket_id",
            "institution_id",
            unique=True,
            postgresql_where=sa.text("revoked_at IS NULL"),
        ),
    )


class LoanAnswer(Model):
    """How far one institution is with a request, and what it answers. Money is in fen."""

    __tablename__ = "loan_answer"

    id: Mapped[BigId]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    institution_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("institution.id"))
    product_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("loan_product.id"))
    offer_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    state: Mapped[str] = coded(AnswerState)
    asked_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    chosen_at: Mapped[datetime]
    chosen_by_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    received_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    examined_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    line_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    share_percent: Mapped[int | None] = mapped_column(sa.SmallInteger)
    rate_bp: Mapped[int | None] = mapped_column(sa.SmallInteger)
    months: Mapped[int | None] = mapped_column(sa.SmallInteger)
    guarantee: Mapped[str | None] = coded(Guarantee)
    valid_until: Mapped[date | None]
    revolving: Mapped[bool] = mapped_column(server_default=sa.false())
    reason_code: Mapped[str | None] = coded(RefusalReason)
    comment: Mapped[str] = mapped_column(server_default="")
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = coded(EndedBy)
    reminded_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    # What is booked of it in the ledger of money; guarantors answer for no money.
    application_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    line_id: Mapped[int | None] = mapped_column(sa.BigInteger)

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        sa.ForeignKeyConstraint(["offer_id", "enterprise_id"], ["offer.id", "offer.enterprise_id"]),
        sa.ForeignKeyConstraint(
            ["application_id", "enterprise_id"],
            ["credit_application.id", "credit_application.enterprise_id"],
        ),
        sa.ForeignKeyConstraint(
            ["line_id", "enterprise_id"], ["credit_line.id", "credit_line.enterprise_id"]
        ),
        sa.UniqueConstraint("id", "enterprise_id"),
        holds("state", AnswerState),
        holds("guarantee", Guarantee),
        holds("reason_code", RefusalReason),
        holds("ended_by", EndedBy),
        sa.CheckConstraint(
            "decided_at IS NULL OR reason_code IS NOT NULL"
            " OR (valid_until IS NOT NULL AND (line_fen > 0 OR share_percent BETWEEN 1 AND 100))",
            name="decided",
        ),
        sa.CheckConstraint("accepted_at IS NULL OR state = 'approved'", name="accepted"),
        sa.Index(
            "uq_loan_answer_live",
            "ticket_id",
            "institution_id",
            unique=True,
            postgresql_where=sa.text(f"state IN ({listed(sorted(LIVE))})"),
        ),
        sa.Index("ix_loan_answer_ticket", "ticket_id", "id"),
        sa.Index(
            "ix_loan_answer_waiting",
            "valid_until",
            postgresql_where=sa.text("state = 'approved' AND accepted_at IS NULL"),
        ),
        sa.Index("ix_loan_answer_institution", "institution_id", "id"),
        sa.Index("ix_loan_answer_offer", "offer_id"),
    )
