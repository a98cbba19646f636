"""Events and messages say what they are about, also where that is no ticket.

The release that serves writes neither column; a row without them is about its ticket, or without
one about an account. The checks are added unvalidated, which holds nobody up, and then validated.
"""

from __future__ import annotations

from alembic import op

revision = "4c1f0a86b2d7"
down_revision = "7be1c09d52a4"
branch_labels = None
depends_on = None

CHECKS = {
    "subject_kind": "subject_kind IN ('person', 'ticket')",
    "subject": "(subject_kind IS NULL) = (subject_id IS NULL)",
}
TABLES = ("outbox", "notification")


def upgrade() -> None:
    # A migration that was interrupted begins again.
    for table in TABLES:
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS subject_kind text,"
            " ADD COLUMN IF NOT EXISTS subject_id bigint"
        )
    with op.get_context().autocommit_block():
        for table in TABLES:
            for name, holds in CHECKS.items():
                check = f"ck_{table}_{name}"
                op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {check}")
                op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({holds}) NOT VALID")
                op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}")


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "subject_kind")
        op.drop_column(table, "subject_id")
