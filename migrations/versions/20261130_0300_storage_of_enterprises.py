"""How much the files of each enterprise take, kept by the database as they come and go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "d2a96e1f58c3"
down_revision = "8d41c2a7f06e"
branch_labels = None
depends_on = None

KEEP = """
CREATE FUNCTION storage_keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO enterprise_storage AS s (enterprise_id, bytes, files) VALUES (NEW.enterprise_id, NEW.size, 1)
        ON CONFLICT (enterprise_id) DO UPDATE SET bytes = s.bytes + excluded.bytes, files = s.files + 1;
    ELSE
        UPDATE enterprise_storage SET bytes = bytes - OLD.size, files = files - 1 WHERE enterprise_id = OLD.enterprise_id;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "enterprise_storage",
        sa.Column("enterprise_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("files", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_storage_enterprise_id")),
        sa.PrimaryKeyConstraint("enterprise_id", name=op.f("pk_enterprise_storage")),
    )
    op.execute(sa.text(KEEP.replace(":", "\\:")))
    op.execute("CREATE TRIGGER attachment_storage AFTER INSERT OR DELETE ON attachment FOR EACH ROW EXECUTE FUNCTION storage_keep()")
    op.execute("INSERT INTO enterprise_storage (enterprise_id, bytes, files) SELECT enterprise_id, sum(size), count(*) FROM attachment GROUP BY enterprise_id")
    role = sa.make_url(current_app.config["DATABASE_URL"]).username
    if role != op.get_bind().scalar(sa.text("SELECT current_user")):
        op.execute(f'REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON enterprise_storage FROM "{role}"')


def downgrade() -> None:
    op.execute("DROP TRIGGER attachment_storage ON attachment")
    op.execute("DROP FUNCTION storage_keep()")
    op.drop_table("enterprise_storage")
