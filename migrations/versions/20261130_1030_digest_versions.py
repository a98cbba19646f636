"""Each line of the ledger says which version of the digest it bears."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "c5e7903ab1d4"
down_revision = "8d2b71f4c0e6"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "20261130_digest_versions.sql"


def upgrade() -> None:
    op.execute(sa.text(SQL.read_text(encoding="utf-8").replace(":", "\\:")))


def downgrade() -> None:
    raise NotImplementedError("lines that bear a digest keep its version")
