"""The zone: parks, stations, institutions, members, absences and enterprises."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, BigRef, Model, coded, holds


class Zone(Model):
    """The one zone this portal serves."""

    __tablename__ = "zone"

    id: Mapped[int] = mapped_column(primary_key=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    time_zone: Mapped[str] = mapped_column(server_default="Asia/Shanghai")

    __table_args__ = (sa.CheckConstraint("id = 1", name="only_one"),)


class Park(Model):
    """One of the zone's parks. `code` starts the references of its tickets."""

    __tablename__ = "park"

    id: Mapped[BigId]
    code: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=sa.true())


class Station(Model):
    """A service station: the parks and service categories it covers."""

    __tablename__ = "station"

    id: Mapped[BigId]
    code: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    address: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    is_headquarters: Mapped[bool] = mapped_column(server_default=sa.false())
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default=sa.true())

    __table_args__ = (
        sa.CheckConstraint("active OR NOT is_headquarters", name="headquarters_in_use"),
        sa.Index(
            "uq_station_headquarters",
            "is_headquarters",
            unique=True,
            postgresql_where=sa.text("is_headquarters"),
        ),
    )


class StationCoverage(Model):
    """A station takes a category of services for a park. `park_id` null means every park."""

    __tablename__ = "station_coverage"

    id: Mapped[BigId]
    station_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("station.id", ondelete="CASCADE"))
    park_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("park.id"))
    category_code: Mapped[str] = mapped_column(sa.ForeignKey("category.code"))

    __table_args__ = (
        sa.UniqueConstraint(
            "station_id", "park_id", "category_code", postgresql_nulls_not_distinct=True
        ),
        sa.Index("ix_station_coverage_category", "category_code", "park_id"),
    )


class Standing(StrEnum):
    """How far an institution is in the pool."""

    APPLIED = "applied"
    REVIEWED = "reviewed"
    ADMITTED = "admitted"
    SUSPENDED = "suspended"
    EXITED = "exited"


class Institution(Model):
    """A provider of the service pool. Only an admitted one with a valid licence receives offers."""

    __tablename__ = "institution"

    id: Mapped[BigId]
    code: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    kind_en: Mapped[str] = mapped_column(server_default="")
    kind_zh: Mapped[str] = mapped_column(server_default="")
    status: Mapped[str] = coded(Standing, server_default=Standing.APPLIED)
    uscc: Mapped[str | None] = mapped_column(unique=True)
    controller: Mapped[str] = mapped_column(server_default="")
    contact_name: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str] = mapped_column(server_default="")
    licence_no: Mapped[str] = mapped_column(server_default="")
    licence_from: Mapped[date | None]
    licence_until: Mapped[date | None]
    capacity_points: Mapped[int] = mapped_column(server_default="20")
    last_offered_at: Mapped[datetime | None]
    sort_key: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        holds("status", Standing),
        sa.CheckConstraint("capacity_points BETWEEN 0 AND 10000", name="capacity"),
        sa.CheckConstraint(
            "licence_until IS NULL OR licence_from IS NULL OR licence_until >= licence_from",
            name="licence",
        ),
    )


class InstitutionScope(Model):
    """An institution accepts a service in a park."""

    __tablename__ = "institution_scope"

    institution_id: Mapped[BigRef] = mapped_column(
        sa.ForeignKey("institution.id", ondelete="CASCADE"), primary_key=True
    )
    service_code: Mapped[str] = mapped_column(sa.ForeignKey("service.code"), primary_key=True)
    park_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("park.id"), primary_key=True)

    __table_args__ = (sa.Index("ix_institution_scope_service", "service_code", "park_id"),)


