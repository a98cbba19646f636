"""An enterprise can like institutions to be asked first.

The release that serves asks them like all others.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f48b1c6d20e9"
down_revision = "d7a35c0e91f4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enterprise_preference",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprise.id"],
            name=op.f("fk_enterprise_preference_enterprise_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institution.id"],
            name=op.f("fk_enterprise_preference_institution_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_preference")),
        sa.UniqueConstraint(
            "enterprise_id",
            "institution_id",
            name=op.f("uq_enterprise_preference_enterprise_id_institution_id"),
        ),
    )
    op.execute(
        "CREATE TRIGGER enterprise_preference_noted AFTER INSERT OR DELETE OR UPDATE"
        " ON enterprise_preference FOR EACH ROW EXECUTE FUNCTION security_note_row("
        "'directory_changed', 'enterprise', 'enterprise_id', '', 'enterprise_id')"
    )


def downgrade() -> None:
    op.drop_table("enterprise_preference")
