"""An anchor that the product keeps says what the chain says, at a moment that has been.

The release that serves keeps the head of the chain, so nothing of it is refused. The owner of the
table is not asked: a restore brings anchors before or after their entries.
"""

from __future__ import annotations

from alembic import op

revision = "a64f0d8b29e5"
down_revision = "e3b92d60f7a1"
branch_labels = None
depends_on = None

CHECK = """
CREATE FUNCTION usage_anchor_check() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user <> (SELECT tableowner FROM pg_tables
            WHERE schemaname = TG_TABLE_SCHEMA AND tablename = TG_TABLE_NAME)
        AND NOT EXISTS (SELECT FROM usage_entry WHERE seq = NEW.seq AND hash = NEW.hash)
        AND NOT (NEW.seq = 0 AND NEW.hash = decode('00', 'hex'))
    THEN
        RAISE EXCEPTION 'an anchor must be of the chain: entry % has another hash', NEW.seq
            USING ERRCODE = 'restrict_violation';
    END IF;
    -- What is written after an anchor is judged by its moment, which is none that is to come.
    NEW.at := least(NEW.at, clock_timestamp());
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(CHECK)
    op.execute(
        "CREATE TRIGGER usage_anchor_check BEFORE INSERT ON usage_anchor"
        " FOR EACH ROW EXECUTE FUNCTION usage_anchor_check()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER usage_anchor_check ON usage_anchor")
    op.execute("DROP FUNCTION usage_anchor_check()")
