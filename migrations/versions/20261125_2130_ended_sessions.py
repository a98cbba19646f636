"""Sessions that were signed out of, so that a copied cookie ends with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c41d7e5a9b02"
down_revision = "be2aafcbe66d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ended_session",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_session")),
    )


def downgrade() -> None:
    op.drop_table("ended_session")
