"""Schemes in versions, scores that only grow, where each enterprise stands, and disputes.

Events may be about an enterprise from now on; the release that serves meanwhile writes none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

revision = "d08b31c6e5f2"
down_revision = "a7c91e40d2b8"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
POINTS = sa.Numeric(9, 2)
PUBLISHED_KEPT = """
CREATE FUNCTION scheme_version_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.status = 'published' THEN
        RAISE EXCEPTION 'a published version never changes: make a new one'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$
"""
SCORE_KEPT = """
CREATE FUNCTION score_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a score is never changed: a new one is computed'
        USING ERRCODE = 'restrict_violation';
END $$
"""
NOTED = {
    "score_scheme": "'catalogue_changed', 'score_scheme', 'id', 'code', ''",
    "scheme_version": (
        "'catalogue_changed', 'scheme_version', 'id', 'number', 'definition,published_by_id'"
    ),
}


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _big(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, server_default=default)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def _key(table: str, column: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}"))


def _of_score(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["score_id", "enterprise_id"],
        ["score.id", "score.enterprise_id"],
        name=op.f(f"fk_{table}_score_id_enterprise_id"),
    )


def _year() -> sa.Column[int]:
    return sa.Column("year", sa.SmallInteger(), nullable=False)


def upgrade() -> None:
    _schemes()
    _scores()
    _disputes()
    for table, said in NOTED.items():
        op.execute(
            f"CREATE TRIGGER {table}_noted AFTER INSERT OR DELETE OR UPDATE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION security_note_row({said})"
        )
    op.execute(PUBLISHED_KEPT)
    op.execute(
        "CREATE TRIGGER scheme_version_kept BEFORE UPDATE OR DELETE ON scheme_version"
        " FOR EACH ROW EXECUTE FUNCTION scheme_version_kept()"
    )
    op.execute(SCORE_KEPT)
    op.execute(
        "CREATE TRIGGER score_kept BEFORE UPDATE OR DELETE ON score"
        " FOR EACH ROW EXECUTE FUNCTION score_kept()"
    )
    role = sa.make_url(current_app.config["DATABASE_URL"]).username
    if role != op.get_bind().scalar(sa.text("SELECT current_user")):
        op.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON score FROM "{role}"')
        op.execute(f'REVOKE DELETE, TRUNCATE ON score_dispute FROM "{role}"')
    with op.get_context().autocommit_block():
        for table in ("outbox", "notification"):
            check = f"ck_{table}_subject_kind"
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {check}")
            op.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {check}"
                " CHECK (subject_kind IN ('enterprise', 'person', 'ticket')) NOT VALID"
            )
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}")


def _schemes() -> None:
    op.create_table(
        "score_scheme",
        _id(),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind_code", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint(
            "kind_code IN ('eligibility', 'points')", name=op.f("ck_score_scheme_kind_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_scheme")),
        sa.UniqueConstraint("code", name=op.f("uq_score_scheme_code")),
    )
    op.create_index(
        "uq_score_scheme_points",
        "score_scheme",
        ["kind_code"],
        unique=True,
        postgresql_where=sa.text("kind_code = 'points'"),
    )
    op.create_table(
        "scheme_version",
        _id(),
        _big("scheme_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("from_year", sa.SmallInteger(), nullable=False),
        _json("definition"),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("published_at", AT, nullable=True),
        _big("published_by_id", nullable=True),
        sa.CheckConstraint(
            "status IN ('draft', 'published')", name=op.f("ck_scheme_version_status")
        ),
        sa.CheckConstraint(
            "(status = 'published') = (published_at IS NOT NULL)",
            name=op.f("ck_scheme_version_published"),
        ),
        sa.CheckConstraint(
            "from_year BETWEEN 2000 AND 2100", name=op.f("ck_scheme_version_from_year")
        ),
        _key("scheme_version", "scheme_id", "score_scheme"),
        _key("scheme_version", "published_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme_version")),
        sa.UniqueConstraint("scheme_id", "number", name=op.f("uq_scheme_version_scheme_id_number")),
    )
    op.create_index(
        "uq_scheme_version_draft",
        "scheme_version",
        ["scheme_id"],
        unique=True,
        postgresql_where=sa.text("status = 'draft'"),
    )


def _scores() -> None:
    op.create_table(
        "score",
        _id(),
        _big("enterprise_id"),
        _big("version_id"),
        _year(),
        sa.Column("stage_code", sa.Text(), nullable=True),
        sa.Column("total", POINTS, nullable=False),
        sa.Column("passes", sa.Boolean(), nullable=True),
        sa.Column("by_code", sa.Text(), nullable=True),
        *(_json(n) for n in ("by_category", "lines", "conditions", "steps", "missing")),
        sa.Column("computed_at", AT, nullable=False),
        _key("score", "enterprise_id", "enterprise"),
        _key("score", "version_id", "scheme_version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
        sa.UniqueConstraint("id", "enterprise_id", name=op.f("uq_score_id_enterprise_id")),
    )
    op.create_index("ix_score_of", "score", ["enterprise_id", "year", "id"])
    op.create_table(
        "score_standing",
        _big("scheme_id"),
        _year(),
        _big("enterprise_id"),
        _big("score_id"),
        _big("version_id"),
        sa.Column("stage_code", sa.Text(), nullable=True),
        sa.Column("total", POINTS, nullable=False),
        sa.Column("passes", sa.Boolean(), nullable=True),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        _key("score_standing", "scheme_id", "score_scheme"),
        _key("score_standing", "version_id", "scheme_version"),
        _of_score("score_standing"),
        sa.PrimaryKeyConstraint(
            "scheme_id", "year", "enterprise_id", name=op.f("pk_score_standing")
        ),
    )
    op.create_index(
        "ix_score_standing_stage", "score_standing", ["scheme_id", "year", "stage_code", "total"]
    )
    op.create_table(
        "score_group",
        _big("scheme_id"),
        _year(),
        sa.Column("stage_code", sa.Text(), nullable=False),
        sa.Column("enterprises", sa.Integer(), nullable=False),
        sa.Column("median", POINTS, nullable=False),
        _json("medians"),
        _key("score_group", "scheme_id", "score_scheme"),
        sa.PrimaryKeyConstraint("scheme_id", "year", "stage_code", name=op.f("pk_score_group")),
    )
    op.create_table(
        "score_run",
        _id(),
        _big("version_id"),
        _year(),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        _big("upto_id", default="0"),
        sa.Column("begun_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        _key("score_run", "version_id", "scheme_version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_run")),
    )
    op.create_index(
        "ix_score_run_waiting", "score_run", ["id"], postgresql_where=sa.text("ended_at IS NULL")
    )


def _disputes() -> None:
    op.create_table(
        "score_dispute",
        _id(),
        _big("enterprise_id"),
        _big("score_id"),
        sa.Column("indicator_code", sa.Text(), nullable=False),
        _big("ticket_id"),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("filed_at", AT, nullable=False),
        sa.Column("decided_at", AT, nullable=True),
        _big("decided_by_id", nullable=True),
        sa.Column("decision_note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'rejected', 'upheld')", name=op.f("ck_score_dispute_status")
        ),
        sa.CheckConstraint(
            "(status = 'open') = (decided_at IS NULL)", name=op.f("ck_score_dispute_decided")
        ),
        _of_score("score_dispute"),
        sa.ForeignKeyConstraint(
            ["ticket_id", "enterprise_id"],
            ["ticket.id", "ticket.enterprise_id"],
            name=op.f("fk_score_dispute_ticket_id_enterprise_id"),
        ),
        _key("score_dispute", "decided_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_dispute")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_score_dispute_ticket_id")),
    )
    op.create_index(
        "uq_score_dispute_open",
        "score_dispute",
        ["score_id", "indicator_code"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )


def downgrade() -> None:
    for table in (
        "score_dispute",
        "score_run",
        "score_group",
        "score_standing",
        "score",
        "scheme_version",
        "score_scheme",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION score_kept()")
    op.execute("DROP FUNCTION scheme_version_kept()")
