"""Each file says which side put it in; what an enterprise's files take is what it put in itself.

In steps that each stand alone, so that nobody waits for the whole. The release that serves
meanwhile says no side: its files count as the enterprise's, as they did.
"""

from __future__ import annotations

from alembic import op

revision = "e3b92d60f7a1"
down_revision = "b27d49c01e6a"
branch_labels = None
depends_on = None

KEEP = """
CREATE OR REPLACE FUNCTION storage_keep() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.side = 'enterprise' THEN
            INSERT INTO enterprise_storage AS s (enterprise_id, bytes, files)
            VALUES (NEW.enterprise_id, NEW.size, 1)
            ON CONFLICT (enterprise_id)
                DO UPDATE SET bytes = s.bytes + excluded.bytes, files = s.files + 1;
        END IF;
    ELSIF OLD.side = 'enterprise' THEN
        UPDATE enterprise_storage SET bytes = bytes - OLD.size, files = files - 1
        WHERE enterprise_id = OLD.enterprise_id;
    END IF;
    RETURN NULL;
END $$
"""
# Who has never been of the enterprise is of another side. What these files took is given back.
TELL = """
    WITH others AS (
        UPDATE attachment AS a SET side = CASE
            WHEN EXISTS (SELECT FROM membership AS m WHERE m.person_id = a.uploaded_by_id
                AND m.institution_id IS NOT NULL)
            AND NOT EXISTS (SELECT FROM membership AS m WHERE m.person_id = a.uploaded_by_id
                AND m.institution_id IS NULL AND m.enterprise_id IS NULL)
            THEN 'institution' ELSE 'zone' END
        WHERE a.side = 'enterprise' AND a.uploaded_by_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM membership AS m WHERE m.person_id = a.uploaded_by_id
                AND m.enterprise_id = a.enterprise_id)
        RETURNING a.enterprise_id, a.size
    ), given_back AS (
        SELECT enterprise_id, sum(size) AS bytes, count(*) AS files FROM others GROUP BY 1
    )
    UPDATE enterprise_storage AS s
    SET bytes = s.bytes - g.bytes, files = s.files - g.files
    FROM given_back AS g WHERE g.enterprise_id = s.enterprise_id
"""
NAME, CODES = "ck_attachment_side", "'enterprise', 'institution', 'zone'"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # A migration that was interrupted begins again.
        op.execute(
            "ALTER TABLE attachment ADD COLUMN IF NOT EXISTS"
            " side text NOT NULL DEFAULT 'enterprise'"
        )
        op.execute(KEEP)
        op.execute(TELL)
        op.execute(f"ALTER TABLE attachment DROP CONSTRAINT IF EXISTS {NAME}")
        op.execute(
            f"ALTER TABLE attachment ADD CONSTRAINT {NAME} CHECK (side IN ({CODES})) NOT VALID"
        )
        op.execute(f"ALTER TABLE attachment VALIDATE CONSTRAINT {NAME}")


def downgrade() -> None:
    raise NotImplementedError("files keep saying whose they are")
