"""Fingerprints of the keys a zone's database was made with; the product may add one, not change it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "b85e2f41c6d0"
down_revision = "5b8e0c6a41d7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_fingerprint",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column(
            "kept_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_key_fingerprint")),
    )
    role = sa.make_url(current_app.config["DATABASE_URL"]).username
    if role != op.get_bind().scalar(sa.text("SELECT current_user")):
        op.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON key_fingerprint FROM "{role}"')


def downgrade() -> None:
    op.drop_table("key_fingerprint")
