"""The promise of an answer can be extended: what is asked for, what is promised then beside what
was promised first, and what the timeline says of it.

The release that serves makes none of it, and leaves what it does not know. It ends no request when
a case is put on hold or answered; this release lets those lapse with the promised day.
"""

from __future__ import annotations

from alembic import op

revision = "c41f7e08a9d2"
down_revision = "5b7d90e2c4a1"
branch_labels = None
depends_on = None

LINES = """'accept', 'answer', 'archive', 'ask_extension', 'assign', 'auto_close', 'bounce',
    'call_back', 'change_service', 'confirm', 'consent', 'contact', 'dispatch', 'extension_ended',
    'file', 'give_back', 'grant_extension', 'hand_over', 'hold', 'loan_accepted', 'loan_approved',
    'loan_asked', 'loan_examined', 'loan_guaranteed', 'loan_lapsed', 'loan_refused',
    'loan_stopped', 'loan_taken_back', 'loan_taken_up', 'loan_withdrawn', 'merge', 'merge_in',
    'pick_up', 'redo', 'refuse', 'refuse_extension', 'release', 'reopen', 'resubmit', 'resume',
    'return', 'route', 'rung', 'start', 'take_back', 'urge', 'verdict', 'withdraw',
    'withdraw_offer'"""


def upgrade() -> None:
    # A migration that was interrupted begins again.
    op.execute("ALTER TABLE clock ADD COLUMN IF NOT EXISTS first_due_at timestamptz")
    op.execute("ALTER TABLE ticket ADD COLUMN IF NOT EXISTS extension_due_at timestamptz")
    op.execute("ALTER TABLE ticket ADD COLUMN IF NOT EXISTS extension_asked_by_id bigint")
    with op.get_context().autocommit_block():
        op.execute(
            "ALTER TABLE ticket"
            " DROP CONSTRAINT IF EXISTS fk_ticket_extension_asked_by_id_person,"
            " ADD CONSTRAINT fk_ticket_extension_asked_by_id_person"
            " FOREIGN KEY (extension_asked_by_id) REFERENCES person (id) NOT VALID"
        )
        op.execute("ALTER TABLE ticket VALIDATE CONSTRAINT fk_ticket_extension_asked_by_id_person")
        op.execute(
            "ALTER TABLE timeline_entry DROP CONSTRAINT IF EXISTS ck_timeline_entry_kind,"
            f" ADD CONSTRAINT ck_timeline_entry_kind CHECK (kind IN ({LINES})) NOT VALID"
        )
        op.execute("ALTER TABLE timeline_entry VALIDATE CONSTRAINT ck_timeline_entry_kind")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_ticket_to_extend")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_ticket_to_extend ON ticket (resolve_due_at, id)"
            " WHERE extension_due_at IS NOT NULL"
        )


def downgrade() -> None:
    """The wider check refuses nothing that the former release writes."""
    op.drop_index("ix_ticket_to_extend", "ticket")
    op.drop_column("ticket", "extension_asked_by_id")
    op.drop_column("ticket", "extension_due_at")
    op.drop_column("clock", "first_due_at")
