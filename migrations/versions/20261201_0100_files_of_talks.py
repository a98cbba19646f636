"""A file may be of the conversation with one of several institutions."""

from __future__ import annotations

from alembic import op

revision = "8f2c61d7a3e9"
down_revision = "3f8e5b71c2a9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE attachment ADD COLUMN IF NOT EXISTS institution_id bigint")
    op.execute(
        "ALTER TABLE attachment ADD CONSTRAINT fk_attachment_institution_id"
        " FOREIGN KEY (institution_id) REFERENCES institution (id) NOT VALID"
    )
    op.execute("ALTER TABLE attachment VALIDATE CONSTRAINT fk_attachment_institution_id")


def downgrade() -> None:
    op.drop_constraint("fk_attachment_institution_id", "attachment")
    op.drop_column("attachment", "institution_id")
