"""Schemes and their versions; scores, which only grow; where each enterprise stands now."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.scoring.codes import DisputeState, SchemeKind, VersionState

POINTS = sa.Numeric(9, 2)


class ScoreScheme(Model):
    """A scheme: what scores are computed by, in versions."""

    __tablename__ = "score_scheme"

    id: Mapped[BigId]
    code: Mapped[str] = mapped_column(unique=True)
    kind_code: Mapped[str] = coded(SchemeKind)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default=sa.true())

    __table_args__ = (
        holds("kind_code", SchemeKind),
        sa.Index(
            "uq_score_scheme_points",
            "kind_code",
            unique=True,
            postgresql_where=sa.text("kind_code = 'points'"),
        ),
    )


class SchemeVersion(Model):
    """A scheme as JSON, from a year of facts on. A trigger refuses changes of a published one."""

    __tablename__ = "scheme_version"

    id: Mapped[BigId]
    scheme_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("score_scheme.id"))
    number: Mapped[int]
    status: Mapped[str] = coded(VersionState, server_default=VersionState.DRAFT)
    from_year: Mapped[int] = mapped_column(sa.SmallInteger)
    definition: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))

    __table_args__ = (
        holds("status", VersionState),
        sa.CheckConstraint("(status = 'published') = (published_at IS NOT NULL)", name="published"),
        sa.CheckConstraint("from_year BETWEEN 2000 AND 2100", name="from_year"),
        sa.UniqueConstraint("scheme_id", "number"),
        sa.Index(
            "uq_scheme_version_draft",
            "scheme_id",
            unique=True,
            postgresql_where=sa.text("status = 'draft'"),
        ),
    )


class Score(Model):
    """What an enterprise had of a version for a year when it was computed; never changed.

    `lines` holds each indicator's value, the facts it is made of, its step, weight and points, and
    among whom a place was taken; `conditions` what held of the hard and of the alternative ones;
    `steps` what would add most. Computed of the statements up to `upto_fact_id`, by a run or alone.
    """

    __tablename__ = "score"

    id: Mapped[BigId]
    enterprise_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("enterprise.id"))
    version_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("scheme_version.id"))
    year: Mapped[int] = mapped_column(sa.SmallInteger)
    stage_code: Mapped[str | None]
    total: Mapped[Decimal] = mapped_column(POINTS)
    passes: Mapped[bool | None]
    by_code: Mapped[str | None]
    by_category: Mapped[dict[str, Any]]
    lines: Mapped[list[Any]]
    conditions: Mapped[dict[str, Any]]
    steps: Mapped[list[Any]]
    missing: Mapped[list[Any]]
    computed_at: Mapped[datetime]
    run_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("score_run.id"))
    upto_fact_id: Mapped[int | None] = mapped_column(sa.BigInteger)

    __table_args__ = (
        sa.UniqueConstraint("id", "enterprise_id"),
        sa.Index("ix_score_of", "enterprise_id", "year", "id"),
    )


class ScoreStanding(Model):
    """The last score of an enterprise in a scheme for a year; a new one takes its place here."""

    __tablename__ = "score_standing"

    scheme_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("score_scheme.id"), primary_key=True)
    year: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    enterprise_id: Mapped[BigRef] = mapped_column(primary_key=True)
    score_id: Mapped[BigRef]
    version_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("scheme_version.id"))
    stage_code: Mapped[str | None]
    total: Mapped[Decimal] = mapped_column(POINTS)
    passes: Mapped[bool | None]
    content_sha256: Mapped[str]

    __table_args__ = (
        sa.ForeignKeyConstraint(["score_id", "enterprise_id"], ["score.id", "score.enterprise_id"]),
        sa.Index("ix_score_standing_stage", "scheme_id", "year", "stage_code", "total"),
    )


class ScoreGroup(Model):
    """A stage as a whole: how many, and the medians of the total and of each indicator. Nobody's
    score can be read off it where it has five or more.
    """

    __tablename__ = "score_group"

    scheme_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("score_scheme.id"), primary_key=True)
    year: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    stage_code: Mapped[str] = mapped_column(primary_key=True)
    enterprises: Mapped[int]
    median: Mapped[Decimal] = mapped_column(POINTS)
    medians: Mapped[dict[str, Any]]


class ScoreRun(Model):
    """Computing a version anew for everybody: how far it is. A finished one stays; one that a later
    one took the place of was not finished.
    """

    __tablename__ = "score_run"

    id: Mapped[BigId]
    version_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("scheme_version.id"))
    year: Mapped[int] = mapped_column(sa.SmallInteger)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(server_default="0")
    upto_id: Mapped[BigRef] = mapped_column(server_default="0")
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    replaced: Mapped[bool] = mapped_column(server_default=sa.false())

    __table_args__ = (
        sa.Index("ix_score_run_waiting", "id", postgresql_where=sa.text("ended_at IS NULL")),
    )


class ScoreDispute(Model):
    """An enterprise says that an indicator of a score is wrong: a ticket, and how it ended."""

    __tablename__ = "score_dispute"

    id: Mapped[BigId]
    enterprise_id: Mapped[BigRef]
    score_id: Mapped[BigRef]
    indicator_code: Mapped[str]
    ticket_id: Mapped[BigRef]
    status: Mapped[str] = coded(DisputeState, server_default=DisputeState.OPEN)
    filed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    decision_note: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        holds("status", DisputeState),
        sa.CheckConstraint("(status = 'open') = (decided_at IS NULL)", name="decided"),
        sa.ForeignKeyConstraint(["score_id", "enterprise_id"], ["score.id", "score.enterprise_id"]),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"]
        ),
        sa.UniqueConstraint("ticket_id"),
        sa.Index(
            "uq_score_dispute_open",
            "score_id",
            "indicator_code",
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
        ),
    )
