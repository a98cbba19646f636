"""A run of scores says whether a later one took its place before it was finished."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e5a90c47b2d8"
down_revision = "e04b7d1c95f3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "score_run",
        sa.Column("replaced", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("score_run", "replaced")
