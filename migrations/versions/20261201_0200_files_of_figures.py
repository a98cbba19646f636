"""A figure may have files that prove it: each hangs on the statement that it came with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "b7c2e90d4f61"
down_revision = "8f2c61d7a3e9"
branch_labels = None
depends_on = None

SIDES = "'enterprise', 'institution', 'zone'"


def upgrade() -> None:
    op.create_table(
        "fact_file",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("fact_id", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.Text(), server_default="enterprise", nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("storage_name", sa.Text(), nullable=False),
        sa.Column("uploaded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("uploaded_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"side IN ({SIDES})", name=op.f("ck_fact_file_side")),
        sa.CheckConstraint(
            "storage_name ~ '^[0-9a-f]{32,64}$'", name=op.f("ck_fact_file_storage_name")
        ),
        sa.ForeignKeyConstraint(
            ["fact_id", "enterprise_id"],
            ["fact.id", "fact.enterprise_id"],
            name=op.f("fk_fact_file_fact_id_enterprise_id"),
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["person.id"], name=op.f("fk_fact_file_uploaded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_file")),
        sa.UniqueConstraint("storage_name", name=op.f("uq_fact_file_storage_name")),
    )
    op.create_index("ix_fact_file_of", "fact_file", ["enterprise_id", "fact_id"])
    op.execute(
        "CREATE TRIGGER fact_file_storage AFTER INSERT OR DELETE ON fact_file"
        " FOR EACH ROW EXECUTE FUNCTION storage_keep()"
    )
    role = sa.make_url(current_app.config["DATABASE_URL"]).username
    if role != op.get_bind().scalar(sa.text("SELECT current_user")):
        op.execute(f'REVOKE UPDATE, TRUNCATE ON fact_file FROM "{role}"')


def downgrade() -> None:
    op.drop_table("fact_file")