class Member(Model):
    """A member of the service team, in one station, with a capacity in points.

    The person with the same `email` signs in as this member.
    """

    __tablename__ = "member"

    id: Mapped[BigId]
    code: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    station_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("station.id"))
    name_en: Mapped[str]
    name_zh: Mapped[str]
    email: Mapped[str] = mapped_column(server_default="")
    is_lead: Mapped[bool] = mapped_column(server_default=sa.false())
    phone: Mapped[str] = mapped_column(server_default="")
    capacity_points: Mapped[int] = mapped_column(server_default="12")
    calendar_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("calendar.id"))
    on_duty: Mapped[bool] = mapped_column(server_default=sa.true())
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    last_assigned_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("capacity_points BETWEEN 0 AND 10000", name="capacity"),
        sa.UniqueConstraint("person_id", "station_id"),
        sa.Index("ix_member_station", "station_id"),
        sa.Index("ix_member_left", "id", postgresql_where=sa.text("NOT active")),
        sa.Index(
            "uq_member_email",
            "email",
            "station_id",
            unique=True,
            postgresql_where=sa.text("email <> ''"),
        ),
    )


class MemberSkill(Model):
    """What a member can do: a category of services at level 1 (able) to 3 (expert)."""

    __tablename__ = "member_skill"

    member_id: Mapped[BigRef] = mapped_column(
        sa.ForeignKey("member.id", ondelete="CASCADE"), primary_key=True
    )
    category_code: Mapped[str] = mapped_column(sa.ForeignKey("category.code"), primary_key=True)
    level: Mapped[int] = mapped_column(sa.SmallInteger)

    __table_args__ = (sa.CheckConstraint("level BETWEEN 1 AND 3", name="level"),)


class Absence(Model):
    """A time in which a member gets no new tickets."""

    __tablename__ = "absence"

    id: Mapped[BigId]
    member_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("member.id", ondelete="CASCADE"))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        sa.CheckConstraint("to_at > from_at", name="order"),
        sa.UniqueConstraint("member_id", "from_at"),
        sa.Index("ix_absence_member", "member_id", "to_at"),
    )


class Enterprise(Model):
    """A company of the zone.

    `uscc` is its 18-character social credit code and the key against duplicates.
    """

    __tablename__ = "enterprise"

    id: Mapped[BigId]
    uscc: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    park_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("park.id"))
    industry_en: Mapped[str] = mapped_column(server_default="")
    industry_zh: Mapped[str] = mapped_column(server_default="")
    tags: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), server_default="{}")
    controller: Mapped[str] = mapped_column(server_default="")
    contact_name: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    headcount: Mapped[int | None]
    registered_on: Mapped[date | None]
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    demo: Mapped[bool] = mapped_column(server_default=sa.false())
    sort_key: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        sa.CheckConstraint("length(uscc) = 18", name="uscc"),
        sa.Index("ix_enterprise_sort", "sort_key", "id"),
        sa.Index(
            "ix_enterprise_controller",
            "controller",
            postgresql_where=sa.text("controller <> ''"),
        ),
        sa.Index(
            "ix_enterprise_name",
            sa.text("(name_zh || ' ' || lower(name_en)) gin_trgm_ops"),
            postgresql_using="gin",
        ),
    )


class EnterpriseExclusion(Model):
    """An enterprise does not want this institution."""

    __tablename__ = "enterprise_exclusion"

    id: Mapped[BigId]
    enterprise_id: Mapped[BigRef] = mapped_column(
        sa.ForeignKey("enterprise.id", ondelete="CASCADE")
    )
    institution_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("institution.id"))

    __table_args__ = (sa.UniqueConstraint("enterprise_id", "institution_id"),)


class EnterprisePreference(Model):
    """An enterprise likes this institution to be asked first."""

    __tablename__ = "enterprise_preference"

    id: Mapped[BigId]
    enterprise_id: Mapped[BigRef] = mapped_column(
        sa.ForeignKey("enterprise.id", ondelete="CASCADE")
    )
    institution_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("institution.id"))

    __table_args__ = (sa.UniqueConstraint("enterprise_id", "institution_id"),)


class InterestConflict(Model):
    """A declared conflict of interest between an institution and an enterprise."""

    __tablename__ = "interest_conflict"

    id: Mapped[BigId]
    institution_id: Mapped[BigRef] = mapped_column(
        sa.ForeignKey("institution.id", ondelete="CASCADE")
    )
    enterprise_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("enterprise.id"))
    reason: Mapped[str] = mapped_column(server_default="")
    declared_at: Mapped[datetime] = mapped_column(
        server_default=sa.text("date_trunc('minute', clock_timestamp())")
    )

    __table_args__ = (sa.UniqueConstraint("enterprise_id", "institution_id"),)
