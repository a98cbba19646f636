"""A ticket keeps the stations that had it before, which go on reading it.

What the release that serves hands over meanwhile keeps none; what was handed over before is known
from the timelines.
"""

from __future__ import annotations

from alembic import op

revision = "b61d8f03e5c7"
down_revision = "c19f4b7e03a6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration that was interrupted begins again.
    op.execute(
        "ALTER TABLE ticket ADD COLUMN IF NOT EXISTS former_station_ids bigint[]"
        " NOT NULL DEFAULT '{}'"
    )
    # Few tickets are ever handed over.
    op.execute("""
        UPDATE ticket AS t SET former_station_ids = had.ids
        FROM (
            SELECT ticket_id, array_agg(DISTINCT CAST(data ->> 'from_station_id' AS bigint)) AS ids
            FROM timeline_entry
            WHERE kind = 'hand_over' AND data ->> 'from_station_id' IS NOT NULL GROUP BY 1
        ) AS had
        WHERE t.id = had.ticket_id AND t.former_station_ids = '{}'
    """)


def downgrade() -> None:
    op.drop_column("ticket", "former_station_ids")
