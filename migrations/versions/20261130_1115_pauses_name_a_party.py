"""A pause names the party that is waited for, ends with its clock, and is never changed after that.

The release that serves meanwhile names no party and ends each pause once: one trigger fills the
party, the other lets the end pass.
"""

from __future__ import annotations

from alembic import op

revision = "e5a8d20c6f17"
down_revision = "c41f7e90b8d2"
branch_labels = None
depends_on = None

PARTIES = "'enterprise', 'institution', 'station', 'zone'"
PARTY = "CASE WHEN {} IN ('enterprise', 'returned') THEN 'enterprise' ELSE 'zone' END"

FILL = f"""
CREATE OR REPLACE FUNCTION fill_clock_pause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.party := coalesce(NEW.party, {PARTY.format("NEW.reason")});
    RETURN NEW;
END
$$
"""
KEEP = """
CREATE OR REPLACE FUNCTION keep_clock_pause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.to_at IS NOT NULL OR NEW.to_at IS NULL
        OR to_jsonb(NEW) - 'to_at' <> to_jsonb(OLD) - 'to_at' THEN
        RAISE EXCEPTION 'a pause is ended once and otherwise stays as it is';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    # Each statement by itself: none holds up who pauses meanwhile for longer than it takes, and a
    # migration that was interrupted begins again.
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE clock_pause ADD COLUMN IF NOT EXISTS party text")
        op.execute("ALTER TABLE clock_pause DROP CONSTRAINT IF EXISTS ck_clock_pause_party")
        op.execute(
            "ALTER TABLE clock_pause ADD CONSTRAINT ck_clock_pause_party"
            f" CHECK (party IN ({PARTIES})) NOT VALID"
        )
        op.execute(FILL)
        op.execute("""
            CREATE OR REPLACE TRIGGER clock_pause_filled BEFORE INSERT ON clock_pause
            FOR EACH ROW EXECUTE FUNCTION fill_clock_pause()
        """)
        op.execute("DROP TRIGGER IF EXISTS clock_pause_kept ON clock_pause")
        op.execute(f"UPDATE clock_pause SET party = {PARTY.format('reason')} WHERE party IS NULL")
        # Clocks that were stopped while they stood still left their pause open.
        op.execute("""
            UPDATE clock_pause AS p SET to_at = c.stopped_at FROM clock AS c
            WHERE c.id = p.clock_id AND p.to_at IS NULL AND c.stopped_at IS NOT NULL
        """)
        op.execute(KEEP)
        op.execute("""
            CREATE OR REPLACE TRIGGER clock_pause_kept BEFORE UPDATE OR DELETE ON clock_pause
            FOR EACH ROW EXECUTE FUNCTION keep_clock_pause()
        """)
        op.execute("ALTER TABLE clock_pause VALIDATE CONSTRAINT ck_clock_pause_party")


def downgrade() -> None:
    op.execute("DROP TRIGGER clock_pause_kept ON clock_pause")
    op.execute("DROP TRIGGER clock_pause_filled ON clock_pause")
    op.execute("DROP FUNCTION keep_clock_pause()")
    op.execute("DROP FUNCTION fill_clock_pause()")
    op.drop_column("clock_pause", "party")
