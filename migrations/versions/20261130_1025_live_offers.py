"""One live offer a ticket, or one for each institution where several are asked at once.

The release that serves writes offers that are asked one after the other, and the new index refuses
of these what the former refused.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8d2b71f4c0e6"
down_revision = "4c1f0a86b2d7"
branch_labels = None
depends_on = None

LIVE = "state IN ('accepted', 'offered')"
KEYS = {
    "uq_offer_live_of_ticket": (["ticket_id"], f"{LIVE} AND NOT in_parallel"),
    "uq_offer_live_of_institution": (["ticket_id", "institution_id"], LIVE),
}


def upgrade() -> None:
    # A migration that was interrupted begins again.
    op.execute(
        "ALTER TABLE offer ADD COLUMN IF NOT EXISTS in_parallel boolean NOT NULL DEFAULT false"
    )
    with op.get_context().autocommit_block():
        for name, (columns, where) in KEYS.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.create_index(
                name,
                "offer",
                columns,
                unique=True,
                postgresql_concurrently=True,
                postgresql_where=sa.text(where),
            )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS uq_offer_live")


def downgrade() -> None:
    op.create_index(
        "uq_offer_live",
        "offer",
        ["ticket_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('offered', 'accepted')"),
    )
    op.drop_column("offer", "in_parallel")
