"""A row for each sign-in, what a second factor needs, and an administrator who always stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "5b8e21c4f730"
down_revision = "b85e2f41c6d0"
branch_labels = None
depends_on = None

KEEP_AN_ADMINISTRATOR = """
CREATE FUNCTION keep_an_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'person' THEN
        IF NOT EXISTS (
            SELECT FROM membership
            WHERE person_id = OLD.id AND role = 'administrator' AND ended_at IS NULL
        ) THEN
            RETURN NULL;
        END IF;
    ELSIF NOT EXISTS (SELECT FROM person WHERE id = OLD.person_id AND active) THEN
        RETURN NULL;
    END IF;
    -- Two who remove each other wait for one another here; the second one then sees the first.
    PERFORM pg_advisory_xact_lock(750418112);
    IF NOT EXISTS (
        SELECT FROM membership AS m JOIN person AS p ON p.id = m.person_id AND p.active
        WHERE m.role = 'administrator' AND m.ended_at IS NULL
    ) THEN
        RAISE EXCEPTION 'the last administrator stays'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'last_administrator';
    END IF;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    """
    CREATE TRIGGER membership_keep_an_administrator AFTER UPDATE ON membership FOR EACH ROW
    WHEN (OLD.role = 'administrator' AND OLD.ended_at IS NULL AND (
        NEW.ended_at IS NOT NULL OR NEW.role <> OLD.role OR NEW.person_id <> OLD.person_id
    )) EXECUTE FUNCTION keep_an_administrator()
    """,
    """
    CREATE TRIGGER membership_keep_an_administrator_row AFTER DELETE ON membership FOR EACH ROW
    WHEN (OLD.role = 'administrator' AND OLD.ended_at IS NULL)
    EXECUTE FUNCTION keep_an_administrator()
    """,
    """
    CREATE TRIGGER person_keep_an_administrator AFTER UPDATE OF active ON person FOR EACH ROW
    WHEN (OLD.active AND NOT NEW.active) EXECUTE FUNCTION keep_an_administrator()
    """,
)


def upgrade() -> None:
    op.add_column("person", sa.Column("tf_primary_method", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("tf_totp_secret", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("tf_last_counter", sa.BigInteger(), nullable=True))
    op.add_column("person", sa.Column("mf_recovery_codes", postgresql.JSONB(), nullable=True))
    op.create_check_constraint(
        op.f("ck_person_tf_primary_method"), "person", "tf_primary_method = 'authenticator'"
    )
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "person_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("last_used_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_session")),
        sa.UniqueConstraint("key", name=op.f("uq_person_session_key")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_session_person_id")
        ),
    )
    op.create_index("ix_person_session_person_id", "person_session", ["person_id"])
    op.create_index("ix_person_session_created_at", "person_session", ["created_at"])
    op.execute(KEEP_AN_ADMINISTRATOR)
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    op.execute("DROP TRIGGER person_keep_an_administrator ON person")
    op.execute("DROP TRIGGER membership_keep_an_administrator_row ON membership")
    op.execute("DROP TRIGGER membership_keep_an_administrator ON membership")
    op.execute("DROP FUNCTION keep_an_administrator")
    op.drop_table("person_session")
    op.drop_constraint(op.f("ck_person_tf_primary_method"), "person")
    for column in ("mf_recovery_codes", "tf_last_counter", "tf_totp_secret", "tf_primary_method"):
        op.drop_column("person", column)
