"""A stored file has a name that the portal has given: none leads out of the folder of files.

The check is added unvalidated, which holds nobody up, and then validated, which lets everybody read
and write meanwhile. Every release has given such names.
"""

from __future__ import annotations

from alembic import op

revision = "c3d81f0a9b67"
down_revision = "c41f7a2be960"
branch_labels = None
depends_on = None

ADD = """
    ALTER TABLE attachment ADD CONSTRAINT ck_attachment_storage_name
    CHECK (storage_name ~ '^[0-9a-f]{32,64}$') NOT VALID
"""
VALIDATE = "ALTER TABLE attachment VALIDATE CONSTRAINT ck_attachment_storage_name"
DROP = "ALTER TABLE attachment DROP CONSTRAINT ck_attachment_storage_name"


def upgrade() -> None:
    """Add it."""
    op.execute(ADD)
    op.execute(VALIDATE)


def downgrade() -> None:
    """Drop it."""
    op.execute(DROP)
