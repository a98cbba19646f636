"""Facts that sources say differently and nobody has decided yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b7d2e94f10c6"
down_revision = "c7a9152e60bd"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fact_conflict",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_fact_conflict_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_conflict")),
        sa.UniqueConstraint(
            "enterprise_id", "year", "code", name=op.f("uq_fact_conflict_enterprise_id_year_code")
        ),
    )


def downgrade() -> None:
    op.drop_table("fact_conflict")
