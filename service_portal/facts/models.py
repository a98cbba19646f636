"""Facts: what somebody said of an enterprise and a year. Append-only; a correction is a new one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.facts.rules import Source
from service_portal.files.models import StoredFile, checks
from service_portal.kernel.db import BigId, BigRef, Model, coded, holds


class Fact(Model):
    """One statement on one fact of one year.

    `number` holds money (fen) and counts, `value_code` yes or no, options and short texts;
    `reference` names the file, the scheme's version or the document that it comes from.
    """

    __tablename__ = "fact"

    id: Mapped[BigId]
    enterprise_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("enterprise.id"))
    year: Mapped[int] = mapped_column(sa.SmallInteger)
    code: Mapped[str]
    number: Mapped[Decimal | None] = mapped_column(sa.Numeric(24, 6))
    value_code: Mapped[str | None]
    source: Mapped[str] = coded(Source)
    by_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    reference: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        holds("source", Source),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
        sa.CheckConstraint("(number IS NULL) <> (value_code IS NULL)", name="value"),
        sa.UniqueConstraint("id", "enterprise_id"),
        sa.Index("ix_fact_of", "enterprise_id", "year", "code", "id"),
    )


class FactFile(StoredFile, Model):
    """A file that proves a figure; it hangs on the statement that it came with."""

    __tablename__ = "fact_file"

    id: Mapped[BigId]
    enterprise_id: Mapped[BigRef]
    fact_id: Mapped[BigRef]

    __table_args__ = (
        sa.ForeignKeyConstraint(["fact_id", "enterprise_id"], ["fact.id", "fact.enterprise_id"]),
        *checks(),
        sa.Index("ix_fact_file_of", "enterprise_id", "fact_id"),
    )


class FactConflict(Model):
    """A fact that sources say differently and nobody has decided; gone once somebody has."""

    __tablename__ = "fact_conflict"

    id: Mapped[BigId]
    enterprise_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("enterprise.id"))
    year: Mapped[int] = mapped_column(sa.SmallInteger)
    code: Mapped[str]
    since: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("enterprise_id", "year", "code"),)
