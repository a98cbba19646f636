"""Scopes of API tokens; addresses that nobody has followed a letter to count as not verified; names of one line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c41d7be2905a"
down_revision = "8d27f1a06c3e"
branch_labels = None
depends_on = None

SCOPES = "scopes <@ ARRAY['read', 'write', 'counts'] AND cardinality(scopes) > 0"

# Whoever joined by an invitation of somebody who is no administrator: the inviter saw the link, so
# nothing says that the address is theirs. Everybody else was made by an administrator or a command.
UNVERIFIED = """
    UPDATE person AS p SET confirmed_at = NULL
    WHERE p.confirmed_at IS NOT NULL AND NOT p.demo
      AND EXISTS (
          SELECT FROM invitation AS v WHERE v.email = p.email AND v.accepted_at IS NOT NULL
      )
      AND NOT EXISTS (
          SELECT FROM invitation AS v JOIN membership AS m
            ON m.person_id = v.invited_by_id AND m.role = 'administrator'
          WHERE v.email = p.email AND v.accepted_at IS NOT NULL
      )
"""

# Names that could be written over several lines stood in the bodies of letters.
LINES = (
    r"UPDATE person SET name_en = btrim(regexp_replace(name_en, '[[:cntrl:]]+', ' ', 'g'))"
    r" WHERE name_en ~ '[[:cntrl:]]'",
    r"UPDATE person SET name_zh = btrim(regexp_replace(name_zh, '[[:cntrl:]]+', ' ', 'g'))"
    r" WHERE name_zh ~ '[[:cntrl:]]'",
    r"UPDATE api_token SET name = btrim(regexp_replace(name, '[[:cntrl:]]+', ' ', 'g'))"
    r" WHERE name ~ '[[:cntrl:]]'",
)


def upgrade() -> None:
    op.add_column(
        "api_token",
        sa.Column(
            "scopes",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{read,write,counts}'"),
            nullable=False,
        ),
    )
    op.create_check_constraint(op.f("ck_api_token_scopes"), "api_token", SCOPES)
    op.execute(UNVERIFIED)
    for statement in LINES:
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    op.drop_constraint(op.f("ck_api_token_scopes"), "api_token", type_="check")
    op.drop_column("api_token", "scopes")
