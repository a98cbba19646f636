"""A rollup of the contacts that do not count, kept by the database as the others are."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "a94e1c07d2f5"
down_revision = "7d0f2c4be913"
branch_labels = None
depends_on = None

EXCLUDED = Path(__file__).resolve().parents[1] / "sql" / "20261126_excluded.sql"


def upgrade() -> None:
    op.create_table(
        "usage_excluded_month",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("station_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("institution_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("park_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("contacts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month", "station_id", "institution_id", "park_id", "category_code", name=op.f("pk_usage_excluded_month")),
    )
    op.execute(sa.text(EXCLUDED.read_text(encoding="utf-8").replace(":", "\\:")))
    product = sa.make_url(current_app.config["DATABASE_URL"]).username
    if product != op.get_bind().scalar(sa.text("SELECT current_user")):
        op.execute(f'REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON usage_excluded_month FROM "{product}"')


def downgrade() -> None:
    op.execute("DROP TRIGGER service_event_excluded ON service_event")
    op.execute("DROP FUNCTION usage_exclude")
    op.drop_table("usage_excluded_month")
