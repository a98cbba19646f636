"""Calendars are published by version, and a clock says by which it runs.

What the release that serves meanwhile starts says nothing of it and is measured by the present
calendar, as before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

revision = "b27d49c01e6a"
down_revision = "e5a8d20c6f17"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clock", sa.Column("calendar_version", sa.Integer(), nullable=True))
    op.add_column("clock_pause", sa.Column("calendar_version", sa.Integer(), nullable=True))
    op.create_table(
        "calendar_version",
        sa.Column("calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("weekly", postgresql.JSONB(), nullable=False),
        sa.Column("days", postgresql.JSONB(), nullable=False),
        sa.Column("official_years", postgresql.JSONB(), nullable=False),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name=op.f("fk_calendar_version_calendar_id")
        ),
        sa.PrimaryKeyConstraint("calendar_id", "version", name=op.f("pk_calendar_version")),
    )
    op.execute("""
        INSERT INTO calendar_version (calendar_id, version, time_zone, weekly, days, official_years)
        SELECT c.id, c.version, c.time_zone, c.weekly,
            coalesce((SELECT jsonb_object_agg(d.day,
                    jsonb_build_object('working', d.working, 'intervals', d.intervals))
                FROM calendar_day AS d WHERE d.calendar_id = c.id), '{}'),
            coalesce((SELECT jsonb_agg(y.year ORDER BY y.year) FROM calendar_year AS y
                WHERE y.calendar_id = c.id AND y.official), '[]')
        FROM calendar AS c
    """)
    role = sa.make_url(current_app.config["DATABASE_URL"]).username
    if role != op.get_bind().scalar(sa.text("SELECT current_user")):
        op.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON calendar_version FROM "{role}"')


def downgrade() -> None:
    op.drop_table("calendar_version")
    op.drop_column("clock_pause", "calendar_version")
    op.drop_column("clock", "calendar_version")
