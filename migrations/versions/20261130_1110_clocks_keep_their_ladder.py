"""A clock keeps the version of the ladder it started with.

What the serving release starts meanwhile stands on the first one, the only one it knows.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c41f7e90b8d2"
down_revision = "c5e7903ab1d4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "clock", sa.Column("ladder_version", sa.SmallInteger(), server_default="1", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("clock", "ladder_version")
