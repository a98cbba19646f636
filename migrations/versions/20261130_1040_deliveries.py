"""A promised message is one row, its deliveries are others.

The release that serves goes on writing message and delivery in one row of `notification`, and both
send what each of them wrote; it passes over messages without a channel.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e1946d5b07fa"
down_revision = "c3d81f0a9b67"
branch_labels = None
depends_on = None

NOW = sa.text("clock_timestamp()")
STATES = "'dropped', 'failed', 'held', 'queued', 'sending', 'sent'"
REASONS = "'answered', 'expired', 'inactive', 'not_visible', 'operator', 'role_ended', 'unknown'"
TABLE = "notification_delivery"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # A migration that was interrupted begins again.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS uq_notification_not_in_bell")
        op.create_index(
            "uq_notification_not_in_bell",
            "notification",
            ["source", "person_id"],
            unique=True,
            postgresql_concurrently=True,
            postgresql_where=sa.text("channel IS NULL"),
        )
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("notification_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("drop_reason", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('app', 'mail')", name=op.f(f"ck_{TABLE}_channel")),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f(f"ck_{TABLE}_state")),
        sa.CheckConstraint(f"drop_reason IN ({REASONS})", name=op.f(f"ck_{TABLE}_drop_reason")),
        sa.CheckConstraint(
            "(state = 'dropped') = (drop_reason IS NOT NULL)", name=op.f(f"ck_{TABLE}_dropped")
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f(f"fk_{TABLE}_notification_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("message_id", name=op.f(f"uq_{TABLE}_message_id")),
        sa.UniqueConstraint(
            "notification_id", "channel", name=op.f(f"uq_{TABLE}_notification_id_channel")
        ),
    )
    op.create_index(
        f"ix_{TABLE}_queue",
        TABLE,
        ["available_at", "id"],
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(
        f"ix_{TABLE}_not_sent",
        TABLE,
        ["id"],
        postgresql_where=sa.text("state IN ('dropped', 'failed', 'held')"),
    )
    op.alter_column("notification", "channel", nullable=True)


def downgrade() -> None:
    op.drop_index("uq_notification_not_in_bell", "notification")
    op.execute(f"DELETE FROM {TABLE}")
    op.execute("DELETE FROM notification WHERE channel IS NULL")
    op.alter_column("notification", "channel", nullable=False)
    op.drop_table(TABLE)
