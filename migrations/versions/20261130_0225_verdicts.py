"""What an enterprise says of a result is kept whole, and cases it called unsolved are taken back.

The first release dropped a verdict without stars and counted the case whatever was said. Cases whose
stored verdict is "not solved" are reversed in the ledger, with the reason `not_solved`. Where an
enterprise confirmed without stars its verdict was never stored: those are named, for nobody knows.
"""

from __future__ import annotations

import click
import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "5b0e8f3ad916"
down_revision = "3f8b60d1c7a4"
branch_labels = None
depends_on = None

REVERSE = sa.text("""
    WITH unsolved AS (
        SELECT e.*
        FROM usage_entry AS e
        JOIN ticket AS t ON t.id = e.ticket_id
        JOIN rating AS r ON r.ticket_id = t.id AND r.cycle = t.cycle
        WHERE e.measure = 'case' AND e.quantity = 1 AND r.verdict = 'not_solved'
          AND t.status IN ('closed', 'archived')
          AND NOT EXISTS (SELECT FROM usage_entry AS back WHERE back.reverses = e.seq)
    ), lines AS (
        SELECT jsonb_agg(jsonb_build_object(
            'at', now(), 'day', (now() AT TIME ZONE :zone)::date, 'measure', e.measure, 'quantity', -1,
            'minutes', e.minutes, 'persons', e.persons, 'ticket_id', e.ticket_id,
            'enterprise_id', e.enterprise_id, 'station_id', e.station_id,
            'institution_id', e.institution_id, 'park_id', e.park_id,
            'category_code', e.category_code, 'service_code', e.service_code,
            'service_event_id', e.service_event_id, 'rule_version', e.rule_version,
            'actor_person_id', NULL, 'unique_key', 'reverse:' || e.seq, 'reverses', e.seq,
            'reason', 'not_solved'
        ) ORDER BY e.seq) AS entries
        FROM unsolved AS e
    )
    SELECT count(*) FROM usage_append_many((SELECT coalesce(entries, '[]') FROM lines))
""")
NEVER_STORED = sa.text("""
    SELECT t.reference
    FROM ticket AS t
    JOIN rating AS r ON r.ticket_id = t.id AND r.cycle = t.cycle AND r.source = 'none'
    JOIN LATERAL (
        SELECT kind FROM timeline_entry
        WHERE ticket_id = t.id AND to_status = 'closed' ORDER BY at DESC, id DESC LIMIT 1
    ) AS last ON last.kind = 'confirm'
    WHERE t.status IN ('closed', 'archived')
    ORDER BY t.id
""")


def upgrade() -> None:
    op.add_column("rating", sa.Column("verdict", sa.Text(), nullable=True))
    op.execute("""
        UPDATE rating SET verdict = CASE WHEN solved THEN 'solved' ELSE 'not_solved' END
        WHERE solved IS NOT NULL
    """)
    op.create_check_constraint(
        op.f("ck_rating_verdict"), "rating", "verdict IN ('solved', 'partly', 'not_solved')"
    )
    op.drop_constraint(op.f("ck_rating_not_rated"), "rating", type_="check")
    op.create_check_constraint(
        op.f("ck_rating_nothing_said"),
        "rating",
        "(source = 'none') = (level IS NULL AND verdict IS NULL AND comment = '')",
    )
    _take_back()


def _take_back() -> None:
    connection = op.get_bind()
    taken = connection.scalar(REVERSE, {"zone": current_app.config["TIME_ZONE"]})
    unknown = connection.scalars(NEVER_STORED).all()
    if taken:
        click.echo(
            f"Note: {taken} closed cases that their enterprise called not solved were counted as "
            "delivered; they are taken back in the ledger with the reason not_solved."
        )
    if unknown:
        click.echo(
            f"Note: of {len(unknown)} requests the enterprise confirmed without stars, and whether "
            f"they were solved was never stored. They stay counted: {', '.join(unknown)}."
        )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_rating_nothing_said"), "rating", type_="check")
    op.execute("DELETE FROM rating WHERE source = 'enterprise' AND level IS NULL")
    op.create_check_constraint(
        op.f("ck_rating_not_rated"), "rating", "(source = 'none') = (level IS NULL)"
    )
    op.drop_column("rating", "verdict")
