"""Tickets are split: each part keeps off which one it was split, and two more things a line of the
timeline is about.

The release that serves splits none.
"""

from __future__ import annotations

from alembic import op

revision = "3fa90b7c52e8"
down_revision = "8e21f6a4d07b"
branch_labels = None
depends_on = None

KINDS = """'accept', 'answer', 'archive', 'ask_extension', 'assign', 'auto_close', 'bounce',
    'call_back', 'change_service', 'confirm', 'consent', 'contact', 'dispatch', 'extension_ended',
    'file', 'give_back', 'grant_extension', 'hand_over', 'hold', 'link', 'loan_accepted',
    'loan_approved', 'loan_asked', 'loan_examined', 'loan_guaranteed', 'loan_lapsed',
    'loan_refused', 'loan_stopped', 'loan_taken_back', 'loan_taken_up', 'loan_withdrawn', 'merge',
    'merge_in', 'pick_up', 'redo', 'refuse', 'refuse_extension', 'release', 'reopen', 'resubmit',
    'resume', 'return', 'route', 'rung', 'split', 'split_off', 'start', 'take_back', 'unlink',
    'urge', 'verdict', 'withdraw', 'withdraw_offer'"""


def upgrade() -> None:
    # A migration that was interrupted begins again.
    op.execute("ALTER TABLE ticket ADD COLUMN IF NOT EXISTS split_from_id bigint")
    with op.get_context().autocommit_block():
        op.execute(
            "ALTER TABLE ticket DROP CONSTRAINT IF EXISTS fk_ticket_split_from_id_enterprise_id,"
            " ADD CONSTRAINT fk_ticket_split_from_id_enterprise_id"
            " FOREIGN KEY (split_from_id, enterprise_id) REFERENCES ticket (id, enterprise_id)"
            " NOT VALID"
        )
        op.execute("ALTER TABLE ticket VALIDATE CONSTRAINT fk_ticket_split_from_id_enterprise_id")
        op.execute(
            "ALTER TABLE timeline_entry DROP CONSTRAINT IF EXISTS ck_timeline_entry_kind,"
            f" ADD CONSTRAINT ck_timeline_entry_kind CHECK (kind IN ({KINDS})) NOT VALID"
        )
        op.execute("ALTER TABLE timeline_entry VALIDATE CONSTRAINT ck_timeline_entry_kind")


def downgrade() -> None:
    """The wider check refuses nothing that the former release writes."""
    op.drop_column("ticket", "split_from_id")
