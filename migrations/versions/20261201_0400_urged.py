"""A request can be urged: one more thing a line of the timeline is about.

The release that serves makes none.
"""

from __future__ import annotations

from alembic import op

revision = "e04b7d1c95f3"
down_revision = "5c2d9e7a40b6"
branch_labels = None
depends_on = None

KINDS = """'accept', 'answer', 'archive', 'assign', 'auto_close', 'bounce', 'change_service',
    'confirm', 'consent', 'contact', 'dispatch', 'file', 'hand_over', 'hold',
    'loan_accepted', 'loan_approved', 'loan_asked', 'loan_examined', 'loan_guaranteed',
    'loan_lapsed', 'loan_refused', 'loan_stopped', 'loan_taken_back', 'loan_taken_up',
    'loan_withdrawn', 'merge', 'merge_in', 'pick_up', 'redo', 'refuse', 'release', 'reopen',
    'resubmit', 'resume', 'return', 'route', 'rung', 'start', 'urge', 'verdict', 'withdraw'"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(
            "ALTER TABLE timeline_entry DROP CONSTRAINT IF EXISTS ck_timeline_entry_kind,"
            f" ADD CONSTRAINT ck_timeline_entry_kind CHECK (kind IN ({KINDS})) NOT VALID"
        )
        op.execute("ALTER TABLE timeline_entry VALIDATE CONSTRAINT ck_timeline_entry_kind")


def downgrade() -> None:
    """The wider check refuses nothing that the former release writes."""
