"""An institution has a time of its own for a case it has taken: one more kind of promise.

The release that serves makes none, and leaves alarms of ladders that it does not know.
"""

from __future__ import annotations

from alembic import op

revision = "3f8e5b71c2a9"
down_revision = "d41b7f93c60e"
branch_labels = None
depends_on = None

KINDS = "'accept', 'contact', 'resolve', 'offer', 'decision', 'look_again', 'handle'"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table in ("clock", "alarm"):
            name = f"ck_{table}_kind"
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            op.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (kind IN ({KINDS})) NOT VALID"
            )
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def downgrade() -> None:
    """The wider check refuses nothing that the former release writes."""
