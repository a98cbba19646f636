"""Find what somebody filed at a station's desk, newest first, however many tickets there are."""

from __future__ import annotations

from alembic import op

revision = "8d27f1a06c3e"
down_revision = "d2a96e1f58c3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE INDEX ix_ticket_filed_on_behalf ON ticket (filed_by_id, id DESC)
        WHERE channel IN ('desk', 'phone', 'visit')
    """)


def downgrade() -> None:
    op.execute("DROP INDEX ix_ticket_filed_on_behalf")
