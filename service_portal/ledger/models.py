"""The usage ledger, an instance of the discipline, and its rollups.

Entries are only ever added: the product's database role may not update or delete them and a trigger
refuses it to everybody. Rows are written by `usage_append` in the database, which numbers them
without gaps, chains their hashes and keeps the rollups.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigRef, Model, coded, holds
from service_portal.ledger.columns import Anchor, Entry, Head
from service_portal.ledger.discipline import Ledger

USAGE = Ledger("usage", counted="quantity")


class Measure(StrEnum):
    """What an entry counts: a contact, or a case that ended well."""

    EVENT = "event"
    CASE = "case"


class UsageEntry(Entry, Model):
    """One countable thing: a service `event` or a closed `case`, or the reversal of one (`quantity`
    -1).
    """

    __tablename__ = "usage_entry"

    month: Mapped[date]
    measure: Mapped[str] = coded(Measure)
    quantity: Mapped[int] = mapped_column(sa.SmallInteger)
    minutes: Mapped[int]
    persons: Mapped[int]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    station_id: Mapped[BigRef]
    institution_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    park_id: Mapped[BigRef]
    category_code: Mapped[str]
    service_code: Mapped[str]
    service_event_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    rule_version: Mapped[int] = mapped_column(sa.SmallInteger)

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        sa.UniqueConstraint("seq", "enterprise_id"),
        sa.ForeignKeyConstraint(
            ["reverses", "enterprise_id"], ["usage_entry.seq", "usage_entry.enterprise_id"]
        ),
        holds("measure", Measure),
        sa.CheckConstraint(
            "quantity IN (1, -1) AND (quantity = -1) = (reverses IS NOT NULL)", name="reversal"
        ),
        sa.CheckConstraint("month = date_trunc('month', day)::date", name="month"),
        sa.Index("ix_usage_entry_month_station", "month", "station_id", "seq"),
        sa.Index("ix_usage_entry_month_institution", "month", "institution_id", "seq"),
        sa.Index("ix_usage_entry_month_service", "month", "service_code", "seq"),
        sa.Index("ix_usage_entry_enterprise", "enterprise_id", "month", "seq"),
        sa.Index("ix_usage_entry_ticket", "ticket_id"),
    )


class UsageHead(Head, Model):
    """The head of the usage ledger."""

    __tablename__ = "usage_head"


class UsageMonth(Model):
    """Rollup: sums of a month by who delivered what, where.

    `institution_id` 0 means the station itself.
    """

    __tablename__ = "usage_month"

    month: Mapped[date] = mapped_column(primary_key=True)
    station_id: Mapped[BigRef] = mapped_column(primary_key=True)
    institution_id: Mapped[BigRef] = mapped_column(primary_key=True)
    park_id: Mapped[BigRef] = mapped_column(primary_key=True)
    service_code: Mapped[str] = mapped_column(primary_key=True)
    category_code: Mapped[str]
    events: Mapped[int] = mapped_column(sa.BigInteger)
    cases: Mapped[int] = mapped_column(sa.BigInteger)
    minutes: Mapped[int] = mapped_column(sa.BigInteger)
    persons: Mapped[int] = mapped_column(sa.BigInteger)


class UsageEnterpriseMonth(Model):
    """Rollup: sums of a month by enterprise, station and park, from which distinct enterprises
    served are counted.
    """

    __tablename__ = "usage_enterprise_month"

    month: Mapped[date] = mapped_column(primary_key=True)
    enterprise_id: Mapped[BigRef] = mapped_column(primary_key=True)
    station_id: Mapped[BigRef] = mapped_column(primary_key=True)
    institution_id: Mapped[BigRef] = mapped_column(primary_key=True)
    park_id: Mapped[BigRef] = mapped_column(primary_key=True)
    category_code: Mapped[str] = mapped_column(primary_key=True)
    events: Mapped[int] = mapped_column(sa.BigInteger)
    cases: Mapped[int] = mapped_column(sa.BigInteger)
    minutes: Mapped[int] = mapped_column(sa.BigInteger)


class UsageExcludedMonth(Model):
    """Rollup: how many contacts of a month were recorded that do not count.

    Kept by a trigger in the transaction that records them.
    """

    __tablename__ = "usage_excluded_month"

    month: Mapped[date] = mapped_column(primary_key=True)
    station_id: Mapped[BigRef] = mapped_column(primary_key=True)
    institution_id: Mapped[BigRef] = mapped_column(primary_key=True)
    park_id: Mapped[BigRef] = mapped_column(primary_key=True)
    category_code: Mapped[str] = mapped_column(primary_key=True)
    contacts: Mapped[int] = mapped_column(sa.BigInteger)


class UsageAnchor(Anchor, Model):
    """The heads that were kept of the usage ledger."""

    __tablename__ = "usage_anchor"
