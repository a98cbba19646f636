"""A score says which run computed it, if one did, and how far the figures were known then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c19f4b7e03a6"
down_revision = "9c4d20f7a1be"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("score", sa.Column("run_id", sa.BigInteger(), nullable=True))
    op.add_column("score", sa.Column("upto_fact_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_score_run_id"), "score", "score_run", ["run_id"], ["id"])


def downgrade() -> None:
    op.drop_column("score", "upto_fact_id")
    op.drop_column("score", "run_id")
