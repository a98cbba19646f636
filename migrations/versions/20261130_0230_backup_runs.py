"""The runs of backup and restore, written by the schema's owner and read by the status page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "c41d7e90ab52"
down_revision = "5b0e8f3ad916"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "backup_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("ended_at", moment, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("files", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lost_files", sa.Integer(), server_default="0", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("kind IN ('manual', 'nightly', 'restore')", name=op.f("ck_backup_run_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_run")),
    )
    product = sa.make_url(current_app.config["DATABASE_URL"]).username
    if product != op.get_bind().scalar(sa.text("SELECT current_user")):
        op.execute(f'REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON backup_run FROM "{product}"')


def downgrade() -> None:
    op.drop_table("backup_run")
