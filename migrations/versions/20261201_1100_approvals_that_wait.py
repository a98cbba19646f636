"""Approvals that nobody accepts are reminded of once, and end with their last day."""

from __future__ import annotations

from alembic import op

revision = "5b7d90e2c4a1"
down_revision = "f48b1c6d20e9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE loan_answer ADD COLUMN IF NOT EXISTS reminded_at timestamptz")
    op.execute(
        "CREATE INDEX ix_loan_answer_waiting ON loan_answer (valid_until)"
        " WHERE state = 'approved' AND accepted_at IS NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_loan_answer_waiting")
    op.drop_column("loan_answer", "reminded_at")
