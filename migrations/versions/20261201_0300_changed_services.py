"""A ticket goes on under another service: one more thing a line of the timeline is about, and the
few such lines are found without reading all.

The release that serves makes none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5c2d9e7a40b6"
down_revision = "b7c2e90d4f61"
branch_labels = None
depends_on = None

KINDS = """'accept', 'answer', 'archive', 'assign', 'auto_close', 'bounce', 'change_service',
    'confirm', 'consent', 'contact', 'dispatch', 'file', 'hand_over', 'hold',
    'loan_accepted', 'loan_approved', 'loan_asked', 'loan_examined', 'loan_guaranteed',
    'loan_lapsed', 'loan_refused', 'loan_stopped', 'loan_taken_back', 'loan_taken_up',
    'loan_withdrawn', 'merge', 'merge_in', 'pick_up', 'redo', 'refuse', 'release', 'reopen',
    'resubmit', 'resume', 'return', 'route', 'rung', 'start', 'verdict', 'withdraw'"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(
            "ALTER TABLE timeline_entry DROP CONSTRAINT IF EXISTS ck_timeline_entry_kind,"
            f" ADD CONSTRAINT ck_timeline_entry_kind CHECK (kind IN ({KINDS})) NOT VALID"
        )
        op.execute("ALTER TABLE timeline_entry VALIDATE CONSTRAINT ck_timeline_entry_kind")
        # A migration that was interrupted begins again.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_timeline_entry_service")
        op.create_index(
            "ix_timeline_entry_service",
            "timeline_entry",
            ["ticket_id", "at"],
            postgresql_concurrently=True,
            postgresql_where=sa.text("kind = 'change_service'"),
        )


def downgrade() -> None:
    """The wider check refuses nothing that the former release writes."""
    op.drop_index("ix_timeline_entry_service", "timeline_entry")
