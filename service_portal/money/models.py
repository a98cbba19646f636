"""The money ledger, an instance of the discipline, with what is kept of its requests, lines and
sums.

Entries are only ever added, by `money_append` in the database. It also writes every other table
here but the proposed corrections: each says what the entries say, and a recount proves it.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.codes import among
from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.ledger.columns import Anchor, Entry, Head
from service_portal.ledger.discipline import Ledger
from service_portal.money.codes import (
    DIFFERENCES,
    Cut,
    Decision,
    MoneyKind,
    RefusalReason,
    Reply,
    Span,
)

MONEY = Ledger("money", counted="amount")


class Sliced:
    """By what sums can be cut: the bank, its product, and what the enterprise was when it asked."""

    institution_id: Mapped[BigRef]
    product_code: Mapped[str]
    park_id: Mapped[BigRef]
    industry_key: Mapped[str]
    stage_code: Mapped[str]


class MoneyEntry(Entry, Sliced, Model):
    """One thing that happened to money, in fen, or its reversal (the opposite amount).

    `day` is when it happened, `booked_on` when it was written here. A request and a line bear the
    number of the entry that began them.
    """

    __tablename__ = "money_entry"

    booked_on: Mapped[date]
    kind: Mapped[str] = coded(MoneyKind)
    amount: Mapped[BigRef]
    enterprise_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("enterprise.id"))
    ticket_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    application_id: Mapped[BigRef]
    line_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    first_time: Mapped[bool] = mapped_column(server_default=sa.false())
    points: Mapped[Decimal | None] = mapped_column(sa.Numeric(7, 2))
    revolving: Mapped[bool | None]
    valid_until: Mapped[date | None]
    reason_code: Mapped[str | None] = coded(RefusalReason)
    slip_code: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        sa.UniqueConstraint("seq", "enterprise_id"),
        sa.ForeignKeyConstraint(
            ["reverses", "enterprise_id"], ["money_entry.seq", "money_entry.enterprise_id"]
        ),
        sa.ForeignKeyConstraint(
            ["application_id", "enterprise_id"],
            ["credit_application.id", "credit_application.enterprise_id"],
        ),
        sa.ForeignKeyConstraint(
            ["line_id", "enterprise_id"], ["credit_line.id", "credit_line.enterprise_id"]
        ),
        holds("kind", MoneyKind),
        holds("reason_code", RefusalReason),
        sa.CheckConstraint(
            f"reverses IS NOT NULL OR amount > 0 OR {among('kind', DIFFERENCES)}", name="amount"
        ),
        sa.CheckConstraint("day <= booked_on", name="days"),
        sa.Index("ix_money_entry_day", "day", "seq"),
        sa.Index("ix_money_entry_institution", "institution_id", "seq"),
        sa.Index("ix_money_entry_enterprise", "enterprise_id", "seq"),
        sa.Index("ix_money_entry_line", "line_id", "seq"),
        sa.Index("ix_money_entry_application", "application_id"),
        sa.Index("ix_money_entry_ticket", "ticket_id"),
    )


class MoneyHead(Head, Model):
    """The head of the money ledger."""

    __tablename__ = "money_head"


class MoneyAnchor(Anchor, Model):
    """The heads that were kept of the money ledger."""

    __tablename__ = "money_anchor"


class CreditApplication(Sliced, Model):
    """What a bank was asked for, and what it answered; taken back, its amount is 0."""

    __tablename__ = "credit_application"

    id: Mapped[BigRef] = mapped_column(primary_key=True, autoincrement=False)
    enterprise_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("enterprise.id"))
    ticket_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    amount: Mapped[BigRef]
    first_time: Mapped[bool]
    points: Mapped[Decimal | None] = mapped_column(sa.Numeric(7, 2))
    applied_on: Mapped[date]
    outcome: Mapped[str | None] = coded(Reply)
    reason_code: Mapped[str | None] = coded(RefusalReason)
    answered_on: Mapped[date | None]
    line_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    paid_on: Mapped[date | None]

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        sa.UniqueConstraint("id", "enterprise_id"),
        holds("outcome", Reply),
        holds("reason_code", RefusalReason),
        sa.CheckConstraint("amount >= 0", name="amount"),
        sa.CheckConstraint("(outcome IS NULL) = (answered_on IS NULL)", name="answered"),
        sa.Index("ix_credit_application_ticket", "ticket_id", "institution_id"),
        sa.Index("ix_credit_application_enterprise", "enterprise_id", "id"),
        sa.Index("ix_credit_application_institution", "institution_id", "id"),
    )


class CreditLine(Sliced, Model):
    """A line as it stands now. `ends_on` is the first day on which it is no longer valid."""

    __tablename__ = "credit_line"

    id: Mapped[BigRef] = mapped_column(primary_key=True, autoincrement=False)
    enterprise_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("enterprise.id"))
    ticket_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    application_id: Mapped[BigRef]
    first_time: Mapped[bool]
    revolving: Mapped[bool]
    opened_on: Mapped[date]
    ends_on: Mapped[date]
    amount: Mapped[BigRef]
    drawn: Mapped[BigRef]
    repaid: Mapped[BigRef]
    overdue: Mapped[BigRef]
    non_performing: Mapped[BigRef]
    first_drawn_on: Mapped[date | None]
    closed: Mapped[bool]

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["application_id", "enterprise_id"],
            ["credit_application.id", "credit_application.enterprise_id"],
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        sa.UniqueConstraint("id", "enterprise_id"),
        sa.CheckConstraint(
            "repaid >= 0 AND repaid <= drawn AND drawn - repaid <= amount"
            " AND (revolving OR drawn <= amount)",
            name="within",
        ),
        sa.CheckConstraint(
            "overdue >= 0 AND overdue <= drawn - repaid"
            " AND non_performing >= 0 AND non_performing <= drawn - repaid",
            name="bad",
        ),
        sa.Index("ix_credit_line_enterprise", "enterprise_id", "id"),
        sa.Index("ix_credit_line_institution", "institution_id", "id"),
        sa.Index("ix_credit_line_ticket", "ticket_id"),
        sa.Index("ix_credit_line_ends", "ends_on", postgresql_where=sa.text("NOT closed")),
    )


class MoneySum(Sliced, Model):
    """Rollup: what the entries of a year, month or day add up to, by when they were booked, once
    cut by everything, once by one thing each, once by nothing: what a row is not cut by is 0 or ''.

    `lines` and `used` fall to zero on the day a line ends; the others only say what happened.
    """

    __tablename__ = "money_sum"

    span: Mapped[str] = coded(Span, primary_key=True)
    cut: Mapped[str] = coded(Cut, primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    institution_id: Mapped[BigRef] = mapped_column(primary_key=True)
    product_code: Mapped[str] = mapped_column(primary_key=True)
    park_id: Mapped[BigRef] = mapped_column(primary_key=True)
    industry_key: Mapped[str] = mapped_column(primary_key=True)
    stage_code: Mapped[str] = mapped_column(primary_key=True)
    booked_from: Mapped[date] = mapped_column(primary_key=True)
    applications: Mapped[BigRef]
    applied: Mapped[BigRef]
    refusals: Mapped[BigRef]
    refused: Mapped[BigRef]
    approvals: Mapped[BigRef]
    granted: Mapped[BigRef]
    lines: Mapped[BigRef]
    used: Mapped[BigRef]
    drawn: Mapped[BigRef]
    repaid: Mapped[BigRef]
    overdue: Mapped[BigRef]
    non_performing: Mapped[BigRef]

    __table_args__ = (
        holds("span", Span),
        holds("cut", Cut),
        sa.Index(
            "ix_money_sum_booked",
            "cut",
            "booked_from",
            postgresql_where=sa.text(f"span = '{Span.DAY}'"),
        ),
    )


class MoneyCorrection(Model):
    """A correction that one person proposes and another confirms or declines."""

    __tablename__ = "money_correction"

    id: Mapped[BigId]
    seq: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    institution_id: Mapped[BigRef]
    note: Mapped[str]
    proposed_by_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decision: Mapped[str | None] = coded(Decision)

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["seq", "enterprise_id"], ["money_entry.seq", "money_entry.enterprise_id"]
        ),
        holds("decision", Decision),
        sa.CheckConstraint("decided_by_id <> proposed_by_id", name="two_people"),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL)"
            " AND (decision IS NULL) = (decided_by_id IS NULL)",
            name="decided",
        ),
        sa.Index(
            "uq_money_correction_open",
            "seq",
            unique=True,
            postgresql_where=sa.text("decision IS NULL"),
        ),
    )
