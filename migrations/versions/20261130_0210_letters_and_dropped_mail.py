"""Letters go through the queue; a mail that must not be sent any more is dropped with a reason, one older than a restored backup is held."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3f8b60d1c7a4"
down_revision = "3f6b20d9c1a7"
branch_labels = None
depends_on = None

STATES = "state IN ('queued', 'sending', 'sent', 'failed', 'dropped', 'held')"
REASONS = "drop_reason IN ('inactive', 'role_ended', 'not_visible', 'unknown', 'answered', 'expired', 'operator')"
WHY = "(state = 'dropped') = (drop_reason IS NOT NULL)"


def upgrade() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("invitation_id", sa.BigInteger(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("drop_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(STATES, name=op.f("ck_letter_state")),
        sa.CheckConstraint(REASONS, name=op.f("ck_letter_drop_reason")),
        sa.CheckConstraint(WHY, name=op.f("ck_letter_dropped")),
        sa.CheckConstraint("body IS NULL OR state IN ('queued', 'sending', 'held')", name=op.f("ck_letter_body_while_waiting")),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"], name=op.f("fk_letter_invitation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_letter_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("message_id", name=op.f("uq_letter_message_id")),
    )
    op.create_index("ix_letter_queue", "letter", ["available_at", "id"], postgresql_where=sa.text("state IN ('queued', 'sending')"))
    op.create_index("ix_letter_not_sent", "letter", ["id"], postgresql_where=sa.text("state IN ('failed', 'dropped', 'held')"))
    op.create_index("ix_letter_created", "letter", ["created_at"])
    op.add_column("notification", sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("notification", sa.Column("drop_reason", sa.Text(), nullable=True))
    op.drop_constraint(op.f("ck_notification_state"), "notification", type_="check")
    op.create_check_constraint(op.f("ck_notification_state"), "notification", STATES)
    op.create_check_constraint(op.f("ck_notification_drop_reason"), "notification", REASONS)
    op.create_check_constraint(op.f("ck_notification_dropped"), "notification", WHY)
    op.create_index("ix_notification_not_sent", "notification", ["id"], postgresql_where=sa.text("state IN ('failed', 'dropped', 'held')"))


def downgrade() -> None:
    op.drop_index("ix_notification_not_sent", table_name="notification")
    op.execute("DELETE FROM notification WHERE state IN ('dropped', 'held')")
    op.drop_constraint(op.f("ck_notification_dropped"), "notification", type_="check")
    op.drop_constraint(op.f("ck_notification_drop_reason"), "notification", type_="check")
    op.drop_constraint(op.f("ck_notification_state"), "notification", type_="check")
    op.create_check_constraint(op.f("ck_notification_state"), "notification", "state IN ('queued', 'sending', 'sent', 'failed')")
    op.drop_column("notification", "drop_reason")
    op.drop_column("notification", "lease_token")
    op.drop_table("letter")
