"""What waits for somebody stands side by side with what waits for the same, and apart from what nobody has looked at yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5b8e0c6a41d7"
down_revision = "c41d7e90ab52"
branch_labels = None
depends_on = None

OPEN = (
    "status IN ('accepted', 'answered', 'dispatched', 'in_progress', 'on_hold', 'returned',"
    " 'submitted')"
)
UNOWNED = f"owner_id IS NULL AND station_id IS NOT NULL AND {OPEN}"
FOR_POOL = "status = 'accepted' AND delivered_by = 'pool' AND bounces < 2 AND consent"
NO_INSTITUTION = f"{FOR_POOL} AND waiting_reason = 'no_institution'"


def upgrade() -> None:
    op.create_index(
        "ix_ticket_new_unowned",
        "ticket",
        [sa.literal_column("urgent DESC"), "id"],
        postgresql_where=sa.text(f"{UNOWNED} AND waiting_reason IS DISTINCT FROM 'no_member'"),
    )
    op.create_index(
        "ix_ticket_no_member_kind",
        "ticket",
        [
            "station_id",
            "category_code",
            "effort_points",
            sa.literal_column("urgent DESC"),
            "id",
        ],
        postgresql_where=sa.text(f"{UNOWNED} AND waiting_reason = 'no_member'"),
    )
    op.create_index(
        "ix_ticket_no_institution_kind",
        "ticket",
        ["service_code", "park_id", "effort_points", sa.literal_column("urgent DESC"), "id"],
        postgresql_include=["enterprise_id", "bounces"],
        postgresql_where=sa.text(NO_INSTITUTION),
    )
    op.drop_index("ix_ticket_no_institution", table_name="ticket")
    op.create_index(
        "ix_enterprise_controller",
        "enterprise",
        ["controller"],
        postgresql_where=sa.text("controller <> ''"),
    )


def downgrade() -> None:
    op.drop_index("ix_enterprise_controller", table_name="enterprise")
    op.create_index(
        "ix_ticket_no_institution",
        "ticket",
        ["service_code", sa.literal_column("urgent DESC"), "id"],
        postgresql_where=sa.text(NO_INSTITUTION),
    )
    op.drop_index("ix_ticket_no_institution_kind", table_name="ticket")
    op.drop_index("ix_ticket_no_member_kind", table_name="ticket")
    op.drop_index("ix_ticket_new_unowned", table_name="ticket")
