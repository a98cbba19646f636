"""Offers that stand side by side have clocks and conversations of their own.

The release that serves meanwhile makes no such offer, so it leaves the new columns empty.
"""

from __future__ import annotations

from alembic import op

revision = "5d0c7e91ab34"
down_revision = "f1c40a7d92b3"
branch_labels = None
depends_on = None

KINDS = "'accept', 'contact', 'resolve', 'offer', 'decision'"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # A migration that was interrupted begins again.
        op.execute("ALTER TABLE clock ADD COLUMN IF NOT EXISTS offer_id bigint")
        op.execute("ALTER TABLE message ADD COLUMN IF NOT EXISTS institution_id bigint")
        op.execute(
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS uq_offer_id_enterprise_id ON offer (id,"
            " enterprise_id)"
        )
        for table in ("clock", "alarm"):
            name = f"ck_{table}_kind"
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            op.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (kind IN ({KINDS})) NOT VALID"
            )
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    op.execute(
        "ALTER TABLE offer ADD CONSTRAINT uq_offer_id_enterprise_id"
        " UNIQUE USING INDEX uq_offer_id_enterprise_id"
    )
    op.execute(
        "ALTER TABLE clock ADD CONSTRAINT fk_clock_offer_id_enterprise_id"
        " FOREIGN KEY (offer_id, enterprise_id) REFERENCES offer (id, enterprise_id) NOT VALID"
    )
    op.execute("ALTER TABLE clock VALIDATE CONSTRAINT fk_clock_offer_id_enterprise_id")
    op.execute(
        "ALTER TABLE message ADD CONSTRAINT fk_message_institution_id FOREIGN KEY (institution_id)"
        " REFERENCES institution (id) NOT VALID"
    )
    op.execute("ALTER TABLE message VALIDATE CONSTRAINT fk_message_institution_id")


def downgrade() -> None:
    op.drop_constraint("fk_message_institution_id", "message")
    op.drop_constraint("fk_clock_offer_id_enterprise_id", "clock")
    op.drop_constraint("uq_offer_id_enterprise_id", "offer")
    op.drop_column("message", "institution_id")
    op.drop_column("clock", "offer_id")
