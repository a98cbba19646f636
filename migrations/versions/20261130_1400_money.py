"""Money has a ledger of its own."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "a7c91e40d2b8"
down_revision = "5d0c7e91ab34"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "20261130_money.sql"


def upgrade() -> None:
    op.execute(sa.text(SQL.read_text(encoding="utf-8").replace(":", "\\:")))
    role = sa.make_url(current_app.config["DATABASE_URL"]).username
    if role != op.get_bind().scalar(sa.text("SELECT current_user")):
        op.execute(
            "REVOKE INSERT, UPDATE, DELETE, TRUNCATE"
            " ON credit_application , credit_line, money_entry, money_head, money_sum"
            f' FROM "{role}"'
        )
        op.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON money_anchor FROM "{role}"')
        op.execute(f'REVOKE DELETE, TRUNCATE ON money_correction FROM "{role}"')


def downgrade() -> None:
    raise NotImplementedError("a ledger is not thrown away")
