"""A file of evidence names the contact it proves, so that it opens from the line that counts it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8d41c2a7f06e"
down_revision = "8c52e7a4b106"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attachment", sa.Column("service_event_id", sa.BigInteger(), nullable=True))
    op.create_unique_constraint(
        op.f("uq_service_event_id_enterprise_id"), "service_event", ["id", "enterprise_id"]
    )
    op.create_foreign_key(
        op.f("fk_attachment_service_event_id_enterprise_id"),
        "attachment",
        "service_event",
        ["service_event_id", "enterprise_id"],
        ["id", "enterprise_id"],
    )
    # Both were written by one act, at its moment.
    op.execute("""
        UPDATE attachment AS a SET service_event_id = e.id
        FROM service_event AS e
        WHERE a.purpose = 'evidence' AND e.ticket_id = a.ticket_id AND e.recorded_at = a.at
    """)
    op.create_index(
        "ix_attachment_service_event",
        "attachment",
        ["service_event_id"],
        postgresql_where=sa.text("service_event_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_attachment_service_event", table_name="attachment")
    op.drop_column("attachment", "service_event_id")
    op.drop_constraint(op.f("uq_service_event_id_enterprise_id"), "service_event", type_="unique")
