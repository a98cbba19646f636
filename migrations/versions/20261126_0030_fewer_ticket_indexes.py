"""Fewer indexes for every move of a ticket: its words in a table of their own, none by who filed it, owners only where there is one; and those that keep queue and offers from looking at what is long done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "7d0f2c4be913"
down_revision = "c41d7e5a9b02"
branch_labels = None
depends_on = None

OPEN = "status IN ('accepted', 'answered', 'dispatched', 'in_progress', 'on_hold', 'returned', 'submitted')"


def upgrade() -> None:
    op.create_table(
        "ticket_words",
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("words", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id", "enterprise_id"], ["ticket.id", "ticket.enterprise_id"], name=op.f("fk_ticket_words_ticket_id_enterprise_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_ticket_words")),
    )
    op.execute("INSERT INTO ticket_words SELECT id, enterprise_id, search FROM ticket")
    op.create_index("ix_ticket_words", "ticket_words", ["words"], postgresql_using="gin")
    op.drop_column("ticket", "search")
    op.drop_index("ix_ticket_filed_by", table_name="ticket")
    op.drop_index("ix_ticket_owner_risk", table_name="ticket")
    _owner_risk(f"owner_id IS NOT NULL AND {OPEN}")
    waiting = sa.text("status IN ('on_hold', 'returned', 'answered')")
    op.create_index("ix_ticket_station_waiting", "ticket", ["station_id", "status", "next_due_at", "id"], postgresql_where=waiting)
    theirs = sa.text("institution_id IS NOT NULL AND status IN ('answered', 'dispatched', 'in_progress', 'on_hold')")
    op.create_index("ix_ticket_with_institution", "ticket", ["institution_id"], postgresql_where=theirs)
    op.create_index("ix_offer_institution_day", "offer", ["institution_id", "offered_at"])


def _owner_risk(where: str) -> None:
    op.create_index("ix_ticket_owner_risk", "ticket", ["owner_id", "next_due_at", "id"], postgresql_include=["effort_points"], postgresql_where=sa.text(where))


def downgrade() -> None:
    op.drop_index("ix_offer_institution_day", table_name="offer")
    op.drop_index("ix_ticket_with_institution", table_name="ticket")
    op.drop_index("ix_ticket_station_waiting", table_name="ticket")
    op.drop_index("ix_ticket_owner_risk", table_name="ticket")
    _owner_risk(OPEN)
    op.create_index("ix_ticket_filed_by", "ticket", ["filed_by_id", sa.literal_column("id DESC")])
    op.add_column("ticket", sa.Column("search", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.execute("UPDATE ticket SET search = w.words FROM ticket_words AS w WHERE w.ticket_id = ticket.id")
    op.create_index("ix_ticket_search", "ticket", ["search"], postgresql_using="gin")
    op.drop_table("ticket_words")
