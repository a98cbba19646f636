"""A lead calls an enterprise back that is not content: one more kind of promise, which its ticket
shows, and one more thing a line of the timeline is about. A rating keeps when it was first said.

The release that serves makes none of it, and leaves alarms of ladders that it does not know.
"""

from __future__ import annotations

from alembic import op

revision = "d7a35c0e91f4"
down_revision = "b61d8f03e5c7"
branch_labels = None
depends_on = None

CLOCKS = "'accept', 'contact', 'resolve', 'offer', 'decision', 'look_again', 'handle', 'call_back'"
LINES = """'accept', 'answer', 'archive', 'assign', 'auto_close', 'bounce', 'call_back',
    'change_service', 'confirm', 'consent', 'contact', 'dispatch', 'file', 'give_back', 'hand_over',
    'hold', 'loan_accepted', 'loan_approved', 'loan_asked', 'loan_examined', 'loan_guaranteed',
    'loan_lapsed', 'loan_refused', 'loan_stopped', 'loan_taken_back', 'loan_taken_up',
    'loan_withdrawn', 'merge', 'merge_in', 'pick_up', 'redo', 'refuse', 'release', 'reopen',
    'resubmit', 'resume', 'return', 'route', 'rung', 'start', 'take_back', 'urge', 'verdict',
    'withdraw', 'withdraw_offer'"""
KINDS = {"clock": CLOCKS, "alarm": CLOCKS, "timeline_entry": LINES}


def upgrade() -> None:
    # A migration that was interrupted begins again.
    op.execute("ALTER TABLE ticket ADD COLUMN IF NOT EXISTS call_back_due_at timestamptz")
    op.execute("ALTER TABLE rating ADD COLUMN IF NOT EXISTS first_at timestamptz")
    with op.get_context().autocommit_block():
        for table, kinds in KINDS.items():
            name = f"ck_{table}_kind"
            op.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name},"
                f" ADD CONSTRAINT {name} CHECK (kind IN ({kinds})) NOT VALID"
            )
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_ticket_to_call_back")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_ticket_to_call_back ON ticket (call_back_due_at, id)"
            " WHERE call_back_due_at IS NOT NULL"
        )


def downgrade() -> None:
    """The wider checks refuse nothing that the former release writes."""
    op.drop_index("ix_ticket_to_call_back", "ticket")
    op.drop_column("rating", "first_at")
    op.drop_column("ticket", "call_back_due_at")
