"""What was said and done stays as it was written: the product's role may add to it, neither change nor delete it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "3f6b20d9c1a7"
down_revision = "a94e1c07d2f5"
branch_labels = None
depends_on = None

# Written once.
HISTORY = ("decision", "message", "service_event", "service_version", "timeline_entry")
# Changed while a ticket lives, never taken away.
KEPT = ("alarm", "assignment", "clock", "clock_pause", "offer", "rating", "ticket", "ticket_words")


def _product() -> str | None:
    """Give the product's role; None where it is the owner too, who can't be held back."""
    role = sa.make_url(current_app.config["DATABASE_URL"]).username
    return None if role == op.get_bind().scalar(sa.text("SELECT current_user")) else role


def upgrade() -> None:
    if role := _product():
        op.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON {", ".join(HISTORY)} FROM "{role}"')
        op.execute(f'REVOKE DELETE, TRUNCATE ON {", ".join(KEPT)} FROM "{role}"')


def downgrade() -> None:
    if role := _product():
        op.execute(f'GRANT UPDATE, DELETE ON {", ".join(HISTORY)} TO "{role}"')
        op.execute(f'GRANT DELETE ON {", ".join(KEPT)} TO "{role}"')
