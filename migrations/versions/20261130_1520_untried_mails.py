"""Mails that were never tried are found past those that were refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e4a7c1d92b58"
down_revision = "c27e5a90b1d4"
branch_labels = None
depends_on = None

TABLES = ("letter", "notification_delivery")
UNTRIED = "state IN ('queued', 'sending') AND attempts = 0"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table in TABLES:
            # A migration that was interrupted begins again.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS ix_{table}_untried")
            op.create_index(
                f"ix_{table}_untried",
                table,
                ["available_at", "id"],
                postgresql_concurrently=True,
                postgresql_where=sa.text(UNTRIED),
            )


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_untried", table)
