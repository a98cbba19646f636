"""A decision has the code of its reason; its words are written for the serving release only."""

from __future__ import annotations

from alembic import op

revision = "c41f7a2be960"
down_revision = "a64f0d8b29e5"
branch_labels = None
depends_on = None

CODES = "'coverage', 'headquarters', 'least_loaded', 'no_station', 'nobody_able', 'person', 'rule'"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE decision ADD COLUMN IF NOT EXISTS reason_code text")
        op.execute("ALTER TABLE decision ALTER COLUMN words_en SET DEFAULT ''")
        op.execute("ALTER TABLE decision ALTER COLUMN words_zh SET DEFAULT ''")
        # A migration that was interrupted begins again.
        op.execute("ALTER TABLE decision DROP CONSTRAINT IF EXISTS ck_decision_reason_code")
        op.execute(
            "ALTER TABLE decision ADD CONSTRAINT ck_decision_reason_code"
            f" CHECK (reason_code IN ({CODES})) NOT VALID"
        )
        op.execute("ALTER TABLE decision VALIDATE CONSTRAINT ck_decision_reason_code")


def downgrade() -> None:
    op.execute("ALTER TABLE decision DROP CONSTRAINT ck_decision_reason_code")
    op.execute("ALTER TABLE decision ALTER COLUMN words_en DROP DEFAULT")
    op.execute("ALTER TABLE decision ALTER COLUMN words_zh DROP DEFAULT")
    op.execute("ALTER TABLE decision DROP COLUMN reason_code")
