"""Every table of the first release, the ledger's guards, and what the product's database role may do."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

revision = "be2aafcbe66d"
down_revision = None
branch_labels = None
depends_on = None


LEDGER = Path(__file__).resolve().parents[1] / "sql" / "20261124_ledger.sql"


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE SEQUENCE ticket_number")
    op.create_table(
        "calendar",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Asia/Shanghai", nullable=False),
        sa.Column("weekly", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar")),
        sa.UniqueConstraint("code", name=op.f("uq_calendar_code")),
    )
    op.create_table(
        "category",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("icon", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_category")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("part", "process", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "institution",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("kind_en", sa.Text(), server_default="", nullable=False),
        sa.Column("kind_zh", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="applied", nullable=False),
        sa.Column("uscc", sa.Text(), nullable=True),
        sa.Column("controller", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_name", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("licence_no", sa.Text(), server_default="", nullable=False),
        sa.Column("licence_from", sa.Date(), nullable=True),
        sa.Column("licence_until", sa.Date(), nullable=True),
        sa.Column("capacity_points", sa.Integer(), server_default="20", nullable=False),
        sa.Column("last_offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sort_key", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("status IN ('applied', 'reviewed', 'admitted', 'suspended', 'exited')", name=op.f("ck_institution_status")),
        sa.CheckConstraint("capacity_points BETWEEN 0 AND 10000", name=op.f("ck_institution_capacity")),
        sa.CheckConstraint(
            "licence_until IS NULL OR licence_from IS NULL OR licence_until >= licence_from", name=op.f("ck_institution_licence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution")),
        sa.UniqueConstraint("code", name=op.f("uq_institution_code")),
        sa.UniqueConstraint("uscc", name=op.f("uq_institution_uscc")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_dead", "outbox", ["dead_at"], unique=False, postgresql_where=sa.text("dead_at IS NOT NULL"))
    op.create_index("ix_outbox_done", "outbox", ["done_at"], unique=False, postgresql_where=sa.text("done_at IS NOT NULL"))
    op.create_index(
        "ix_outbox_ready", "outbox", ["task", "id"], unique=False, postgresql_where=sa.text("done_at IS NULL AND dead_at IS NULL")
    )
    op.create_table(
        "park",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_park")),
        sa.UniqueConstraint("code", name=op.f("uq_park_code")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("create_datetime", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("update_datetime", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("name_zh", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("locale", sa.Text(), server_default="zh", nullable=False),
        sa.Column("mail_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("acting_membership_id", sa.BigInteger(), nullable=True),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("locale IN ('en', 'zh')", name=op.f("ck_person_locale")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_person_fs_uniquifier")),
    )
    op.create_table(
        "station",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("is_headquarters", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("active OR NOT is_headquarters", name=op.f("ck_station_headquarters_in_use")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
        sa.UniqueConstraint("code", name=op.f("uq_station_code")),
    )
    op.create_index("uq_station_headquarters", "station", ["is_headquarters"], unique=True, postgresql_where=sa.text("is_headquarters"))
    op.create_table(
        "throttle",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hits", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("key", "window_at", name=op.f("pk_throttle")),
    )
    op.create_table(
        "usage_anchor",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_usage_anchor")),
    )
    op.create_table(
        "usage_enterprise_month",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("park_id", sa.BigInteger(), nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("cases", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "month", "enterprise_id", "station_id", "institution_id", "park_id", "category_code", name=op.f("pk_usage_enterprise_month")
        ),
    )
    op.create_table(
        "usage_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_usage_head_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_head")),
    )
    op.create_table(
        "usage_month",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("park_id", sa.BigInteger(), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("cases", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("persons", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month", "station_id", "institution_id", "park_id", "service_code", name=op.f("pk_usage_month")),
    )
    op.create_table(
        "zone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Asia/Shanghai", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_zone_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("intervals", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("name_zh", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_calendar_day_calendar_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("calendar_id", "day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "calendar_year",
        sa.Column("calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("official", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_calendar_year_calendar_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("calendar_id", "year", name=op.f("pk_calendar_year")),
    )
    op.create_table(
        "enterprise",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("park_id", sa.BigInteger(), nullable=False),
        sa.Column("industry_en", sa.Text(), server_default="", nullable=False),
        sa.Column("industry_zh", sa.Text(), server_default="", nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("controller", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_name", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sort_key", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("length(uscc) = 18", name=op.f("ck_enterprise_uscc")),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_enterprise_park_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise")),
        sa.UniqueConstraint("uscc", name=op.f("uq_enterprise_uscc")),
    )
    op.create_index(
        "ix_enterprise_name",
        "enterprise",
        [sa.literal_column("(name_zh || ' ' || lower(name_en)) gin_trgm_ops")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_enterprise_sort", "enterprise", ["sort_key", "id"], unique=False)
    op.create_table(
        "member",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("is_lead", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("capacity_points", sa.Integer(), server_default="12", nullable=False),
        sa.Column("calendar_id", sa.BigInteger(), nullable=True),
        sa.Column("on_duty", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("last_assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("capacity_points BETWEEN 0 AND 10000", name=op.f("ck_member_capacity")),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_member_calendar_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_member_person_id")),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_member_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("code", name=op.f("uq_member_code")),
        sa.UniqueConstraint("person_id", "station_id", name=op.f("uq_member_person_id_station_id")),
    )
    op.create_index("ix_member_station", "member", ["station_id"], unique=False)
    op.create_index("ix_member_left", "member", ["id"], unique=False, postgresql_where=sa.text("NOT active"))
    op.create_index("uq_member_email", "member", ["email", "station_id"], unique=True, postgresql_where=sa.text("email <> ''"))
    op.create_table(
        "routing_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("conditions", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_routing_rule_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rule")),
    )
    op.create_table(
        "service",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name=op.f("fk_service_category_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_service")),
    )
    op.create_table(
        "station_coverage",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("park_id", sa.BigInteger(), nullable=True),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name=op.f("fk_station_coverage_category_code")),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_station_coverage_park_id")),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_station_coverage_station_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_coverage")),
        sa.UniqueConstraint(
            "station_id",
            "park_id",
            "category_code",
            name=op.f("uq_station_coverage_station_id_park_id_category_code"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_station_coverage_category", "station_coverage", ["category_code", "park_id"], unique=False)
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("to_at > from_at", name=op.f("ck_absence_order")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_absence_member_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
        sa.UniqueConstraint("member_id", "from_at", name=op.f("uq_absence_member_id_from_at")),
    )
    op.create_index("ix_absence_member", "absence", ["member_id", "to_at"], unique=False)
    op.create_table(
        "draft",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_draft_enterprise_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_draft_person_id")),
        sa.ForeignKeyConstraint(["service_code"], ["service.code"], name=op.f("fk_draft_service_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("id", "enterprise_id", name=op.f("uq_draft_id_enterprise_id")),
        sa.UniqueConstraint("person_id", "enterprise_id", "service_code", name=op.f("uq_draft_person_id_enterprise_id_service_code")),
    )
    op.create_table(
        "enterprise_exclusion",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_exclusion_enterprise_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name=op.f("fk_enterprise_exclusion_institution_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_exclusion")),
        sa.UniqueConstraint("enterprise_id", "institution_id", name=op.f("uq_enterprise_exclusion_enterprise_id_institution_id")),
    )
    op.create_table(
        "institution_scope",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("park_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_institution_scope_institution_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_institution_scope_park_id")),
        sa.ForeignKeyConstraint(["service_code"], ["service.code"], name=op.f("fk_institution_scope_service_code")),
        sa.PrimaryKeyConstraint("institution_id", "service_code", "park_id", name=op.f("pk_institution_scope")),
    )
    op.create_index("ix_institution_scope_service", "institution_scope", ["service_code", "park_id"], unique=False)
    op.create_table(
        "interest_conflict",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), server_default=sa.text("date_trunc('minute', clock_timestamp())"), nullable=False),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_interest_conflict_enterprise_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_interest_conflict_institution_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest_conflict")),
        sa.UniqueConstraint("enterprise_id", "institution_id", name=op.f("uq_interest_conflict_enterprise_id_institution_id")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=True),
        sa.Column("station_id", sa.BigInteger(), nullable=True),
        sa.Column("institution_id", sa.BigInteger(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("invited_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('administrator', 'auditor', 'enterprise_owner', 'enterprise_staff', 'institution_lead', 'institution_worker', 'manager', 'station_lead', 'station_member')",
            name=op.f("ck_invitation_role"),
        ),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_invitation_enterprise_id")),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name=op.f("fk_invitation_institution_id")),
        sa.ForeignKeyConstraint(["invited_by_id"], ["person.id"], name=op.f("fk_invitation_invited_by_id")),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_invitation_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_table(
        "member_skill",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_member_skill_level")),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name=op.f("fk_member_skill_category_code")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_skill_member_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", "category_code", name=op.f("pk_member_skill")),
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=True),
        sa.Column("station_id", sa.BigInteger(), nullable=True),
        sa.Column("institution_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(role LIKE 'enterprise%%') = (enterprise_id IS NOT NULL) AND (role LIKE 'station%%') = (station_id IS NOT NULL) AND (role LIKE 'institution%%') = (institution_id IS NOT NULL)",
            name=op.f("ck_membership_organisation"),
        ),
        sa.CheckConstraint(
            "role IN ('administrator', 'auditor', 'enterprise_owner', 'enterprise_staff', 'institution_lead', 'institution_worker', 'manager', 'station_lead', 'station_member')",
            name=op.f("ck_membership_role"),
        ),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_membership_enterprise_id")),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name=op.f("fk_membership_institution_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_membership_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index(
        "ix_membership_enterprise", "membership", ["enterprise_id"], unique=False, postgresql_where=sa.text("enterprise_id IS NOT NULL")
    )
    op.create_index(
        "ix_membership_institution", "membership", ["institution_id"], unique=False, postgresql_where=sa.text("institution_id IS NOT NULL")
    )
    op.create_index("ix_membership_station", "membership", ["station_id"], unique=False, postgresql_where=sa.text("station_id IS NOT NULL"))
    op.create_index(
        "uq_membership_open",
        "membership",
        ["person_id", "role", "enterprise_id", "station_id", "institution_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "service_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("published_by_id", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["published_by_id"], ["person.id"], name=op.f("fk_service_version_published_by_id")),
        sa.ForeignKeyConstraint(["service_code"], ["service.code"], name=op.f("fk_service_version_service_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_version")),
        sa.UniqueConstraint("service_code", "version", name=op.f("uq_service_version_service_code_version")),
    )
    op.create_foreign_key(op.f("fk_service_version_id"), "service", "service_version", ["version_id"], ["id"])
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("membership_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_on", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_api_token_membership_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("park_id", sa.BigInteger(), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("service_version_id", sa.BigInteger(), nullable=False),
        sa.Column("filed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("contact_name", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_phone", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("consent", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("delivered_by", sa.Text(), nullable=False),
        sa.Column("auto_accept", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("effort_points", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("status", sa.Text(), server_default="submitted", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("cycle", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("institution_id", sa.BigInteger(), nullable=True),
        sa.Column("waiting_reason", sa.Text(), nullable=True),
        sa.Column("bounces", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("redos", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("light", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("supervision_level", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolve_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_outcome", sa.Text(), nullable=True),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_word_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_word_by", sa.Text(), server_default="enterprise", nullable=False),
        sa.Column("search", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "status IN ('accepted', 'answered', 'archived', 'closed', 'dispatched', 'in_progress', 'merged', 'not_accepted', 'on_hold', 'returned', 'submitted', 'withdrawn')",
            name=op.f("ck_ticket_status"),
        ),
        sa.CheckConstraint("light BETWEEN 0 AND 2", name=op.f("ck_ticket_light")),
        sa.CheckConstraint("owner_id IS NULL OR station_id IS NOT NULL", name=op.f("ck_ticket_owner_has_station")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_ticket_enterprise_id")),
        sa.ForeignKeyConstraint(["filed_by_id"], ["person.id"], name=op.f("fk_ticket_filed_by_id")),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name=op.f("fk_ticket_institution_id")),
        sa.ForeignKeyConstraint(
            ["merged_into_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_ticket_merged_into_id_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["member.id"], name=op.f("fk_ticket_owner_id")),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_ticket_park_id")),
        sa.ForeignKeyConstraint(["service_code"], ["service.code"], name=op.f("fk_ticket_service_code")),
        sa.ForeignKeyConstraint(["service_version_id"], ["service_version.id"], name=op.f("fk_ticket_service_version_id")),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_ticket_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("id", "enterprise_id", name=op.f("uq_ticket_id_enterprise_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_ticket_reference")),
    )
    op.create_index("ix_ticket_answered", "ticket", ["answered_at"], unique=False, postgresql_where=sa.text("status = 'answered'"))
    op.create_index("ix_ticket_closed", "ticket", ["closed_at"], unique=False, postgresql_where=sa.text("status = 'closed'"))
    op.create_index("ix_ticket_duplicates", "ticket", ["enterprise_id", "service_code", "filed_at"], unique=False)
    op.create_index("ix_ticket_enterprise", "ticket", ["enterprise_id", sa.literal_column("id DESC")], unique=False)
    op.create_index("ix_ticket_filed_by", "ticket", ["filed_by_id", sa.literal_column("id DESC")], unique=False)
    op.create_index(
        "ix_ticket_owner_risk",
        "ticket",
        ["owner_id", "next_due_at", "id"],
        unique=False,
        postgresql_include=["effort_points"],
        postgresql_where=sa.text("status IN ('accepted', 'answered', 'dispatched', 'in_progress', 'on_hold', 'returned', 'submitted')"),
    )
    op.create_index("ix_ticket_search", "ticket", ["search"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_ticket_station_risk",
        "ticket",
        ["station_id", "next_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('accepted', 'answered', 'dispatched', 'in_progress', 'on_hold', 'returned', 'submitted')"),
    )
    op.create_index(
        "ix_ticket_no_institution",
        "ticket",
        ["service_code", sa.literal_column("urgent DESC"), "id"],
        unique=False,
        postgresql_where=sa.text("status = 'accepted' AND delivered_by = 'pool' AND bounces < 2 AND consent AND waiting_reason = 'no_institution'"),
    )
    op.create_index(
        "ix_ticket_unoffered",
        "ticket",
        [sa.literal_column("urgent DESC"), "id"],
        unique=False,
        postgresql_where=sa.text("status = 'accepted' AND delivered_by = 'pool' AND bounces < 2 AND consent AND waiting_reason IS DISTINCT FROM 'no_institution'"),
    )
    op.create_index(
        "ix_ticket_unowned",
        "ticket",
        ["station_id", sa.literal_column("urgent DESC"), "id"],
        unique=False,
        postgresql_where=sa.text(
            "owner_id IS NULL AND station_id IS NOT NULL AND status IN ('accepted', 'answered', 'dispatched', 'in_progress', 'on_hold', 'returned', 'submitted')"
        ),
    )
    op.create_index(
        "ix_ticket_unrouted", "ticket", ["id"], unique=False, postgresql_where=sa.text("station_id IS NULL AND status = 'submitted'")
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("how IN ('round', 'person')", name=op.f("ck_assignment_how")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_assignment_member_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_assignment_ticket_id_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index("ix_assignment_ticket", "assignment", ["ticket_id", "id"], unique=False)
    op.create_index("uq_assignment_open", "assignment", ["ticket_id"], unique=True, postgresql_where=sa.text("to_at IS NULL"))
    op.create_table(
        "clock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cycle", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("limit_amount", sa.Integer(), nullable=False),
        sa.Column("limit_unit", sa.Text(), nullable=False),
        sa.Column("calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_when_paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("last_rung", sa.Text(), nullable=True),
        sa.Column("next_rung", sa.Text(), nullable=True),
        sa.Column("next_alarm_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("estimated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("kind IN ('accept', 'contact', 'resolve', 'offer')", name=op.f("ck_clock_kind")),
        sa.CheckConstraint("limit_unit IN ('wh', 'wd', 'h', 'd')", name=op.f("ck_clock_unit")),
        sa.CheckConstraint("outcome IN ('met', 'late', 'cancelled')", name=op.f("ck_clock_outcome")),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_clock_calendar_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_clock_ticket_id_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
        sa.UniqueConstraint("id", "enterprise_id", name=op.f("uq_clock_id_enterprise_id")),
        sa.UniqueConstraint("ticket_id", "kind", "cycle", name=op.f("uq_clock_ticket_id_kind_cycle")),
    )
    op.create_index(
        "ix_clock_alarm",
        "clock",
        ["next_alarm_at", "id"],
        unique=False,
        postgresql_where=sa.text("stopped_at IS NULL AND next_alarm_at IS NOT NULL"),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("chosen_id", sa.BigInteger(), nullable=True),
        sa.Column("words_en", sa.Text(), nullable=False),
        sa.Column("words_zh", sa.Text(), nullable=False),
        sa.Column("considered", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("kind IN ('route', 'assign', 'offer')", name=op.f("ck_decision_kind")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_decision_ticket_id_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_ticket", "decision", ["ticket_id", "id"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("membership_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(key) BETWEEN 8 AND 128", name=op.f("ck_idempotency_key_key_length")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_idempotency_key_membership_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_idempotency_key_ticket_id_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("membership_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("author_role", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint("audience IN ('shared', 'internal')", name=op.f("ck_message_audience")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_message_author_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_message_ticket_id_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("id", "enterprise_id", name=op.f("uq_message_id_enterprise_id")),
    )
    op.create_index("ix_message_ticket", "message", ["ticket_id", "at", "id"], unique=False)
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("membership_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(ticket_id IS NULL) = (enterprise_id IS NULL)", name=op.f("ck_notification_ticket_enterprise")),
        sa.CheckConstraint("channel IN ('app', 'mail')", name=op.f("ck_notification_channel")),
        sa.CheckConstraint("state IN ('queued', 'sending', 'sent', 'failed')", name=op.f("ck_notification_state")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_notification_membership_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notification_person_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_notification_ticket_id_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("message_id", name=op.f("uq_notification_message_id")),
        sa.UniqueConstraint("source", "channel", "person_id", name=op.f("uq_notification_source_channel_person_id")),
    )
    op.create_index(
        "ix_notification_bell",
        "notification",
        ["person_id", sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("channel = 'app'"),
    )
    op.create_index("ix_notification_failed", "notification", ["id"], unique=False, postgresql_where=sa.text("state = 'failed'"))
    op.create_index(
        "ix_notification_queue",
        "notification",
        ["available_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending') AND channel = 'mail'"),
    )
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("channel = 'app' AND read_at IS NULL"),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("effort_points", sa.SmallInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('offered', 'accepted', 'declined', 'expired', 'withdrawn')", name=op.f("ck_offer_state")),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name=op.f("fk_offer_institution_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_offer_ticket_id_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    op.create_index("ix_offer_due", "offer", ["answer_due_at"], unique=False, postgresql_where=sa.text("state = 'offered'"))
    op.create_index("ix_offer_institution", "offer", ["institution_id", "state", "id"], unique=False)
    op.create_index("ix_offer_ticket", "offer", ["ticket_id", "id"], unique=False)
    op.create_index("uq_offer_live", "offer", ["ticket_id"], unique=True, postgresql_where=sa.text("state IN ('offered', 'accepted')"))
    op.create_table(
        "rating",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.SmallInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=True),
        sa.Column("solved", sa.Boolean(), nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(source = 'none') = (level IS NULL)", name=op.f("ck_rating_not_rated")),
        sa.CheckConstraint("source IN ('enterprise', 'none')", name=op.f("ck_rating_source")),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_rating_level")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_rating_person_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_rating_ticket_id_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "cycle", name=op.f("pk_rating")),
    )
    op.create_table(
        "service_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("person_name", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("attendees", sa.Integer(), server_default="1", nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("evidence_note", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("countable", sa.Boolean(), nullable=False),
        sa.Column("not_countable_reason", sa.Text(), nullable=True),
        sa.Column("count_rule_version", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("channel IN ('phone', 'visit', 'video', 'message', 'document', 'event')", name=op.f("ck_service_event_channel")),
        sa.CheckConstraint("countable = (not_countable_reason IS NULL)", name=op.f("ck_service_event_reason")),
        sa.CheckConstraint("minutes BETWEEN 0 AND 1440", name=op.f("ck_service_event_minutes")),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name=op.f("fk_service_event_institution_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_service_event_person_id")),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_service_event_station_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_service_event_ticket_id_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_event")),
    )
    op.create_index("ix_service_event_ticket", "service_event", ["ticket_id", "id"], unique=False)
    op.create_index(
        "ix_service_event_excluded",
        "service_event",
        ["day"],
        unique=False,
        postgresql_include=["station_id", "institution_id"],
        postgresql_where=sa.text("NOT countable"),
    )
    op.create_table(
        "timeline_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_person_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=True),
        sa.Column("audience", sa.Text(), server_default="all", nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("audience IN ('all', 'staff')", name=op.f("ck_timeline_entry_audience")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_timeline_entry_ticket_id_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_entry")),
    )
    op.create_index("ix_timeline_entry_ticket", "timeline_entry", ["ticket_id", "at", "id"], unique=False)
    op.create_table(
        "usage_entry",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("quantity", sa.SmallInteger(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=True),
        sa.Column("park_id", sa.BigInteger(), nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("service_event_id", sa.BigInteger(), nullable=True),
        sa.Column("rule_version", sa.SmallInteger(), nullable=False),
        sa.Column("actor_person_id", sa.BigInteger(), nullable=True),
        sa.Column("unique_key", sa.Text(), nullable=False),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("measure IN ('event', 'case')", name=op.f("ck_usage_entry_measure")),
        sa.CheckConstraint("month = date_trunc('month', day)::date", name=op.f("ck_usage_entry_month")),
        sa.CheckConstraint("quantity IN (1, -1) AND (quantity = -1) = (reverses IS NOT NULL)", name=op.f("ck_usage_entry_reversal")),
        sa.ForeignKeyConstraint(
            ["reverses", "enterprise_id"], ["usage_entry.seq", "usage_entry.enterprise_id"], name=op.f("fk_usage_entry_reverses_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_usage_entry_ticket_id_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_usage_entry")),
        sa.UniqueConstraint("reverses", name=op.f("uq_usage_entry_reverses")),
        sa.UniqueConstraint("seq", "enterprise_id", name=op.f("uq_usage_entry_seq_enterprise_id")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_usage_entry_unique_key")),
    )
    op.create_index("ix_usage_entry_enterprise", "usage_entry", ["enterprise_id", "month", "seq"], unique=False)
    op.create_index("ix_usage_entry_month_institution", "usage_entry", ["month", "institution_id", "seq"], unique=False)
    op.create_index("ix_usage_entry_month_service", "usage_entry", ["month", "service_code", "seq"], unique=False)
    op.create_index("ix_usage_entry_month_station", "usage_entry", ["month", "station_id", "seq"], unique=False)
    op.create_index("ix_usage_entry_ticket", "usage_entry", ["ticket_id"], unique=False)
    op.create_table(
        "alarm",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skipped", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["clock_id", "enterprise_id"], ["clock.id", "clock.enterprise_id"], name=op.f("fk_alarm_clock_id_enterprise_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_alarm_ticket_id_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("clock_id", "rung", name=op.f("uq_alarm_clock_id_rung")),
    )
    op.create_index("ix_alarm_ticket", "alarm", ["ticket_id", "id"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("draft_id", sa.BigInteger(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), server_default="shared", nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("storage_name", sa.Text(), nullable=False),
        sa.Column("uploaded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("uploaded_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("audience IN ('shared', 'internal')", name=op.f("ck_attachment_audience")),
        sa.CheckConstraint("purpose IN ('request', 'message', 'evidence')", name=op.f("ck_attachment_purpose")),
        sa.ForeignKeyConstraint(
            ["draft_id", "enterprise_id"], ["draft.id", "draft.enterprise_id"], name=op.f("fk_attachment_draft_id_enterprise_id"), ondelete="SET NULL (draft_id)"
        ),
        sa.ForeignKeyConstraint(
            ["message_id", "enterprise_id"], ["message.id", "message.enterprise_id"], name=op.f("fk_attachment_message_id_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_attachment_ticket_id_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["person.id"], name=op.f("fk_attachment_uploaded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("storage_name", name=op.f("uq_attachment_storage_name")),
    )
    op.create_index("ix_attachment_draft", "attachment", ["draft_id"], unique=False, postgresql_where=sa.text("draft_id IS NOT NULL"))
    op.create_index("ix_attachment_ticket", "attachment", ["ticket_id"], unique=False)
    op.create_table(
        "clock_pause",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clock_id", "enterprise_id"], ["clock.id", "clock.enterprise_id"], name=op.f("fk_clock_pause_clock_id_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_pause")),
    )
    op.create_index("ix_clock_pause_clock", "clock_pause", ["clock_id", "id"], unique=False)
    op.execute(sa.text(LEDGER.read_text(encoding="utf-8").replace(":", "\\:")))
    _grant()


def _grant() -> None:
    """Let the product's role read and write, but never change or delete what the ledger holds."""
    product = sa.make_url(current_app.config["DATABASE_URL"]).username
    if product == op.get_bind().scalar(sa.text("SELECT current_user")):
        return
    role = sa.sql.quoted_name(product or "", quote=True)
    op.execute(f'GRANT USAGE ON SCHEMA public TO "{role}"')
    op.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"')
    op.execute(f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}"')
    op.execute(f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{role}"')
    op.execute(f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO "{role}"')
    for table in ("usage_entry", "usage_head", "usage_month", "usage_enterprise_month"):
        op.execute(f'REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM "{role}"')
    op.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON usage_anchor FROM "{role}"')
    op.execute(f'REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON alembic_version FROM "{role}"')


def downgrade() -> None:
    """There is nothing before the first release: drop the database instead."""
    raise NotImplementedError("drop the database instead")
