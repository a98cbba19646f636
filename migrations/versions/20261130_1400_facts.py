"""What is known of an enterprise and a year: appended, never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "f1c40a7d92b3"
down_revision = "e1946d5b07fa"
branch_labels = None
depends_on = None

SOURCES = "'decision', 'department', 'import', 'own', 'scheme'"
KEPT = """
CREATE FUNCTION fact_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a fact is never changed: a correction is a new one'
        USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "fact",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Numeric(24, 6), nullable=True),
        sa.Column("value_code", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(f"source IN ({SOURCES})", name=op.f("ck_fact_source")),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name=op.f("ck_fact_year")),
        sa.CheckConstraint("(number IS NULL) <> (value_code IS NULL)", name=op.f("ck_fact_value")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_fact_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_fact_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact")),
        sa.UniqueConstraint("id", "enterprise_id", name=op.f("uq_fact_id_enterprise_id")),
    )
    op.create_index("ix_fact_of", "fact", ["enterprise_id", "year", "code", "id"])
    op.execute(KEPT)
    op.execute(
        "CREATE TRIGGER fact_kept BEFORE UPDATE OR DELETE ON fact"
        " FOR EACH ROW EXECUTE FUNCTION fact_kept()"
    )
    role = sa.make_url(current_app.config["DATABASE_URL"]).username
    if role != op.get_bind().scalar(sa.text("SELECT current_user")):
        op.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON fact FROM "{role}"')


def downgrade() -> None:
    op.drop_table("fact")
    op.execute("DROP FUNCTION fact_kept()")
